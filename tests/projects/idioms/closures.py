"""Optimizers that evaluate the loss several times."""

import torch
import torch.nn.functional as F
from networks import MLP


def lbfgs(x, y):
    model = MLP()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=20, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(10):
        loss = optimizer.step(closure)
        print(loss.item())


def style_transfer(features, content, style, image):
    image.requires_grad_(True)
    optimizer = torch.optim.LBFGS([image])
    run = [0]
    while run[0] <= 300:

        def closure():
            with torch.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            loss = F.mse_loss(features(image), content) + F.mse_loss(features(image), style)
            loss.backward()
            run[0] += 1
            return loss

        optimizer.step(closure)
    with torch.no_grad():
        image.clamp_(0, 1)
    return image


def sharpness_aware(loader, rho=0.05):
    model = MLP()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        with torch.no_grad():
            norm = torch.stack([parameter.grad.norm() for parameter in model.parameters()]).norm()
            moves = [parameter.grad * rho / norm for parameter in model.parameters()]
            for parameter, move in zip(model.parameters(), moves):
                parameter.add_(move)
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        with torch.no_grad():
            for parameter, move in zip(model.parameters(), moves):
                parameter.sub_(move)
        optimizer.step()
        optimizer.zero_grad()
