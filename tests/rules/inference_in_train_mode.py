import contextlib
import copy

import gymnasium as gym
import lightning.pytorch as pl
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from ignite.engine import Events, create_supervised_evaluator, create_supervised_trainer
from recipes import evaluation_mode, prepare_for_inference
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.dropout(torch.relu(self.norm(self.fc(x)))))


class PlainNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.fc(x))))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def constructed_and_never_put_in_evaluation_mode(loader):
    model = Net()
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-in-train-mode
    return correct


def weights_loaded_but_still_in_training_mode(path, loader):
    net = Net()
    net.load_state_dict(torch.load(path, map_location="cpu"))
    with torch.inference_mode():
        for x, _ in loader:
            print(net(x).argmax(dim=1))  # expect: inference-in-train-mode


def sequential_with_dropout(batches):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))
    with torch.no_grad():
        return [model(x).argmax(dim=1) for x in batches]  # expect: inference-in-train-mode


def train_mode_set_before_the_epochs_stays_on(model: nn.Module, loader, val_loader, epochs=2):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        total = 0.0
        with torch.no_grad():
            for x, y in val_loader:
                total += F.cross_entropy(model(x), y).item()  # expect: inference-in-train-mode
        print(epoch, total)


def train_mode_of_an_unannotated_model(model, criterion, optimizer, loader, val_loader):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    total = 0.0
    with torch.no_grad():
        for x, y in val_loader:
            outputs = model(x)  # expect: inference-in-train-mode
            total += criterion(outputs, y).item()
    return total


@torch.no_grad()
def evaluation_mode_set_on_another_module(loader):
    teacher, student = Net(), Net()
    teacher.eval()
    agreed = 0
    for x, _ in loader:
        wanted = teacher(x).argmax(dim=1)
        agreed += (student(x).argmax(dim=1) == wanted).sum().item()  # expect: inference-in-train-mode
    return agreed


def moved_to_a_device_but_not_to_evaluation_mode(loader, device):
    model = Net().to(device)
    for x, _ in loader:
        with torch.no_grad():
            scores = model(x.to(device))  # expect: inference-in-train-mode
        print(scores.argmax(dim=1))


def evaluate_a_new_model_with_gradients_on(loader):
    net = Net()
    for x, y in loader:
        output = net(x)  # expect: inference-in-train-mode, inference-without-no-grad
        print((output.argmax(dim=1) == y).sum().item())


def put_back_in_training_mode_too_early(model: nn.Module, loader):
    model.eval()
    model.train()
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))  # expect: inference-in-train-mode


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader, val_loader):
        self.model.train()
        for x, y in loader:
            self.optimizer.zero_grad()
            self.criterion(self.model(x), y).backward()
            self.optimizer.step()
        total = 0.0
        with torch.no_grad():
            for x, y in val_loader:
                total += self.criterion(self.model(x), y).item()  # expect: inference-in-train-mode
        return total


def count_correct(model, loader):
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()
    return correct


def helper_validates_what_is_in_training_mode(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return count_correct(model, val_loader)  # expect: inference-in-train-mode


def build():
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return model, optimizer


def model_from_a_tuple(loader):
    model, optimizer = build()
    net = model
    with torch.no_grad():
        for x, _ in loader:
            print(net(x).argmax(dim=1))  # expect: inference-in-train-mode


class AliasedNet(layers.Module):
    def __init__(self):
        super().__init__()
        self.body = layers.Sequential(layers.Linear(4, 8), layers.Dropout(0.2))
        self.head = layers.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x))


def torch_and_nn_by_other_names(loader):
    net = AliasedNet()
    hits = 0
    with th.no_grad():
        for x, y in loader:
            hits += (net(x).argmax(dim=1) == y).sum().item()  # expect: inference-in-train-mode
    return hits


def validate(model, loader):
    total = 0.0
    for x, y in loader:
        total += F.cross_entropy(model(x), y).item()  # expect: inference-without-no-grad
    return total


def validation_with_gradients_on_in_a_helper(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        print(epoch, validate(model, val_loader))  # expect: inference-in-train-mode


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.fc(x))

    @torch.no_grad()
    def generate(self, x, steps):
        for _ in range(steps):
            x = self(x)
        return x


def asked_for_outputs_after_training(loader):
    language = Language()
    optimizer = optim.SGD(language.parameters(), lr=0.1)
    for x in loader:
        optimizer.zero_grad()
        language(x).sum().backward()
        optimizer.step()
    return language.generate(torch.zeros(1, 4), 10)  # expect: inference-in-train-mode


def teacher_of_a_student(path, loader, criterion):
    teacher, student = Net(), Net()
    teacher.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    for p in teacher.parameters():
        p.requires_grad = False
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            target = teacher(x)  # expect: inference-in-train-mode
        optimizer.zero_grad()
        criterion(student(x), target).backward()
        optimizer.step()


def whole_test_set_after_training(loader, criterion, held_out):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        return model(held_out).argmax(1)  # expect: inference-in-train-mode


# ── silent: evaluation mode ───────────────────────────────────────────────────────────────────


def evaluation_mode_before_the_loop(loader):
    model = Net()
    model.eval()
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def evaluation_mode_in_the_same_expression(loader):
    model = Net().eval()
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def evaluation_mode_through_train_false(loader):
    model = Net()
    model.train(mode=False)
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def evaluation_mode_through_an_alias(loader):
    model = Net()
    net = model
    net.eval()
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def switch(model, training):
    if training:
        model.train()
    else:
        model.eval()


def evaluation_mode_through_a_helper(loader):
    model = Net()
    switch(model, training=False)
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def evaluation_mode_of_the_whole(loader):
    encoder = Net()
    model = nn.Sequential(encoder, nn.Linear(3, 3))
    model.eval()
    with torch.no_grad():
        for x, _ in loader:
            print(encoder(x).argmax(dim=1))


def phases_of_one_loop(loaders, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for phase in ["train", "val"]:
        if phase == "train":
            model.train()
        else:
            model.eval()
        for x, y in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()


def train_mode_again_after_each_validation(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(2):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for x, y in val_loader:
                print(F.cross_entropy(model(x), y).item())


def asked_for_outputs_in_evaluation_mode(loader):
    language = Language()
    optimizer = optim.SGD(language.parameters(), lr=0.1)
    for x in loader:
        optimizer.zero_grad()
        language(x).sum().backward()
        optimizer.step()
        print(language.generate(x, 3))
    language.eval()
    return language.generate(torch.zeros(1, 4), 10)


# ── silent: the mode makes no difference ──────────────────────────────────────────────────────


def no_layer_depends_on_the_mode(loader):
    model = PlainNet()
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def single_linear_layer(loader):
    layer = nn.Linear(4, 3)
    layer.train()
    with torch.no_grad():
        for x, _ in loader:
            print(layer(x).argmax(dim=1))


# ── silent: somebody else sets the mode ───────────────────────────────────────────────────────


def mode_of_a_parameter_is_unknown(model: nn.Module, loader):
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


@contextlib.contextmanager
def evaluating(model):
    was_training = model.training
    model.eval()
    try:
        yield model
    finally:
        model.train(was_training)


def mode_set_by_a_context_manager(loader):
    model = Net()
    with evaluating(model), torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def mode_set_by_an_imported_context_manager(loader):
    model = Net()
    with evaluation_mode(model):
        with torch.no_grad():
            for x, _ in loader:
                print(model(x).argmax(dim=1))


def mode_set_by_an_imported_helper(loader):
    model = Net()
    prepare_for_inference(model)
    with torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


def count_in_the_mode_of_the_caller(model, loader):
    with torch.no_grad():
        return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)


def caller_sets_the_mode(loader):
    model = Net()
    model.eval()
    return count_in_the_mode_of_the_caller(model, loader)


class LightningNet(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def validation_step(self, batch, batch_idx):
        x, y = batch
        with torch.no_grad():
            self.log("val_loss", F.cross_entropy(self.net(x), y))


class Validator:
    def __init__(self):
        self.model = Net()

    def run(self, loader):
        self.model.eval()
        return self._accuracy(loader)

    @torch.no_grad()
    def _accuracy(self, loader):
        return sum((self.model(x).argmax(dim=1) == y).sum().item() for x, y in loader)


# ── silent: training mode is meant ────────────────────────────────────────────────────────────


@torch.no_grad()
def losses_that_a_detector_gives_in_training_mode_alone(loader):
    model = Net()
    was_training = model.training
    model.train()
    total = 0.0
    for images, targets in loader:
        total += sum(model(images, targets).values()).item()
    model.train(was_training)
    return total


def monte_carlo_dropout(x, samples=10):
    model = Net()
    model.eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    with torch.no_grad():
        draws = torch.stack([model(x).softmax(dim=-1) for _ in range(samples)])
    return draws.mean(dim=0), draws.var(dim=0)


def moving_average_of_the_weights(loader, decay=0.99):
    model = Net()
    average = copy.deepcopy(model)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            for kept, new in zip(average.parameters(), model.parameters()):
                kept.lerp_(new, 1 - decay)


def momentum_encoder_of_contrastive_learning(loader):
    query, key = Net(), Net()
    optimizer = optim.SGD(query.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            for kept, new in zip(key.parameters(), query.parameters()):
                kept.lerp_(new, 0.01)
            wanted = F.normalize(key(x), dim=1)
        loss = -(F.normalize(query(x), dim=1) * wanted).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def target_network_of_q_learning(loader, gamma=0.9):
    online, target = Net(), Net()
    optimizer = optim.Adam(online.parameters(), lr=1e-3)
    for states, actions in loader:
        with torch.no_grad():
            wanted = gamma * target(states).max(dim=1).values
        chosen = online(states).gather(1, actions.unsqueeze(1)).squeeze(1)
        optimizer.zero_grad()
        F.mse_loss(chosen, wanted).backward()
        optimizer.step()
        target.load_state_dict(online.state_dict())


def generator_makes_samples_for_the_discriminator(real_batches, latent=4):
    generator, discriminator = Net(), nn.Linear(3, 1)
    optimizer_d = optim.Adam(discriminator.parameters(), lr=2e-4)
    criterion = nn.BCEWithLogitsLoss()
    for real in real_batches:
        label = torch.ones(len(real), 1)
        with torch.no_grad():
            fake = generator(torch.randn(len(real), latent))
        optimizer_d.zero_grad()
        loss = criterion(discriminator(real), label) + criterion(discriminator(fake), 1 - label)
        loss.backward()
        optimizer_d.step()


def batch_norm_statistics_are_estimated_again(loader):
    model = Net()
    model.train()
    with torch.no_grad():
        for x, _ in loader:
            model(x)


class FeatureExtractor(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        with torch.no_grad():
            width = self.conv(torch.zeros(2, 1, 8, 8)).shape[1]
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.conv(x))


def teacher_that_follows_its_student(path, loader, criterion):
    teacher, student = Net(), Net()
    teacher.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            target = teacher(x)
        optimizer.zero_grad()
        criterion(student(x), target).backward()
        optimizer.step()
        with torch.no_grad():
            for mine, its in zip(teacher.parameters(), student.parameters(), strict=True):
                mine.lerp_(its, 0.01)


def teacher_in_evaluation_mode(path, loader, criterion):
    teacher, student = Net(), Net()
    teacher.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    teacher.eval()
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            target = teacher(x)
        optimizer.zero_grad()
        criterion(student(x), target).backward()
        optimizer.step()


def copy_of_another_model(loader, criterion):
    student, old = Net(), Net()
    old.load_state_dict(student.state_dict())
    optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            target = old(x)
        optimizer.zero_grad()
        criterion(student(x), target).backward()
        optimizer.step()


def priorities_beside_the_step(model: nn.Module, optimizer, criterion, x, y):
    model.train()
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()
    with torch.no_grad():
        return (model(x) - y).abs()


def hidden_state_on(tensor):
    return tensor.cuda() if torch.cuda.is_available() else tensor


class WithoutModes(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.GRU(4, 8)

    def forward(self, x):
        state = hidden_state_on(torch.zeros(1, 2, 8))
        return self.cells(x, state)[0]


def nothing_in_it_has_a_mode(test_loader):
    model = WithoutModes()
    with torch.no_grad():
        for x in test_loader:
            print(model(x))


class WeightedLoss(torch.nn.modules.loss._Loss):
    def __init__(self, mode, weighting):
        super().__init__()
        self.weighting = weighting(mode)

    def forward(self, prediction, target):
        return (self.weighting(prediction) * (prediction - target)).abs().mean()


def a_loss_has_no_mode(valid_loader, mode, weighting):
    criterion = WeightedLoss(mode, weighting)
    with torch.no_grad():
        for prediction, target in valid_loader:
            print(criterion(prediction, target))


def of_a_hub_whose_author_chose_the_mode(loader):
    model = torch.hub.load("somebody/detector", "small")
    with torch.no_grad():
        correct = 0
        for x, y in loader:
            correct += (model(x).argmax(1) == y).sum().item()
    return correct


class SoftOverlap(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.activation = activation()

    def forward(self, prediction, target):
        return 1 - (self.activation(prediction) * target).mean()


class DiceLoss(SoftOverlap):
    pass


class AbsoluteDiceLoss(nn.L1Loss, DiceLoss):
    pass


def a_loss_of_ones_own_has_no_mode(valid_loader, activation):
    criterion, other = DiceLoss(activation), AbsoluteDiceLoss(activation)
    with torch.no_grad():
        for prediction, target in valid_loader:
            print(criterion(prediction, target), other(prediction, target))


ADAPTED = {"classes": Net, "features": FeatureExtractor}


def loaded_by_a_method_that_cannot_be_seen(kind, path, val_loader):
    model = ADAPTED[kind]()
    model.load_adapter(path, is_trainable=False)
    with torch.no_grad():
        return [model(x) for x, _ in val_loader]


def initialised_layer(layer: nn.Module, std=1.0):
    nn.init.orthogonal_(layer.weight, std)
    return layer


class Agent(nn.Module):
    """Nothing in it has a mode, whatever its annotations name."""

    def __init__(self, envs: gym.vector.VectorEnv, activation="tanh") -> None:
        super().__init__()
        between = nn.Tanh() if activation.lower() == "tanh" else nn.ReLU()
        self.actor = nn.Sequential(initialised_layer(nn.Linear(4, 64)), between, nn.Linear(64, envs.actions))

    def forward(self, x):
        return self.actor(x)


def rollouts_of_an_agent_without_modes(envs, optimizer, observations):
    agent = nn.parallel.DistributedDataParallel(Agent(envs).to("cuda"))
    for _ in range(100):
        for observation in observations:
            with torch.no_grad():
                print(agent(observation))
        agent(observations[0]).sum().backward()
        optimizer.step()
        optimizer.zero_grad()


def evaluated_through_a_wrapper(loader):
    model = nn.parallel.DistributedDataParallel(Net().to("cuda"))
    with torch.no_grad():
        for x, y in loader:
            print((model(x).argmax(dim=1) == y).sum())  # expect: inference-in-train-mode


# ── silent: other ways to set the mode, or to leave it ────────────────────────────────────────


def evaluated_by_ignite(loader, val_loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    trainer = create_supervised_trainer(model, optimizer, F.cross_entropy)
    evaluator = create_supervised_evaluator(model)

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        with torch.no_grad():
            evaluator.run(val_loader)

    trainer.run(loader)


def enable_dropout(model):
    for m in model.modules():
        if m.__class__.__name__.startswith("Dropout"):
            m.train()


def dropout_alone_is_turned_on_by_a_helper(loader):
    model = Net()
    model.eval()
    enable_dropout(model)
    draws = []
    with torch.no_grad():
        for x, _ in loader:
            draws.append(torch.stack([model(x) for _ in range(20)]))
    return draws


def average_in_evaluation_mode_from_the_start(loader, decay=0.99):
    model = Net()
    average = copy.deepcopy(model).eval()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            for kept, new in zip(average.parameters(), model.parameters()):
                kept.lerp_(new, 1 - decay)
            print(average(x).argmax(dim=1))


class InEvaluationMode:
    def __init__(self, model):
        self.model = model

    def __enter__(self):
        self.model.eval()

    def __exit__(self, *error):
        self.model.train()


def mode_set_by_a_class_with_enter(loader):
    model = Net()
    with InEvaluationMode(model), torch.no_grad():
        for x, _ in loader:
            print(model(x).argmax(dim=1))


class Runner:
    def __init__(self):
        self.model = Net()

    def set_mode(self, training):
        self.model.train(training)

    def predict(self, loader):
        self.set_mode(False)
        with torch.no_grad():
            return [self.model(x) for x in loader]


def group_and_instance_norm_have_no_mode(loader):
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.InstanceNorm2d(8), nn.Flatten())
    with torch.no_grad():
        return [model(x).argmax(1) for x in loader]


class Descriptor(nn.Module):
    """Ready for use as soon as it is made."""

    def __init__(self, pretrained=None):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1))
        if pretrained is not None:
            self.load_state_dict(torch.load(pretrained, map_location="cpu", weights_only=True))
        self.eval()

    def forward(self, x):
        return self.features(x)


class Matcher(nn.Module):
    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.first(x) + self.second(x))


class Pipeline(nn.Module):
    def __init__(self):
        super().__init__()
        self.descriptor = Descriptor()

    def forward(self, x):
        return self.descriptor(x)


def left_training_mode_while_it_was_made(x):
    descriptor, pipeline = Descriptor("descriptor.pt").to("cuda"), Pipeline()
    with torch.no_grad():
        return descriptor(x), pipeline(x)


def made_of_parts_in_evaluation_mode(x):
    matcher = Matcher(Descriptor(), Net().eval())
    with torch.no_grad():
        return matcher(x)


def made_of_parts_in_training_mode(x):
    matcher = Matcher(Net(), Net())
    with torch.no_grad():
        return matcher(x)  # expect: inference-in-train-mode


def back_in_training_mode(x):
    descriptor = Descriptor()
    descriptor.train()
    with torch.no_grad():
        return descriptor(x)  # expect: inference-in-train-mode


class DropsInAttention(nn.Module):
    def __init__(self, share):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, share)

    def forward(self, x):
        return self.attention(x, x, x)[0]


class LazilyNormalised(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LazyInstanceNorm2d()

    def forward(self, x):
        return self.norm(x)


class NormalisedAlone(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.InstanceNorm2d(4)
        self.other = nn.LazyInstanceNorm2d(track_running_stats=False)

    def forward(self, x):
        return self.other(self.norm(x))


def defaults_of_normalisation(test_loader):
    lazy, alone = LazilyNormalised(), NormalisedAlone()
    with torch.no_grad():
        for x in test_loader:
            print(lazy(x))  # expect: inference-in-train-mode
            print(alone(x))


class Masked(torch.nn.modules.loss._WeightedLoss):
    def __init__(self, share):
        super().__init__()
        self.drop = nn.Dropout(share)

    def forward(self, prediction, target):
        return self.drop(prediction - target).abs().mean()


def a_loss_that_drops(valid_loader):
    criterion = Masked(0.5)
    with torch.no_grad():
        for prediction, target in valid_loader:
            print(criterion(prediction, target))  # expect: inference-in-train-mode


def make_with_a_dry_run(size):
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    with torch.no_grad():
        out = body(torch.zeros(2, 1, size, size))
    return nn.Sequential(body, nn.Linear(out.shape[-1], 3))


def make_and_look(size):
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten())
    with torch.no_grad():
        out = body(torch.zeros(2, 1, size, size))  # expect: inference-in-train-mode
    print(out.mean(), out.shape)
    return body


def test_outputs_are_the_same(path):
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    x = torch.randn(2, 4)
    with torch.no_grad():
        before = model(x)
    torch.save(model.state_dict(), path)
    with torch.no_grad():
        assert torch.allclose(model(x), before)
