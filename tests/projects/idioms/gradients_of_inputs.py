"""Saliency maps, adversarial examples, and what else differentiates with respect to the input."""

import torch
import torch.nn.functional as F
from networks import ConvNet


def saliency(model: ConvNet, x):
    model.eval()
    x.requires_grad_()
    score = model(x).max(dim=1).values.sum()
    score.backward()
    return x.grad.abs().amax(dim=1)


def integrated_gradients(model: ConvNet, x, label, steps=50):
    model.eval()
    total = torch.zeros_like(x)
    for alpha in torch.linspace(0, 1, steps):
        point = (alpha * x).requires_grad_(True)
        output = model(point)[:, label].sum()
        total += torch.autograd.grad(output, point)[0]
    return x * total / steps


def fast_gradient_sign(model: ConvNet, loader, epsilon=0.1):
    model.eval()
    correct = 0
    for x, y in loader:
        x.requires_grad = True
        loss = F.cross_entropy(model(x), y)
        model.zero_grad()
        loss.backward()
        adversarial = (x + epsilon * x.grad.sign()).clamp(0, 1)
        correct += (model(adversarial).argmax(dim=1) == y).sum().item()
    return correct


def projected_gradient_descent(model, x, y, epsilon=8 / 255, step=2 / 255, steps=10):
    delta = torch.zeros_like(x).uniform_(-epsilon, epsilon).requires_grad_(True)
    for _ in range(steps):
        loss = F.cross_entropy(model(x + delta), y)
        loss.backward()
        delta.data = (delta + step * delta.grad.sign()).clamp(-epsilon, epsilon)  # expect: tensor-data-access
        delta.grad.zero_()
    return (x + delta).detach()


def adversarial_training(loader):
    model = ConvNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        model.eval()
        harder = projected_gradient_descent(model, x, y)
        model.train()
        optimizer.zero_grad()
        F.cross_entropy(model(harder), y).backward()
        optimizer.step()


def activation_maps(model: ConvNet, x, label):
    model.eval()
    seen, gradients = [], []
    model.features.register_forward_hook(lambda module, args, output: seen.append(output))
    model.features.register_full_backward_hook(lambda module, given, got: gradients.append(got[0]))
    model(x)[:, label].sum().backward()
    return (gradients[0] * seen[0]).relu().detach().numpy()


def deep_dream(model: ConvNet, image, steps=20, lr=0.01):
    model.eval()
    image = image.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([image], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = -model.features(image).norm()
        loss.backward()
        optimizer.step()
    return image.detach()
