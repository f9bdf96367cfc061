import models
import torch
import torch.nn.functional as F
from losses import make_criterion, mask_loss
from models import Logits, Probabilities, normalise, sequential_probabilities


def class_from_another_file(loader):
    model = Probabilities()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy
        loss.backward()
        optimizer.step()


def class_of_an_imported_module(x, y):
    model = models.Probabilities()
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def sequential_from_another_file(x, y):
    model = sequential_probabilities()
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def helper_from_another_file(x, y):
    model = Logits()
    return F.cross_entropy(normalise(model(x)), y)  # expect: softmax-before-cross-entropy


def criterion_from_another_file(x, y):
    model, criterion = Probabilities(), make_criterion()
    return criterion(model(x), y)  # expect: softmax-before-cross-entropy


def logits_from_another_file(x, y):
    model, criterion = Logits(), make_criterion(0.1)
    loss = criterion(model(x), y)
    print(normalise(model(x)).max(dim=1))
    return loss


def mask_from_another_file(x, masks):
    model = models.Mask()
    return F.binary_cross_entropy_with_logits(model(x), masks)  # expect: sigmoid-before-bce-with-logits


def logits_into_the_loss_for_their_logarithms(x, y):
    model = Logits()
    return F.nll_loss(model(x), y)  # expect: logits-into-probability-loss


def loss_in_a_helper_of_another_file(x, masks):
    model = models.Mask()
    return mask_loss(model(x), masks)  # expect: sigmoid-before-bce-with-logits
