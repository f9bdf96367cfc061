import torch
import torch.nn as nn
from torch import optim
from torch.nn import Linear, Parameter
from torchvision import models
from zoo import build_backbone


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)
        self.scale = Parameter(torch.ones(1))

    def forward(self, x):
        return self.head(self.body(x)) * self.scale

    def freeze_body(self):
        for p in self.body.parameters():
            p.require_grad = False  # expect: requires-grad-typo

    def freeze_scale(self):
        self.scale.requires_gard = False  # expect: requires-grad-typo


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def parameters_of_a_pretrained_model():
    resnet = models.resnet18(weights="DEFAULT")
    for param in resnet.parameters():
        param.require_grad = False  # expect: requires-grad-typo
    return resnet


def some_of_the_named_parameters(model):
    for name, p in model.named_parameters():
        if "bn" in name:
            p.required_grad = False  # expect: requires-grad-typo


def parameters_of_a_part(model: nn.Module):
    for weight in model.features.parameters():
        weight.requires_grads = False  # expect: requires-grad-typo


def module_has_no_such_flag():
    net = Net()
    net.body.requires_grad = False  # expect: requires-grad-typo
    return net


def layer_by_another_name(frozen):
    layer = Linear(4, 3)
    layer.requires_grad = not frozen  # expect: requires-grad-typo
    return layer


def module_and_typo(model: nn.Module):
    model.require_grad = False  # expect: requires-grad-typo


def unfrozen_again():
    model = Net()
    model.head.weight.require_grad = True  # expect: requires-grad-typo


def each_layer_of_a_sequence():
    layers = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3))
    for layer in layers:
        layer.requires_grad = False  # expect: requires-grad-typo
    return layers


def several_targets_at_once(model: nn.Module):
    model.requires_grad = frozen = False  # expect: requires-grad-typo
    return frozen


def image_that_is_optimised(size):
    image = torch.zeros(3, size, size)
    image.require_grad = True  # expect: requires-grad-typo
    return optim.Adam([image])


def freeze(net: nn.Module):
    for p in net.parameters():
        p.requires_gard = False  # expect: requires-grad-typo


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(4, 3))
        self.net.requires_grad = False  # expect: requires-grad-typo
        self.net[0].weight.require_grad = False  # expect: requires-grad-typo


def second_name_and_second_statement(net: nn.Module):
    model = net
    model.requires_grad = False; print(net)  # fmt: skip  # expect: requires-grad-typo


def on_one_line(net: nn.Module):
    for p in net.parameters(): p.require_grad = False  # fmt: skip  # expect: requires-grad-typo


def value_of_an_option(net: nn.Module, flags):
    net.requires_grad = flags["train"]  # expect: requires-grad-typo


def parts_of_a_pretrained_model(freeze):
    model = models.vgg16(weights="DEFAULT")
    if freeze:
        model.features.requires_grad = False  # expect: requires-grad-typo
    model.classifier[6] = nn.Linear(4096, 3)
    return model


# ── silent: the real attribute and the real method ────────────────────────────────────────────


def attribute_of_parameters(model: nn.Module):
    for p in model.parameters():
        p.requires_grad = False


def method_of_the_module(model: nn.Module):
    model.requires_grad_(False)
    model.head.requires_grad_(True)


def attribute_of_a_tensor():
    x = torch.zeros(3)
    x.requires_grad = True
    return x


def parameter_of_a_part():
    model = models.resnet18()
    model.conv1.weight.requires_grad = False
    model.layer4.frozen = True


def parts_of_an_output(x):
    output = models.vgg16()(x)
    output.features.requires_grad = True


# ── silent: other classes have attributes of their own ────────────────────────────────────────


class Options:
    def __init__(self, require_grad):
        self.require_grad = require_grad


def options_of_another_class():
    options = Options(True)
    options.require_grad = False
    return options


class LearnedMetric(nn.Module):
    def __init__(self, requires_grad=False):
        super().__init__()
        self.requires_grad = requires_grad
        self.net = nn.Linear(4, 1)
        for p in self.net.parameters():
            p.requires_grad = requires_grad


def metric_with_a_flag_of_its_own():
    metric = LearnedMetric()
    metric.requires_grad = True
    return metric


class Switched(nn.Module):
    @property
    def requires_grad(self):
        return self.flag

    @requires_grad.setter
    def requires_grad(self, value):
        self.flag = value


def flag_is_a_property():
    switched = Switched()
    switched.requires_grad = False
    return switched


def objects_of_an_unknown_kind(settings, node):
    settings.require_grad = False
    node.requires_grad = False


def backbone_of_another_package():
    backbone = build_backbone()
    backbone.require_grad = False
    return backbone


def another_attribute(model: nn.Module):
    model.frozen = True
    model.grad_clip = 1.0


class Ranks(nn.Module):
    """Its containers hold parameters, which have the flag."""

    def __init__(self, names):
        super().__init__()
        self.ranks = nn.ParameterDict()
        self.scales = nn.ParameterList([Parameter(torch.ones(1)) for _ in names])

    def add(self, name):
        self.ranks[name] = Parameter(torch.randn(1))
        self.ranks[name].requires_grad = False
        for scale in self.scales:
            scale.requires_grad = False


def set_by_name(net: nn.Module):
    for p in net.parameters():
        setattr(p, "requires_grad", False)
