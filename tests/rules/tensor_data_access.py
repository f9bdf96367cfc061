import torch
import torch.nn as nn
from torch import Tensor
from torch import nn as layers
from torch.nn.utils.rnn import pack_padded_sequence


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.scale = nn.Parameter(torch.ones(3))
        self.reset()

    def reset(self):
        self.fc.weight.data.normal_(0, 0.02)  # expect: tensor-data-access
        self.fc.bias.data.zero_()  # expect: tensor-data-access
        nn.init.uniform_(self.scale.data)  # expect: tensor-data-access

    def forward(self, x):
        return self.fc(x) * self.scale


# ── reported: reads ───────────────────────────────────────────────────────────────────────────


def annotated_tensor(x: Tensor):
    return x.data.cpu().numpy()  # expect: tensor-data-access


def loss_in_a_sum(loader, criterion):
    net, total = Net(), 0.0
    for x, y in loader:
        loss = criterion(net(x), y)
        total += loss.data  # expect: tensor-data-access
    return total


def parameters_of_a_module(net: nn.Module):
    return [p.data.norm() for p in net.parameters()]  # expect: tensor-data-access


def prediction(x):
    net = nn.Linear(4, 3)
    _, predicted = torch.max(net(x).data, 1)  # expect: tensor-data-access
    return predicted


# ── reported: writes ──────────────────────────────────────────────────────────────────────────


def assigned(net: nn.Module, values):
    for p, value in zip(net.parameters(), values):
        p.data = value  # expect: tensor-data-access


def averaged(target: nn.Module, source: nn.Module, tau):
    for old, new in zip(target.parameters(), source.parameters()):
        old.data.copy_(tau * new + (1 - tau) * old)  # expect: tensor-data-access


def element(w: torch.Tensor):
    w.data[0] = 0.0  # expect: tensor-data-access
    w.data[0][1] += 1.0  # expect: tensor-data-access


def written_by_another_function(w: torch.Tensor, x: torch.Tensor):
    torch.add(w, x, out=w.data)  # expect: tensor-data-access


def initialised_by_hand(module):
    if isinstance(module, nn.Linear):
        module.weight.data.normal_(0.0, 0.02)  # expect: tensor-data-access
        module.bias.data.fill_(0)  # expect: tensor-data-access


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def detached(x: Tensor):
    return x.detach().cpu().numpy()


def gradients_carry_no_graph(net: nn.Module):
    for p in net.parameters():
        print(p.grad.data.abs().max())
        p.grad.data.clamp_(-1, 1)


def indices_carry_no_graph(net: nn.Module, x):
    return net(x).max(1)[1].data[0]


def buffers_carry_no_graph(net: nn.Module, fn):
    for buffer in net.buffers():
        buffer.data = fn(buffer)


def nothing_is_recorded(target: nn.Module, source: nn.Module):
    with torch.no_grad():
        for old, new in zip(target.parameters(), source.parameters()):
            old.copy_(new.data)


def batch_and_request(batch, request):
    return batch.data, request.data["name"]


def packed_sequence(x: torch.Tensor, lengths):
    packed = pack_padded_sequence(x, lengths)
    return packed.data, packed.batch_sizes


class Holder:
    def __init__(self, data):
        self.data = data

    def show(self):
        return self.data


def pointer(x: Tensor):
    return x.data_ptr()


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names():
    w = torch.zeros(3, requires_grad=True)
    v = w
    print(v.data)  # expect: tensor-data-access


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)

    def weights(self):
        return self.net.weight.data  # expect: tensor-data-access

    def predict(self, x):
        return self.forward(x).data.max(1)[1]  # expect: tensor-data-access

    def forward(self, x):
        return self.net(x)


# fmt: off
def in_odd_layouts(net: layers.Module, x):
    y = net(x); z = y.data; print(z)  # expect: tensor-data-access
    for p in net.parameters(): print(p.data)  # expect: tensor-data-access
    return (
        y  # expect: tensor-data-access
        .data
        .cpu()
    )
# fmt: on


def data_of_its_own(value: Tensor):
    held = Holder(value)
    return held.data
