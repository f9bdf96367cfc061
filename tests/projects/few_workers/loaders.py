from torch.utils.data import DataLoader


def train_loader(dataset, workers):
    return DataLoader(dataset, batch_size=32, shuffle=True, num_workers=workers)


def wide_loader(dataset):
    return DataLoader(dataset, batch_size=32, num_workers=12)  # expect: too-many-workers
