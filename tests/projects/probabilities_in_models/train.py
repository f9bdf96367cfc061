import models
import torch
import torch.nn.functional as F
from losses import DiceAndEntropy, WithLogits, make_criterion, mask_loss, own_loss, share_right, squared_error
from models import Logits, Probabilities, Regressor, normalise, sequential_probabilities, wanted


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


def arguments_in_another_order(loader, model: torch.nn.Module):
    criterion = make_criterion()
    for x, y in loader:
        own_loss(criterion, model(x), y).backward()  # expect: loss-arguments-swapped


def arguments_in_order(loader, model: torch.nn.Module):
    criterion = make_criterion()
    for x, y in loader:
        own_loss(criterion, y, model(x)).backward()


def logits_compared_in_another_file(x, y):
    model = Regressor()
    loss = F.binary_cross_entropy_with_logits(model(x), y)
    return loss, share_right(model, x, y)  # expect: logits-thresholded-at-half


def model_of_another_file_against_a_row(x):
    return F.mse_loss(Regressor()(x), wanted(20))  # expect: loss-shape-broadcast


def loss_of_another_file_against_a_row(x):
    return squared_error(Regressor(), x, wanted(20))  # expect: loss-shape-broadcast


def probabilities_of_another_file(x):
    return normalise(x).log()  # expect: logsumexp-by-hand


def epoch(model, loader, criterion):
    for x, masks in loader:
        loss = criterion(model(x), masks)
        loss.backward()


def loss_class_of_another_file(loader):
    epoch(models.Mask(), loader, DiceAndEntropy())  # expect: sigmoid-before-bce-with-logits


def loss_class_of_another_file_on_logits(loader, masks):
    criterion = WithLogits()
    return [criterion(Regressor()(x), masks) for x in loader]
