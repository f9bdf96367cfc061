import torch
import torch.multiprocessing as mp
from torch.utils.data import DataLoader, Dataset


class Points(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.randn(4, device="cuda")  # expect: hard-coded-device


if __name__ == "__main__":
    mp.set_start_method("spawn")
    for x in DataLoader(Points(), num_workers=2):
        print(x.shape)
