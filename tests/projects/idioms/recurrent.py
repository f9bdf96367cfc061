"""Truncated backpropagation through time, and state that lives on."""

import torch
import torch.nn.functional as F
from networks import CharRNN
from torch import nn


def detached_state(batches, clip=0.25):
    model = CharRNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    state = None
    total = 0.0
    for x, y in batches:
        if state is not None:
            state = tuple(part.detach() for part in state)
        optimizer.zero_grad()
        logits, state = model(x, state)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        total += loss.item()
    return total


def repackage(state):
    return tuple(part.detach() for part in state)


def in_windows(model: CharRNN, sequence, window=35):
    optimizer = torch.optim.Adam(model.parameters())
    state = (torch.zeros(2, 1, 64), torch.zeros(2, 1, 64))
    for start in range(0, sequence.size(1) - 1, window):
        state = repackage(state)
        x, y = sequence[:, start : start + window], sequence[:, start + 1 : start + 1 + window]
        model.zero_grad()
        logits, state = model(x, state)
        F.cross_entropy(logits.reshape(-1, 32), y.reshape(-1)).backward()
        optimizer.step()


def losses_of_all_steps(model, sequences, optimizer):
    for sequence in sequences:
        optimizer.zero_grad()
        loss, state = 0, None
        for x, y in zip(sequence, sequence[1:]):
            logits, state = model(x, state)
            loss += F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()


@torch.no_grad()
def sample(model: CharRNN, start, length=100):
    model.eval()
    x, state, text = start, None, []
    for _ in range(length):
        logits, state = model(x, state)
        x = torch.multinomial(logits[:, -1].softmax(dim=-1), 1)
        text.append(x.item())
    return text
