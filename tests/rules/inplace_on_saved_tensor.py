import torch
import torch as t
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.gate = nn.Sigmoid()
        self.relu = nn.ReLU(inplace=True)
        self.linear = nn.Linear(3, 3)


# ── reported: the result is needed ────────────────────────────────────────────────────────────


def added_to_an_exponential(x):
    model = nn.Linear(4, 3)
    rates = torch.exp(model(x))
    rates += 1  # expect: inplace-on-saved-tensor
    rates.sum().backward()


def aliased_names(x):
    net = nn.Linear(4, 3)
    gate = t.sigmoid(net(x))
    gate.mul_(0.5)  # expect: inplace-on-saved-tensor
    loss = gate.mean()
    loss.backward()


def method_and_assigned(x):
    net = nn.Linear(4, 3)
    h = net(x).tanh()
    h = h.clamp_(0, 1)  # expect: inplace-on-saved-tensor
    h.sum().backward()


def element_of_a_softmax(x, y):
    net = nn.Linear(4, 3)
    p = F.softmax(net(x), dim=1)
    p[0] = 0.0  # expect: inplace-on-saved-tensor
    F.mse_loss(p, y).backward()


def epsilon_added_to_a_norm(x):
    net = nn.Linear(4, 3)
    h = net(x)
    length = h.norm(dim=1, keepdim=True)
    length += 1e-6  # expect: inplace-on-saved-tensor
    (h / length).sum().backward()


class GatedBlock(Block):
    def forward(self, x):
        h = self.gate(self.conv(x))
        h *= 2  # expect: inplace-on-saved-tensor
        return h


class ResidualBlock(Block):
    def forward(self, x):
        h = self.norm(self.conv(x))
        identity = h
        h = self.relu(h)
        h += x  # expect: inplace-on-saved-tensor
        return h


class GateThenInPlaceActivation(Block):
    def forward(self, x):
        h = self.gate(self.conv(x))
        h = F.relu(h, inplace=True)  # expect: inplace-on-saved-tensor
        return h


# ── reported: the input is needed ─────────────────────────────────────────────────────────────


def squared_and_then_changed(x):
    net = nn.Linear(4, 3)
    h = net(x)
    energy = h**2
    h -= 1  # expect: inplace-on-saved-tensor
    energy.sum().backward()


def factor_of_a_product(x):
    a, b = nn.Linear(4, 3), nn.Linear(4, 3)
    left, right = a(x), b(x)
    product = left * right
    right.add_(left)  # expect: inplace-on-saved-tensor
    (product + right).sum().backward()


def input_of_a_layer(x):
    first, second = nn.Linear(4, 3), nn.Linear(3, 3)
    h = first(x)
    out = second(h)
    h += out  # expect: inplace-on-saved-tensor
    h.sum().backward()


def changed_under_no_grad(x):
    net = nn.Linear(4, 3)
    h = net(x).exp()
    with torch.no_grad():
        h.mul_(2)  # expect: inplace-on-saved-tensor
    h.sum().backward()


def changed_in_a_helper(x):
    net = nn.Linear(4, 3)
    h = net(x).exp()
    shift(h)  # expect: inplace-on-saved-tensor
    h.sum().backward()


def shift(h):
    h += 1


class Trainer:
    def __init__(self):
        self.net = nn.Linear(4, 3)
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)

    def fit(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            p = torch.sigmoid(self.net(x))
            p *= 0.9 + 0.1  # expect: inplace-on-saved-tensor
            loss = F.binary_cross_entropy(p, y)
            loss.backward()
            self.optimizer.step()


# ── reported: read again ──────────────────────────────────────────────────────────────────────


class SharedInput(Block):
    def forward(self, x):
        h = self.norm(x)
        return F.relu(h, inplace=True) + h  # expect: inplace-on-saved-tensor


class PreActivation(Block):
    def forward(self, x):
        out = self.relu(x)  # expect: inplace-on-saved-tensor
        out = self.conv(out)
        return out + x


class AddsWhatWasOverwritten(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        h = self.conv(x)
        y = self.act(h) if self.training else h * 2  # expect: inplace-on-saved-tensor
        return y + h



# ── silent: nothing is kept ───────────────────────────────────────────────────────────────────


def sums_and_means(x):
    net = nn.Linear(4, 3)
    h = net(x) + 1
    h += 2
    total = h.sum(dim=1)
    total /= 3
    joined = torch.cat([h, h])
    joined *= 2
    (joined.sum() + total.sum()).backward()


def only_the_input_is_kept(x):
    net = nn.Linear(4, 3)
    h = F.gelu(net(x))
    h += 1
    h.sum().backward()


def only_the_result_is_kept(x):
    net = nn.Linear(4, 3)
    h = net(x)
    out = h.exp()
    h += 1
    (out + h).sum().backward()


def product_with_a_number(x):
    net = nn.Linear(4, 3)
    h = net(x)
    out = h * 2
    h += 1
    (out + h).sum().backward()


class ResNetBlock(Block):
    def forward(self, x):
        identity = x
        out = self.relu(self.norm(self.conv(x)))
        out = self.norm(self.conv(out))
        out += identity
        out = self.relu(out)
        return out


class ActsOrDoesNot(nn.Module):
    def __init__(self, act=True):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.act = nn.ReLU(inplace=True) if act else None

    def forward(self, x):
        x = self.conv(x)
        return self.act(x) if self.act is not None else x


class ActsOnSome(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.conv(x)
        return self.act(x) if x.mean() > 0 else x * 2



# ── silent: nobody needs it any more ──────────────────────────────────────────────────────────


def backward_has_run(x):
    net = nn.Linear(4, 3)
    h = net(x).exp()
    h.sum().backward()
    h += 1
    return h


def another_backward_came_before(x, y, steps):
    net = nn.Linear(4, 3)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        h = net(x).softmax(1)
        loss = F.mse_loss(h, y)
        loss.backward()
        optimizer.step()
        h *= 100
        print(h)


def never_backward(x):
    net = nn.Linear(4, 3)
    p = net(x).sigmoid()
    p *= 100
    return p


def copied_before(x):
    net = nn.Linear(4, 3)
    h = net(x).exp()
    shown = h.clone()
    shown += 1
    (h + shown).sum().backward()


def made_anew(x):
    net = nn.Linear(4, 3)
    h = net(x).exp()
    h = h + 1
    h += 1
    h.sum().backward()


class DecodesOutsideTraining(Block):
    def forward(self, x):
        h = self.gate(self.conv(x))
        if not self.training:
            h *= 2
        return h


# ── silent: no graph, or none that is known ───────────────────────────────────────────────────


def without_gradients(x):
    net = nn.Linear(4, 3)
    with torch.no_grad():
        h = net(x).exp()
    h += 1
    return h


def data_only(x):
    noise = torch.randn(3).exp()
    noise += 1
    net = nn.Linear(3, 3)
    net(noise).sum().backward()


def parameter_of_unknown_graph(h: torch.Tensor):
    p = h.sigmoid()
    p *= 2
    return p


# ── silent: overwritten on purpose ────────────────────────────────────────────────────────────


class OverwrittenAndMeantSo(Block):
    def forward(self, x):
        h = self.norm(self.conv(x))
        F.relu(h, inplace=True)
        return h + 1


class OnlyTheShapeIsRead(Block):
    def forward(self, x):
        out = self.relu(x)
        return out.view(x.size(0), -1)


# ── under other names, through helpers and in other layouts ───────────────────────────────────


def one_tensor_under_two_names(x):
    net = layers.Linear(4, 3)
    h = t.exp(net(x))
    same = h
    same += 1  # expect: inplace-on-saved-tensor
    h.sum().backward()


def squashed(x):
    return t.sigmoid(x)


def made_by_a_helper(x):
    net = layers.Linear(4, 3)
    h = squashed(net(x))
    h.mul_(2)  # expect: inplace-on-saved-tensor
    h.sum().backward()


class Encoder(layers.Module):
    def __init__(self):
        super().__init__()
        self.fc = layers.Linear(4, 3)

    def encode(self, x):
        return F.softmax(self.fc(x), dim=-1)

    def forward(self, x):
        h = self.encode(x)
        h -= 0.5  # expect: inplace-on-saved-tensor
        return h


def factors_of_matrix_products(x):
    net = layers.Linear(4, 4)
    query, key = net(x), net(x + 1)
    scores = t.matmul(query, key.transpose(-2, -1))
    query *= 0.5  # expect: inplace-on-saved-tensor
    energy = key @ key.T
    key += 1  # expect: inplace-on-saved-tensor
    (scores + energy).sum().backward()


# fmt: off
def in_odd_layouts(x):
    net = layers.Linear(4, 3); h = net(x).exp(); h += 1; h.sum().backward()  # expect: inplace-on-saved-tensor
    h = net(x).tanh()
    for _ in range(1): h *= 2  # expect: inplace-on-saved-tensor
    h.sum().backward()
    h = net(x).tanh()
    h.clamp_(  # expect: inplace-on-saved-tensor
        0,  # low
        1,
    )
    h.sum().backward()
# fmt: on


def scores_are_masked(x, mask):
    net = layers.Linear(4, 4)
    scores = net(x) @ x.T
    scores = scores.masked_fill_(mask, -1e9)
    scores.softmax(-1).sum().backward()


def in_place_by_position(x):
    net = nn.Linear(4, 4)
    h = net(x).tanh()
    F.relu(h, True)  # expect: inplace-on-saved-tensor
    h.sum().backward()


def layer_in_place_by_position(x):
    net, act = nn.Linear(4, 4), nn.LeakyReLU(0.1, True)
    h = net(x).tanh()
    act(h)  # expect: inplace-on-saved-tensor
    h.sum().backward()


def slope_and_no_more(x):
    net, act = nn.Linear(4, 4), nn.LeakyReLU(True)
    h = net(x).tanh()
    return act(h) + F.leaky_relu(h, True)
