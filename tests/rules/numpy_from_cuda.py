import matplotlib.pyplot as plt
import numpy as np
import torch as th
from matplotlib import pyplot
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

device = th.device("cuda" if th.cuda.is_available() else "cpu")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def tensor_made_there():
    return th.ones(3, device="cuda").numpy()  # expect: numpy-from-cuda, hard-coded-device


def tensor_that_was_moved(x: Tensor):
    moved = x.to(device)
    return moved.sum(0).numpy()  # expect: numpy-from-cuda


@th.no_grad()
def output_of_a_module(x: Tensor):
    net = Net().cuda().eval()  # expect: hard-coded-device
    return net(x.cuda()).argmax(1).numpy()  # expect: numpy-from-cuda, hard-coded-device


def detached_only(x: Tensor):
    net = Net().to(device).eval()
    return net(x.to(device)).detach().numpy()  # expect: numpy-from-cuda


def with_a_graph_as_well(x: Tensor):
    net = Net().to(device)
    return net(x.to(device)).numpy()  # expect: numpy-from-cuda, numpy-requires-grad


def array_of_it(x: Tensor):
    x = x.cuda()  # expect: hard-coded-device
    return np.asarray(x * 2)  # expect: numpy-from-cuda


def sum_of_two(x: Tensor):
    x = x.cuda()  # expect: hard-coded-device
    return (x + x).numpy()  # expect: numpy-from-cuda


def plotted(losses):
    losses = th.stack(losses).detach().to("cuda")  # expect: hard-coded-device
    plt.plot(losses)  # expect: numpy-from-cuda


class Evaluator:
    def __init__(self, device):
        self.device = device
        self.net = Net().to(device)

    @th.no_grad()
    def predictions(self, loader):
        self.net.eval()
        found = []
        for x, _ in loader:
            found.append(self.net(x.to(self.device)).numpy())  # expect: numpy-from-cuda
        return found


def second_name(x: Tensor):
    moved = x.to(device)
    same = moved
    return same.numpy()  # expect: numpy-from-cuda


class Curve:
    def __init__(self):
        self.values = th.zeros(10, device=device)

    def show(self):
        pyplot.plot(self.values)  # expect: numpy-from-cuda
        pyplot.imshow(self.values.reshape(2, 5))  # expect: numpy-from-cuda
        return np.array(self.values)  # expect: numpy-from-cuda


def in_a_line(x: Tensor):
    for y in x.to(device): print(y.numpy())  # fmt: skip  # expect: numpy-from-cuda


def to_array(x):
    return x.numpy()


def converted_in_a_helper(x: Tensor):
    return to_array(x.to(device))  # expect: numpy-from-cuda


def as_array(x):
    return x.detach().numpy()


def draw(axis, values):
    axis.plot(np.asarray(values))


def converted_by_helpers(loader, axis):
    net = Net().to(device)
    with th.no_grad():
        for x in loader:
            scores = net(x.to(device))
            print(as_array(scores))  # expect: numpy-from-cuda
            draw(axis, scores[:, 0])  # expect: numpy-from-cuda


class Predictor:
    def __init__(self):
        self.net = Net().to(device)

    @th.no_grad()
    def predict(self, x):
        return self.net(x.to(device)).numpy()  # expect: numpy-from-cuda

    @th.no_grad()
    def scores(self, x):
        return self._array(self.net(x.to(device)))  # expect: numpy-from-cuda

    def _array(self, x):
        return x.numpy()


def asked_for_both(x):
    predictor = Predictor()
    return predictor.predict(x), predictor.scores(x)



# ── silent: copied to the host ────────────────────────────────────────────────────────────────


def copied_first(x: Tensor):
    x = x.to(device)
    return x.cpu().numpy(), x.to("cpu").numpy(), np.array(x.cpu()), x.numpy(force=True)


def copied_earlier(x: Tensor):
    net = Net().to(device).eval()
    with th.no_grad():
        out = net(x.to(device)).cpu()
    plt.plot(out)
    return out.numpy()


def number_of_one_element(x: Tensor):
    x = x.cuda()  # expect: hard-coded-device
    plt.plot(x.tolist(), [x.sum().item()])
    return np.array(x.tolist())


def on_the_host(x):
    return x.detach().cpu().numpy()


def copied_by_a_helper(x: Tensor):
    net = Net().to(device)
    return on_the_host(net(x.to(device))), as_array(net(x.to(device)).cpu())



def looks_at_the_device(x):
    return x.numpy() if x.device.type == "cpu" else x.cpu().numpy()


def looks_at_the_kind(x):
    return x.detach().cpu().numpy() if isinstance(x, Tensor) else np.asarray(x)


def tries_it(x):
    try:
        return x.numpy()
    except (RuntimeError, TypeError):
        return x.detach().cpu().numpy()


def given_to_helpers_that_ask(x: Tensor):
    scores = Net().to(device)(x.to(device))
    return looks_at_the_device(scores.detach()), looks_at_the_kind(scores), tries_it(scores)



# ── silent: on the CPU, or nobody knows ───────────────────────────────────────────────────────


def never_moved(x: Tensor):
    return x.numpy(), th.ones(3).numpy()


def batches_of_a_loader():
    return [x.numpy() for (x,) in DataLoader(TensorDataset(th.randn(8, 4)))]


def moved_on_one_path(x: Tensor, flag):
    if flag:
        x = x.cuda()
    return x.numpy()


def unknown_target(x: Tensor, other):
    return x.to(other).numpy()


def on_the_cpu_by_default(x: Tensor, device="cpu"):
    return x.to(device).numpy()


def only_its_size(x: Tensor):
    x = x.to(device)
    return np.zeros(x.shape), np.prod(x.shape), np.array([v.item() for v in x])
