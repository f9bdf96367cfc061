import numpy as np
from data import Held, Images, Lines, Moved, collate
from torch.utils.data import DataLoader


def seed_worker(worker_id):
    np.random.seed(worker_id)  # expect: worker-rng-duplicated


def main(images, path):
    dataset = Images(images)
    loader = DataLoader(dataset, batch_size=4, num_workers=2, collate_fn=collate)
    for batch in loader:
        print(batch.shape, dataset.loaded)

    held = Held(images)
    for batch in DataLoader(held, batch_size=4):
        print(batch.shape, held.loaded)

    for batch in DataLoader(Moved(images), batch_size=4, num_workers=2):
        print(batch.shape)

    seeded = DataLoader(list(images), num_workers=2, worker_init_fn=seed_worker)
    return seeded, DataLoader(Lines(path), num_workers=2)  # expect: iterable-dataset-duplicates
