import contextlib
import unittest

import lightning.pytorch as pl
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import load_classifier
from torch import inference_mode, no_grad, optim
from torch import nn as layers
from torch.utils.data import DataLoader


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def evaluation_mode_does_not_turn_gradients_off(model: nn.Module, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        output = model(x)  # expect: inference-without-no-grad
        correct += (output.argmax(dim=1) == y).sum().item()
    return correct


def evaluate(model, loader, criterion, device):
    model.eval()
    total = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)  # expect: inference-without-no-grad
        total += criterion(outputs, labels).item()
    return total / len(loader)


def validate(net: nn.Module, loader):
    wrong = 0
    for x, y in loader:
        wrong += (net(x).argmax(dim=1) != y).sum().item()  # expect: inference-without-no-grad
    return wrong


def predict(model: nn.Module, loader: DataLoader):
    model.eval()
    classes = []
    for (x,) in loader:
        classes.append(model(x).argmax(dim=1))  # expect: inference-without-no-grad
    return torch.cat(classes)


def mode_through_train_false(loader):
    net = Net()
    net.train(False)
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)  # expect: inference-without-no-grad
        print(loss.item())


def mode_through_an_alias(model: nn.Module, loader):
    net = model.eval()
    for x, _ in loader:
        print(net(x).argmax(dim=1))  # expect: inference-without-no-grad


def two_modules_in_one_loop(encoder: nn.Module, decoder: nn.Module, loader):
    encoder.eval()
    decoder.eval()
    error = 0.0
    for x, _ in loader:
        hidden = encoder(x)  # expect: inference-without-no-grad
        error += F.mse_loss(decoder(hidden), x).item()
    return error


def while_loop_over_a_queue(model: nn.Module, queue):
    model.eval()
    while queue:
        scores = model(queue.pop())  # expect: inference-without-no-grad
        print(scores.argmax(dim=1))


def list_comprehension_of_predictions(model: nn.Module, batches):
    model.eval()
    return [model(x).argmax(dim=1) for x in batches]  # expect: inference-without-no-grad


def text_of_several_lines_in_the_loop(model: nn.Module, loader):
    model.eval()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)  # expect: inference-without-no-grad
        print(f"""loss
{loss.item():.3f}
        of {len(x)} samples""")


def training_is_followed_by_validation(loader, val_loader, epochs=2):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        model.eval()
        correct = 0
        for x, y in val_loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-without-no-grad
        print(epoch, correct)


class Trainer:
    def __init__(self):
        self.model = Net()
        self.criterion = nn.CrossEntropyLoss()

    def validate(self, loader):
        self.model.eval()
        total = 0.0
        for x, y in loader:
            output = self.model(x)  # expect: inference-without-no-grad
            total += self.criterion(output, y).item()
        return total


class Predictor:
    def __init__(self, model):
        self.model = model.eval()

    def scores(self, x):
        return self.model(x).softmax(dim=-1)

    def predict_all(self, loader):
        classes = []
        for x, _ in loader:
            classes.append(self.scores(x).argmax(dim=-1))  # expect: inference-without-no-grad
        return torch.cat(classes)


def forward_in_a_helper(model: nn.Module, x):
    return model(x).softmax(dim=-1)


def helper_runs_the_forward_pass(model: nn.Module, loader):
    model.eval()
    for x, _ in loader:
        print(forward_in_a_helper(model, x).argmax(dim=1))  # expect: inference-without-no-grad


def gradients_are_off_only_around_the_metric(model: nn.Module, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        output = model(x)  # expect: inference-without-no-grad
        with torch.no_grad():
            correct += (output.argmax(dim=1) == y).sum().item()
    return correct


def nested_function_evaluates(loader):
    model = Net()

    def accuracy():
        model.eval()
        correct = 0
        for x, y in loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-without-no-grad
        return correct

    return accuracy()


def second_name_for_the_model(loader):
    net = layers.Linear(4, 3)
    model = net
    net.eval()
    hits = 0
    for x, y in loader:
        hits += (th.argmax(model(x), 1) == y).sum().item()  # expect: inference-without-no-grad
    return hits


class Tester:
    def __init__(self, loader):
        self.net = Net()
        self.loader = loader

    def evaluate(self):
        self.net.eval()
        total = 0.0
        for x, y in self.loader:
            total += self._loss(x, y).item()  # expect: inference-without-no-grad
        return total

    def _loss(self, x, y):
        return F.cross_entropy(self.net(x), y)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 8)
        self.head = nn.Linear(8, 1)

    def forward(self, x, state=None):
        out, state = self.rnn(x, state)
        return self.head(out[-1]), state


class BuildsItsModelLater:
    def __init__(self):
        self.model: Recurrent | None = None

    def build(self, device):
        self.model = Recurrent().to(device)

    def score(self, loader):
        self.model.eval()
        errors = 0.0
        for x, y in loader:
            output, _ = self.model(x)  # expect: inference-without-no-grad
            errors += (output - y).abs().mean().item()
        return errors

    def score_without_gradients(self, loader):
        self.model.eval()
        errors = 0.0
        with torch.no_grad():
            for x, y in loader:
                output, _ = self.model(x)
                errors += (output - y).abs().mean().item()
        return errors


class BuildsOneOfSeveral:
    def __init__(self):
        self.body = None

    def build(self, kind, other):
        self.body = Recurrent() if kind else other

    def replace(self, other):
        self.body = other

    def score(self, loader):
        self.body.eval()
        return [self.body(x)[0].sum().item() for x, _ in loader]


# ── silent: gradients are off ─────────────────────────────────────────────────────────────────


def with_no_grad_around_the_loop(model: nn.Module, loader):
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            print((model(x).argmax(dim=1) == y).sum().item())


def with_no_grad_inside_the_loop(model: nn.Module, loader):
    model.eval()
    for x, y in loader:
        with no_grad():
            output = model(x)
        print((output.argmax(dim=1) == y).sum().item())


def with_inference_mode(model: nn.Module, loader):
    model.eval()
    with torch.inference_mode():
        return [model(x).argmax(dim=1) for x, _ in loader]


@torch.no_grad()
def decorated_with_no_grad(model: nn.Module, loader):
    model.eval()
    for x, y in loader:
        print(F.cross_entropy(model(x), y).item())


@inference_mode()
def decorated_with_inference_mode(model: nn.Module, loader):
    model.eval()
    for x, y in loader:
        print(F.cross_entropy(model(x), y).item())


@torch.no_grad
def decorated_without_parentheses(model: nn.Module, loader):
    model.eval()
    for x, y in loader:
        print(F.cross_entropy(model(x), y).item())


def with_set_grad_enabled_false(model: nn.Module, loader):
    model.eval()
    with torch.set_grad_enabled(False):
        for x, y in loader:
            print(F.cross_entropy(model(x), y).item())


def set_grad_enabled_called_as_a_function(model: nn.Module, loader):
    torch.set_grad_enabled(False)
    model.eval()
    for x, y in loader:
        print(F.cross_entropy(model(x), y).item())
    torch.set_grad_enabled(True)


def two_contexts_in_one_with(model: nn.Module, loader):
    model.eval()
    with torch.autocast("cpu"), torch.no_grad():
        for x, y in loader:
            print(F.cross_entropy(model(x), y).item())


def context_kept_in_a_variable(model: nn.Module, loader):
    model.eval()
    off = torch.no_grad()
    with off:
        for x, y in loader:
            print(F.cross_entropy(model(x), y).item())


def context_entered_by_an_exit_stack(model: nn.Module, loader):
    model.eval()
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        for x, y in loader:
            print(F.cross_entropy(model(x), y).item())


def phases_of_one_loop(model, loaders, criterion, optimizer):
    for phase in ["train", "val"]:
        if phase == "train":
            model.train()
        else:
            model.eval()
        running = 0.0
        for x, y in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()
            running += loss.item()
        print(phase, running)


def count_correct(model: nn.Module, loader):
    model.eval()
    return sum((model(x).argmax(dim=1) == y).sum().item() for x, y in loader)


def first_caller_turns_gradients_off(model: nn.Module, loader):
    with torch.no_grad():
        return count_correct(model, loader)


@torch.no_grad()
def second_caller_turns_gradients_off_too(model: nn.Module, loader):
    return count_correct(model, loader)


class TesterWithADecorator:
    def __init__(self):
        self.net = Net()

    @torch.no_grad()
    def test(self, loader):
        self.net.eval()
        return self._count(loader)

    def _count(self, loader):
        correct = 0
        for x, y in loader:
            correct += (self.net(x).argmax(dim=1) == y).sum().item()
        return correct


# ── silent: the gradients are wanted ──────────────────────────────────────────────────────────


def saliency_maps(model: nn.Module, loader):
    model.eval()
    maps = []
    for x, y in loader:
        x.requires_grad_()
        scores = model(x).gather(1, y.unsqueeze(1)).sum()
        scores.backward()
        maps.append(x.grad.abs())
    return maps


def adversarial_accuracy(model: nn.Module, loader, epsilon=0.1):
    model.eval()
    correct = 0
    for x, y in loader:
        x = x.clone().requires_grad_(True)
        (gradient,) = torch.autograd.grad(F.cross_entropy(model(x), y), x)
        attacked = (x + epsilon * gradient.sign()).detach()
        with torch.no_grad():
            correct += (model(attacked).argmax(dim=1) == y).sum().item()
    return correct


def evaluate_the_gradient_penalty(critic: nn.Module, loader):
    critic.eval()
    total = 0.0
    for x, _ in loader:
        x.requires_grad = True
        (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        total += (gradient.norm(dim=1) - 1).pow(2).mean().item()
    return total


def sensitivity_through_a_helper(model: nn.Module, loader):
    def sensitivity(x):
        x.requires_grad_()
        model(x).sum().backward()
        return x.grad

    model.eval()
    return [sensitivity(x) for x, _ in loader]


def training_with_a_teacher_in_evaluation_mode(teacher: nn.Module, student: nn.Module, loader):
    teacher.eval()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(student(x), teacher(x).detach())
        loss.backward()
        optimizer.step()


def head_trained_on_features_of_a_frozen_backbone(backbone: nn.Module, head: nn.Module, loader):
    backbone.eval()
    optimizer = optim.SGD(head.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(head(backbone(x)), y).backward()
        optimizer.step()


def trains_if_it_is_given_an_optimizer(model, loader, criterion, optimizer=None):
    if optimizer:
        model.train()
    else:
        model.eval()
    for x, y in loader:
        loss = criterion(model(x), y)
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# ── silent: nothing to save, or no inference loop ─────────────────────────────────────────────


def frozen_by_requires_grad_(loader):
    model = Net()
    model.requires_grad_(False)
    model.eval()
    for x, _ in loader:
        print(model(x).argmax(dim=1))


def frozen_parameter_by_parameter(model: nn.Module, loader):
    for parameter in model.parameters():
        parameter.requires_grad = False
    model.eval()
    for x, _ in loader:
        print(model(x).argmax(dim=1))


def one_forward_pass_is_no_loop(x):
    model = Net()
    model.eval()
    return model(x)


def loop_over_layers(layers: nn.ModuleList, x):
    for layer in layers:
        x = layer(x)
    return x


class Ensemble(nn.Module):
    def __init__(self, members):
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x):
        self.members.eval()
        return torch.stack([member(x) for member in self.members]).mean(dim=0)


def model_of_unknown_origin(path, loader):
    classifier = load_classifier(path)
    for x, _ in loader:
        print(classifier(x))


def test_output_shape():
    model = Net()
    for size in (1, 4):
        assert model(torch.randn(size, 4)).shape == (size, 3)


def helper_gets_the_loss_to_differentiate(model: nn.Module, loader, differentiate):
    model.eval()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        differentiate(loss)


class LightningNet(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def validation_step(self, batch, batch_idx):
        total = 0.0
        for x, y in batch:
            total = total + F.cross_entropy(self.net(x), y)
        self.log("val_loss", total)

    def predict_step(self, batch, batch_idx):
        return [self.net(x) for x in batch]


class TestCloning(unittest.TestCase):
    def test_clones_agree(self, learners, x):
        reference = nn.Linear(4, 3)
        expected = reference(x)
        for learner in learners:
            out = reference(x)
            self.assertTrue(torch.equal(out, expected))


def meta_test(meta_model, tasks, loss_of, steps):
    for task in tasks:
        learner = meta_model.clone()
        support, query, labels = task
        learner.eval()
        for _ in range(steps):
            learner.adapt(loss_of(learner(support), labels))
        predictions = learner(query)
        print(loss_of(predictions, labels).item())


class RangeLoss(nn.Module):
    def forward(self, prediction, target):
        return (prediction - target).clamp_min(0).mean()


def a_loss_of_ones_own_is_not_evaluated(test_loader):
    criterion = RangeLoss()
    for prediction, target in test_loader:
        print(criterion(prediction, target).item())


class TestRestored(unittest.TestCase):
    def test_outputs_agree(self, model: nn.Module, other: nn.Module, x):
        model.eval()
        for _ in range(6):
            self.assertEqual(model(x), other(x))

    def test_inputs_are_kept(self, model: nn.Module, test_inputs):
        for test_input in test_inputs:
            self.assertEqual(model(test_input).shape, test_input.shape)


def parts_are_listed_for_evaluation(builder, module: nn.Module):
    for name, part in module.named_children():
        builder.add_module(name, part)
        builder.set_module_dict(name)


def a_model_for_each_validation_set(cfg, val_loaders):
    return [get_model(cfg, val_loader) for val_loader in val_loaders]


# ── silent: gradients of the inputs by functions of torch, or off elsewhere ───────────────────


def freeze(net):
    for p in net.parameters():
        p.requires_grad_(False)


def frozen_in_a_helper(loader):
    model = Net()
    freeze(model)
    model.eval()
    for x, _ in loader:
        print(model(x).argmax(1))


def sensitivity_by_the_jacobian(model: nn.Module, test_loader):
    model.eval()
    for x, _ in test_loader:
        print(torch.autograd.functional.jacobian(model, x).norm())


def sensitivity_by_a_transform(model: nn.Module, test_loader):
    model.eval()
    for x, _ in test_loader:
        print(torch.func.grad(lambda z: model(z).sum())(x).norm())


def no_gradients():
    return torch.no_grad()


def context_made_by_a_helper(model: nn.Module, loader):
    model.eval()
    with no_gradients():
        for x in loader:
            print(model(x).argmax(1))


class CallsItsHelpersWithoutGradients:
    def __init__(self, net):
        self.net = net

    def evaluate(self, loader):
        self.net.eval()
        with torch.no_grad():
            return self._all(loader)

    def _all(self, loader):
        return [self._one(x) for x in loader]

    def _one(self, x):
        return self.net(x).argmax(1)


class InferenceOfTheCaller:
    def __call__(self, x, network):
        parts = []
        for patch in x.split(4):
            parts.append(self._run_inference(network, patch))
        return torch.cat(parts)

    def _run_inference(self, network, patch):
        return network(patch).argmax(1)


def evaluate_inference(network: nn.Module, loader):
    total = 0
    for x, y in loader:
        total += (network(x).argmax(1) == y).sum().item()  # expect: inference-without-no-grad
    return total


def test_networks(net_cls, loader):
    for x in loader:
        print(net_cls(x))


def apply_to(function, x):
    return function(x)


def evaluate_by_a_local_function(model: nn.Module, loader):
    model.eval()

    def predict(x):
        return model(x).argmax(1)

    for x in loader:
        print(predict(x))  # expect: inference-without-no-grad
    for x in loader:
        print(apply_to(predict, x))  # expect: inference-without-no-grad
