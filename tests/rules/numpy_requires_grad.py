import matplotlib.pyplot as plt
import numpy as np
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def output_of_a_module(x):
    model = Net()
    return model(x).numpy()  # expect: numpy-requires-grad


def output_moved_to_the_host_first(x, device):
    model = Net().to(device)
    output = model(x.to(device))
    return output.cpu().numpy()  # expect: numpy-requires-grad


def loss_after_its_backward(model, loader, criterion, optimizer):
    history = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        history.append(loss.numpy())  # expect: numpy-requires-grad
    return history


def leaf_that_requires_grad():
    w = torch.randn(3, requires_grad=True)
    return w.numpy()  # expect: numpy-requires-grad


def leaf_that_was_told_to_require_grad():
    w = torch.zeros(3)
    w.requires_grad_()
    return w.numpy()  # expect: numpy-requires-grad


def result_computed_from_a_leaf(a):
    w = torch.ones(3, requires_grad=True)
    curve = (w * 2).exp()
    return curve.numpy()  # expect: numpy-requires-grad


def weight_of_a_layer():
    layer = nn.Linear(4, 3)
    return layer.weight.numpy()  # expect: numpy-requires-grad


def parameters_of_a_module():
    model = Net()
    return {name: p.numpy() for name, p in model.named_parameters()}  # expect: numpy-requires-grad


def asarray_of_an_output(x):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return np.asarray(model(x))  # expect: numpy-requires-grad


def array_of_an_output(x):
    net = Net()
    probabilities = torch.softmax(net(x), dim=-1)
    return np.array(probabilities)  # expect: numpy-requires-grad


def no_grad_ended_before_the_forward_pass(x):
    model = Net()
    with torch.no_grad():
        first = model(x)
    second = model(x)
    return first.numpy(), second.numpy()  # expect: numpy-requires-grad


class Regression:
    def __init__(self):
        self.model = nn.Linear(1, 1)
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.01)

    def fit(self, x, y):
        for _ in range(100):
            self.optimizer.zero_grad()
            F.mse_loss(self.model(x), y).backward()
            self.optimizer.step()

    def plot(self, x):
        fitted = self.model(x).numpy()  # expect: numpy-requires-grad
        plt.plot(x.numpy(), fitted)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Parameter(torch.randn(4))

    def export(self):
        return self.query.numpy()  # expect: numpy-requires-grad


def second_name(x):
    net = layers.Linear(4, 3)
    model = net
    out = model(x)
    same = out
    return same.numpy()  # expect: numpy-requires-grad


def second_statement(x):
    out = Net()(x); found = out.numpy()  # fmt: skip  # expect: numpy-requires-grad
    return found


def in_a_line(loader):
    net = Net()
    for x in loader: print(net(x).numpy())  # fmt: skip  # expect: numpy-requires-grad


class Reader:
    def __init__(self):
        self.net = Net()

    def read(self, x):
        scores = self.net(x)
        return (
            scores  # expect: numpy-requires-grad
            .cpu()  # to the host
            .numpy()
        )


def to_array(t):
    return t.cpu().numpy()


def converted_in_a_helper(x):
    return to_array(Net()(x))  # expect: numpy-requires-grad


def outputs_given_to_a_helper(model: nn.Module, batches):
    with torch.no_grad():
        calm = [to_array(model(x)) for x in batches]
    return calm, [to_array(model(x).detach()) for x in batches]



def all_parameters_at_once():
    flat = nn.utils.parameters_to_vector(Net().parameters())
    return flat.numpy()  # expect: numpy-requires-grad


def scores_if_asked(x, head=None):
    net = Net()
    if head is not None:
        return head(net(x).numpy())  # expect: numpy-requires-grad
    return net(x)


# ── silent: autograd is off ───────────────────────────────────────────────────────────────────


def output_under_no_grad(x):
    model = Net()
    with torch.no_grad():
        return model(x).numpy()


def output_made_under_no_grad(x):
    model = Net()
    with torch.inference_mode():
        output = model(x)
    return output.numpy()


@torch.no_grad()
def output_in_a_decorated_function(x):
    model = Net()
    return model(x).numpy()


@torch.inference_mode()
def output_in_an_inference_function(x):
    model = Net()
    return np.asarray(model(x))


def compute_scores(model, x):
    return model(x).numpy()


def caller_turns_gradients_off(x):
    model = Net()
    with torch.no_grad():
        return compute_scores(model, x)


def gradients_switched_off_as_a_function(x):
    model = Net()
    torch.set_grad_enabled(False)
    scores = model(x).numpy()
    torch.set_grad_enabled(True)
    return scores


# ── silent: detached ──────────────────────────────────────────────────────────────────────────


def output_detached(x):
    model = Net()
    return model(x).detach().cpu().numpy()


def output_detached_under_its_own_name(x):
    model = Net()
    output = model(x)
    output = output.detach()
    return output.numpy()


def output_detached_in_place(x):
    output = Net()(x)
    output.detach_()
    return output.numpy()


def output_detached_where_needed(x, model):
    output = model(x)
    if output.requires_grad:
        output = output.detach()
    return output.numpy()


def forced(x):
    model = Net()
    return model(x).numpy(force=True)


def weight_detached():
    layer = nn.Linear(4, 3)
    return layer.weight.detach().numpy()


def weights_of_the_state_dict():
    model = Net()
    return {name: value.numpy() for name, value in model.state_dict().items()}


def gradient_of_a_weight(x):
    layer = nn.Linear(4, 3)
    layer(x).sum().backward()
    return layer.weight.grad.numpy()


def loss_as_a_number(x, y):
    model = Net()
    loss = F.cross_entropy(model(x), y)
    return np.asarray(loss.item())


# ── silent: no gradient to lose ───────────────────────────────────────────────────────────────


def tensor_without_grad():
    return torch.randn(3).numpy()


def class_indices_of_an_output(x):
    model = Net()
    return model(x).argmax(dim=1).numpy()


def comparison_of_an_output(x):
    model = Net()
    return (model(x) > 0).numpy()


def frozen_module(x):
    model = Net()
    model.requires_grad_(False)
    return model(x).numpy()


def leaf_told_not_to_require_grad():
    w = torch.randn(3, requires_grad=True)
    w.requires_grad_(False)
    return w.numpy()


def target_of_a_batch(loader):
    model = Net()
    for x, y in loader:
        print(model(x).shape, y.numpy())


# ── silent: unknown ───────────────────────────────────────────────────────────────────────────


def parameter_of_a_function(t):
    return t.numpy()


def annotated_tensor_of_unknown_origin(t: torch.Tensor):
    return np.asarray(t.cpu().numpy())


def frame_of_another_library(frame):
    return frame.to_numpy(), frame.numpy()


def result_of_an_unknown_function(extract, x):
    return extract(x).numpy()


# ── silent: what leaves the graph ─────────────────────────────────────────────────────────────


def converted_to_integers(x):
    return Net()(x).long().numpy(), (Net()(x) * 255).byte().numpy(), Net()(x).bool().cpu().numpy()


def of_data(x):
    return Net()(x).data.numpy()  # expect: tensor-data-access


@torch.no_grad
def decorated_without_parentheses(x):
    return Net()(x).numpy()


def frozen_parameter_by_parameter(x):
    net = Net()
    for p in net.parameters():
        p.requires_grad = False
    return net(x).numpy()


def switched_by_an_argument(x, training):
    net = Net()
    with th.set_grad_enabled(training):
        out = net(x)
    return out.numpy()


def indices_of_topk(x):
    _, where = Net()(x).topk(2)
    return where.numpy()


class Painted(nn.Module):
    """Has no parameters: what it returns carries a graph only where its input does."""

    def __init__(self, colours):
        super().__init__()
        self.colours = colours

    def forward(self, x):
        return self.lookup(x) * self.colours.scale

    def lookup(self, x):
        return self.colours.table[x.long()]


class Wrapped(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)


def module_without_parameters(colours):
    return Painted(colours)(torch.rand(3, 4))[0].permute(1, 0).numpy()


def module_that_was_given_one():
    net = Wrapped(Net())
    return net(torch.rand(3, 4)).numpy()  # expect: numpy-requires-grad


def pictures_of_a_pipeline(pipeline: nn.Module, x):
    print(np.array(pipeline(**x).images[0]))
    return np.array(pipeline(**x).logits)  # expect: numpy-requires-grad
