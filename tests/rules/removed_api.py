import functools

import torch
import torch as T
import torch.utils.bottleneck  # expect: removed-api
import torchaudio
import torchvision.transforms as transforms
from torch import linalg
from torch import set_deterministic  # expect: removed-api
from torch._six import container_abcs  # expect: removed-api
from torch._six import inf  # expect: removed-api
from torch._six import int_classes, string_classes  # expect: removed-api, removed-api
from torch._six import string_classes as strings  # expect: removed-api
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import StepLR
from torchvision import models
from torchvision.models.resnet import model_urls  # expect: removed-api
from torchvision.models.utils import load_state_dict_from_url  # expect: removed-api
from torchvision.transforms.functional_tensor import rgb_to_grayscale  # expect: removed-api
from torchvision.transforms.functional_tensor import _max_value as top, resize as small  # expect: removed-api, removed-api

try:
    from torch._six import nan
except ImportError:
    nan = float("nan")

try:
    import torch._six as six
except Exception:
    six = None


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def solved(a, b):
    x, lu = torch.solve(b, a)  # expect: removed-api
    return x


def rank_of_one_argument(a):
    return torch.matrix_rank(a)  # expect: removed-api


def rank_with_tolerance(a):
    return torch.matrix_rank(a, 1e-3)  # expect: removed-api


def aliased(a):
    return T.symeig(a, eigenvectors=True)  # expect: removed-api


def spectrum(x):
    return torch.fft(x, 1), T.rfft(x, 2)  # expect: removed-api, removed-api


def resized(size):
    return transforms.Compose([transforms.Scale(size), transforms.ToTensor()])  # expect: removed-api


def passed_as_a_function():
    return functools.partial(torch.lstsq)  # expect: removed-api


def imported_inside():
    from torch._six import inf as infinity  # expect: removed-api

    return infinity


def weights_of_old(name):
    return models.resnet.model_urls[name]  # expect: removed-api


def describe(path):
    return torchaudio.info(path).num_frames  # expect: removed-api


def chatty(optimizer):
    scheduler = StepLR(optimizer, 10, verbose=True)  # expect: removed-api
    return scheduler, lr_scheduler.ReduceLROnPlateau(
        optimizer,
        patience=3,
        verbose=True,  # expect: removed-api
    )


class Whitening(torch.nn.Module):
    eigen = torch.symeig  # expect: removed-api

    def forward(self, x):
        values, vectors = torch.symeig(x.T @ x, eigenvectors=True)  # expect: removed-api
        return x @ vectors


@torch.nested_tensor  # expect: removed-api
def decorated(x):
    return x


# ── silent: the import is what fails ──────────────────────────────────────────────────────────


def clipped(norm):
    set_deterministic(True)
    return min(norm, inf), isinstance(norm, string_classes), isinstance(norm, container_abcs.Sequence)


def gray(image):
    return rgb_to_grayscale(image), model_urls["resnet18"], load_state_dict_from_url("a"), strings, top, small


# ── silent: prepared for it ───────────────────────────────────────────────────────────────────


def with_fallback(a):
    try:
        return torch.symeig(a)
    except AttributeError:
        return torch.linalg.eigh(a)


def asked_first(a):
    if hasattr(torch, "solve"):
        return torch.solve(a, a)
    return torch.linalg.solve(a, a)


def by_version(a):
    if torch.__version__.startswith("1."):
        return torch.eig(a)
    return torch.linalg.eig(a)


# ── silent: other names ───────────────────────────────────────────────────────────────────────


def still_there(a, x):
    return torch.linalg.solve(a, x), linalg.eigh(a), torch.fft.fft(x), torch.fft.rfft(x), nan, six


def fft_is_a_module_now(x):
    fft = torch.fft
    return fft.fft2(x)


def a_parameter_of_that_name(torch, a):
    return torch.solve(a, a)


def a_local_of_that_name(a, solver):
    transforms = solver
    return transforms.Scale(a)


def mentioned_in_text():
    return "torch.solve"


def without_verbose(optimizer, log):
    return StepLR(optimizer, 10, gamma=0.5), log(optimizer, verbose=True)


# ── in methods and other layouts ──────────────────────────────────────────────────────────────


class Solver:
    def solve(self, a, b):
        return T.solve(a, b)  # expect: removed-api


# fmt: off
def in_odd_layouts(a):
    b = 1; c = T.symeig(a); print(b, c)  # expect: removed-api
    for _ in range(2): print(T.eig(a))  # expect: removed-api
    return T.matrix_rank(  # expect: removed-api
        a,  # a matrix
    )
# fmt: on


def what_is_left_after_asking(a):
    if hasattr(T, "linalg"):
        return T.linalg.eigh(a)
    return T.symeig(a)


if T.__version__ >= "1.8":

    def rotated(x):
        return T.fft.rfft(x)

else:

    def rotated(x):
        return T.rfft(x, 1)
