"""Two optimizers over parts of one model, in turn or together."""

from itertools import chain

import torch
import torch.nn.functional as F
from networks import ConvNet, MLP


def weights_and_architecture(model, architecture, loader, val_loader):
    for_weights = torch.optim.SGD(model.parameters(), lr=0.025, momentum=0.9)
    for_architecture = torch.optim.Adam([architecture], lr=3e-4)
    for (x, y), (x_val, y_val) in zip(loader, val_loader):
        model.train()
        for_architecture.zero_grad()
        F.cross_entropy(model(x_val, architecture), y_val).backward()
        for_architecture.step()
        for_weights.zero_grad()
        F.cross_entropy(model(x, architecture), y).backward()
        for_weights.step()


def head_and_backbone_at_their_own_rates(loader):
    model = ConvNet()
    slow = torch.optim.SGD(model.features.parameters(), lr=1e-3)
    fast = torch.optim.SGD(model.head.parameters(), lr=1e-2)
    for x, y in loader:
        slow.zero_grad()
        fast.zero_grad()
        F.cross_entropy(model(x), y).backward()
        slow.step()
        fast.step()


def a_list_of_optimizers(loader):
    model = ConvNet()
    optimizers = [
        torch.optim.SGD(model.features.parameters(), lr=1e-3),
        torch.optim.Adam(model.head.parameters(), lr=1e-2),
    ]
    for x, y in loader:
        for optimizer in optimizers:
            optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        for optimizer in optimizers:
            optimizer.step()


def a_dict_of_optimizers(loader):
    encoder, decoder = MLP(4, 2), MLP(2, 4)
    optimizers = {
        "encoder": torch.optim.Adam(encoder.parameters()),
        "decoder": torch.optim.Adam(decoder.parameters()),
    }
    for x in loader:
        for optimizer in optimizers.values():
            optimizer.zero_grad()
        F.mse_loss(decoder(encoder(x)), x).backward()
        optimizers["encoder"].step()
        optimizers["decoder"].step()


def even_and_odd_steps(loader):
    first, second = MLP(4, 2), MLP(4, 2)
    one, other = torch.optim.SGD(first.parameters(), lr=0.1), torch.optim.SGD(second.parameters(), lr=0.1)
    for step, (x, y) in enumerate(loader):
        loss = F.cross_entropy(first(x) + second(x), y)
        if step % 2 == 0:
            one.zero_grad()
            loss.backward()
            one.step()
        else:
            other.zero_grad()
            loss.backward()
            other.step()


def one_optimizer_over_both(loader):
    encoder, decoder = MLP(4, 2), MLP(2, 4)
    optimizer = torch.optim.Adam(chain(encoder.parameters(), decoder.parameters()))
    for x in loader:
        encoder.zero_grad()
        decoder.zero_grad()
        F.mse_loss(decoder(encoder(x)), x).backward()
        optimizer.step()
