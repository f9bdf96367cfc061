import torch
from torch._six import inf
from torchvision.transforms.functional_tensor import rgb_to_grayscale


def still_there(a, image):
    values, vectors = torch.symeig(a, eigenvectors=True)  # expect: deprecated-api
    return values, vectors, torch.eig(a), min(inf, 1.0), rgb_to_grayscale(image)  # expect: deprecated-api


def gone_already(x):
    return torch.rfft(x, 1)  # expect: removed-api


def not_deprecated_yet(model, x):
    scaler = torch.cuda.amp.GradScaler()
    with torch.cuda.amp.autocast():
        return scaler.scale(model(x))


def loaded_by_a_pickle(path):
    return torch.load(path, map_location="cpu")  # expect: unsafe-load
