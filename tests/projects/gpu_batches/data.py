from torch.utils.data import DataLoader


def make_loader(dataset):
    return DataLoader(dataset, batch_size=8)  # expect: missing-pin-memory


def make_loaders(train, test):
    loader = DataLoader(train, batch_size=8)  # expect: missing-pin-memory
    return loader, DataLoader(test, batch_size=8)


class Data:
    def __init__(self, dataset):
        self.loader = DataLoader(dataset, batch_size=8)  # expect: missing-pin-memory


class Kept:
    def __init__(self, model):
        self.start = model.state_dict()  # expect: state-dict-not-copied
