import torch
from torch.utils.data import Dataset


class Points(Dataset):
    def __init__(self, points, labels):
        self.points = points
        self.labels = labels

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return torch.tensor(self.points[index]), self.labels[index]


class PointsOnDevice(Points):
    def __init__(self, points, labels, device):
        super().__init__(points, labels)
        self.device = device

    def __getitem__(self, index):
        return torch.tensor(self.points[index], device=self.device), torch.tensor(0, device=self.device)


def move(batch):
    points, labels = zip(*batch)
    return torch.stack(points).cuda(), torch.tensor(labels).cuda()  # expect: hard-coded-device, hard-coded-device
