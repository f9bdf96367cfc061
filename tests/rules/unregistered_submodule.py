from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F
from recipes import HEADS, LayerConfig, make_layers
from torch import nn as layers
from torch.nn import Linear, Module, ModuleList


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.fc(x))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


class PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)]  # expect: unregistered-submodule

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class ListComprehension(Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = [Block(4) for _ in range(depth)]  # expect: unregistered-submodule

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class PlainTuple(nn.Module):
    def __init__(self):
        super().__init__()
        self.pair = (Linear(4, 4), Linear(4, 3))  # expect: unregistered-submodule

    def forward(self, x):
        first, second = self.pair
        return second(first(x))


class PlainDict(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = {"class": nn.Linear(4, 3), "box": nn.Linear(4, 4)}  # expect: unregistered-submodule

    def forward(self, x):
        return {name: head(x) for name, head in self.heads.items()}


class DictComprehension(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.heads = {task: nn.Linear(4, 3) for task in tasks}  # expect: unregistered-submodule

    def forward(self, x, task):
        return self.heads[task](x)


class FilledInALoop(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.stages = []  # expect: unregistered-submodule
        for _ in range(depth):
            self.stages.append(nn.Linear(4, 4))

    def forward(self, x):
        for stage in self.stages:
            x = F.relu(stage(x))
        return x


class DictFilledInALoop(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.heads = {}  # expect: unregistered-submodule
        for task in tasks:
            self.heads[task] = nn.Linear(4, 3)

    def forward(self, x, task):
        return self.heads[task](x)


class ListMadeBefore(nn.Module):
    def __init__(self, depth):
        super().__init__()
        layers = []
        for _ in range(depth):
            layers.append(nn.Linear(4, 4))
            layers.append(nn.ReLU())
        self.layers = layers  # expect: unregistered-submodule

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class MultipliedList(nn.Module):
    def __init__(self):
        super().__init__()
        self.heads = [nn.Linear(4, 3)] * 4  # expect: unregistered-submodule

    def forward(self, x):
        return [head(x) for head in self.heads]


class AnnotatedList(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs: list[nn.Module] = [nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)]  # expect: unregistered-submodule

    def forward(self, x):
        for conv in self.convs:
            x = conv(x)
        return x


class BuiltInAnotherMethod(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.depth = depth
        self.build()

    def build(self):
        self.blocks = [Block(4) for _ in range(self.depth)]  # expect: unregistered-submodule

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class GrandChild(Block):
    def __init__(self, width):
        super().__init__(width)
        self.more = [nn.Linear(width, width), nn.Linear(width, width)]  # expect: unregistered-submodule

    def forward(self, x):
        for layer in self.more:
            x = layer(super().forward(x))
        return x


class ListOfSequentials(nn.Module):
    def __init__(self):
        super().__init__()
        self.towers = list(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3))  # expect: unregistered-submodule

    def forward(self, x):
        return torch.stack([tower(x) for tower in self.towers]).mean(dim=0)


@HEADS.register_module()
class EnteredInARegistry(nn.Module):
    """The decorator enters the class in a table; it registers no part of it."""

    def __init__(self):
        super().__init__()
        self.laterals = [Block(width) for width in (4, 8)]  # expect: unregistered-submodule

    def forward(self, features):
        return [lateral(each) for lateral, each in zip(self.laterals, features)]



# ── silent: registered ────────────────────────────────────────────────────────────────────────


class RegisteredList(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = nn.ModuleList([Block(4) for _ in range(depth)])
        self.heads = nn.ModuleDict({"class": nn.Linear(4, 3), "box": nn.Linear(4, 4)})

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return {name: head(x) for name, head in self.heads.items()}


class FilledModuleList(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = ModuleList()
        for _ in range(depth):
            self.blocks.append(Block(4))
        self.blocks += [Block(4)]
        self.blocks.extend([Block(4), Block(4)])

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class UnpackedIntoSequential(nn.Module):
    def __init__(self, depth):
        super().__init__()
        layers = [nn.Linear(4, 4)]
        for _ in range(depth):
            layers += [nn.ReLU(), nn.Linear(4, 4)]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


class ListAndSequentialOfTheSame(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.net = nn.Sequential(*self.layers)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class ListAndModuleListOfTheSame(nn.Module):
    def __init__(self, depth):
        super().__init__()
        layers = [Block(4) for _ in range(depth)]
        self.order = layers
        self.registered = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x


class ListIsReplacedAtTheEnd(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = []
        for _ in range(depth):
            self.blocks.append(Block(4))
        self.blocks = nn.ModuleList(self.blocks)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class AddedOneByOne(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = []
        for i in range(depth):
            block = Block(4)
            self.add_module(f"block{i}", block)
            self.blocks.append(block)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class SetByName(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = []
        for i in range(depth):
            block = Block(4)
            setattr(self, f"block{i}", block)
            self.blocks.append(block)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x


class ListOfAttributes(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.order = [self.first, self.second]

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x


class ListsOfPartsOfWhatIsRegistered(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.stages = nn.Sequential(*[nn.Linear(4, 4) for _ in range(depth)])
        self.taps = {"first": self.stages[0], "last": self.stages[-1]}
        self.chosen = [self.stages[i] for i in (0, 2)]

    def forward(self, x):
        for stage in self.chosen:
            x = stage(x)
        return self.taps["last"](x)


class ListsOfVariablesThatAreRegistered(nn.Module):
    def __init__(self):
        super().__init__()
        encoder, decoder, head = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.body = nn.Sequential(encoder, nn.ReLU(), decoder)
        self.head = head
        self.layers = [encoder, decoder]
        self.ends = [self.body[0], head]

    def forward(self, x):
        return self.head(self.body(x))


class ListsOfVariablesOfTheirOwn(nn.Module):
    def __init__(self):
        super().__init__()
        encoder, decoder = nn.Linear(4, 4), nn.Linear(4, 4)
        encoder.requires_grad_(True)
        self.layers = [encoder, decoder]  # expect: unregistered-submodule

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


# ── silent: no modules in it ──────────────────────────────────────────────────────────────────


class ListOfNamesAndSizes(nn.Module):
    def __init__(self):
        super().__init__()
        self.names = ["class", "box"]
        self.sizes = (4, 8, 3)
        self.strides = {"class": 1, "box": 2}
        self.shapes = [[4, 8], [8, 3]]
        self.history = []
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


class ListOfClasses(nn.Module):
    def __init__(self):
        super().__init__()
        self.kinds = [nn.Linear, nn.Conv2d]
        self.makers = {"wide": partial(nn.Linear, 4), "narrow": lambda: nn.Linear(2, 2)}
        self.fc = self.kinds[0](4, 3)

    def forward(self, x):
        return self.fc(x)


class ListOfFunctions(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.activations = [torch.relu, F.gelu]

    def forward(self, x):
        for activation in self.activations:
            x = activation(x)
        return self.fc(x)


class ListOfConfigurations(nn.Module):
    def __init__(self, configs: list[LayerConfig]):
        super().__init__()
        self.configs = configs
        self.extra = [LayerConfig(4, 8), LayerConfig(8, 3)]
        self.net = nn.Sequential(*[nn.Linear(c.width, c.width) for c in configs])

    def forward(self, x):
        return self.net(x)


class ListOfUnknownThings(nn.Module):
    def __init__(self, parts, spec):
        super().__init__()
        self.parts = parts
        self.layers = make_layers(spec)
        self.more = [make_layers(s) for s in spec]

    def forward(self, x):
        return self.parts[0](x)


# ── silent: hidden on purpose ─────────────────────────────────────────────────────────────────


class HiddenTeacher(nn.Module):
    def __init__(self, teacher: nn.Module):
        super().__init__()
        teacher.requires_grad_(False)
        self.hidden = [teacher]
        self.student = nn.Linear(4, 3)

    def forward(self, x):
        with torch.no_grad():
            wanted = self.hidden[0](x)
        return F.mse_loss(self.student(x), wanted)


class HiddenTeacherFrozenOneByOne(nn.Module):
    def __init__(self):
        super().__init__()
        teacher = Block(4).eval()
        for parameter in teacher.parameters():
            parameter.requires_grad = False
        self.teachers = (teacher,)
        self.student = nn.Linear(4, 4)

    def forward(self, x):
        return F.mse_loss(self.student(x), self.teachers[0](x))


# ── silent: not a module, or not on self ──────────────────────────────────────────────────────


class EnsembleOfModels:
    def __init__(self, size):
        self.models = [Block(4).eval() for _ in range(size)]

    def parameters(self):
        return [p for model in self.models for p in model.parameters()]


class ListInALocalVariable(nn.Module):
    def __init__(self):
        super().__init__()
        stages = [nn.Linear(4, 4), nn.Linear(4, 3)]
        self.first, self.second = stages

    def forward(self, x):
        return self.second(self.first(x))


def list_outside_of_a_class():
    layers = [nn.Linear(4, 4), nn.Linear(4, 3)]
    return nn.Sequential(*layers)


# ── under other names, in helpers and other layouts ───────────────────────────────────────────


def made(depth):
    return [layers.Linear(4, 4) for _ in range(depth)]


class MadeByHelpers(Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = made(depth)  # expect: unregistered-submodule
        self.towers = self.build(depth)  # expect: unregistered-submodule

    def build(self, depth):
        found = []
        for _ in range(depth):
            found.append(layers.Sequential(layers.Linear(4, 4), layers.ReLU()))
        return found


class OneListUnderTwoNames(Module):
    def __init__(self):
        super().__init__()
        blocks = [layers.Linear(4, 4)]
        same = blocks
        same.append(layers.Linear(4, 4))
        self.blocks = blocks  # expect: unregistered-submodule


class OtherContainers(Module):
    def __init__(self, depth):
        super().__init__()
        self.grid = [[layers.Linear(4, 4) for _ in range(2)] for _ in range(depth)]  # expect: unregistered-submodule
        self.heads = dict(small=layers.Linear(4, 2), large=layers.Linear(4, 8))  # expect: unregistered-submodule
        self.pair = layers.Linear(4, 4), layers.Linear(4, 4)  # expect: unregistered-submodule
        self.dropouts = [layers.Dropout(0.1), layers.ReLU()]  # expect: unregistered-submodule


# fmt: off
class InOddLayouts(Module):
    def __init__(self):
        super().__init__(); self.blocks = [layers.Linear(4, 4)]; self.width = 4  # expect: unregistered-submodule
        self.more = [  # expect: unregistered-submodule
            layers.Linear(4, 4),  # the first
            layers.Linear(4, 4),
        ]
        for _ in range(2): self.more.append(layers.Linear(4, 4))
# fmt: on


class NothingToRegister(Module):
    def __init__(self, depth):
        super().__init__()
        self.activations = [layers.ReLU(), layers.Tanh()]
        self.pools = {size: layers.MaxPool2d(size) for size in range(2, depth)}
        self.losses = [layers.MSELoss(), layers.L1Loss()]


class RegisteredInALoop(Module):
    def __init__(self, depth):
        super().__init__()
        self.blocks = [layers.Linear(4, 4) for _ in range(depth)]
        for number, block in enumerate(self.blocks):
            self.register_module(f"block{number}", block)


class FrozenAfterwards(Module):
    def __init__(self, teacher: Module):
        super().__init__()
        self.fc = layers.Linear(4, 4)
        self.teacher = [teacher]
        for parameter in self.teacher[0].parameters():
            parameter.requires_grad_(False)


class HiddenByPython(Module):
    def __init__(self, inner: Module):
        super().__init__()
        object.__setattr__(self, "inner", inner)
        self.__dict__["other"] = inner
