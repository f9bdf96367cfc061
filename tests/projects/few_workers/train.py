import loaders
import torch
from torch.utils.data import TensorDataset

dataset = TensorDataset(torch.randn(64, 4))


def main():
    many = loaders.train_loader(dataset, 16)  # expect: too-many-workers
    few = loaders.train_loader(dataset, 8)
    return many, few, loaders.wide_loader(dataset)


if __name__ == "__main__":
    main()
