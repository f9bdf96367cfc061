def count_correct(model, loader):
    model.eval()
    correct = 0
    for x, y in loader:
        correct += (model(x).argmax(dim=1) == y).sum().item()
    return correct


def evaluate(model, loader, criterion):
    model.eval()
    total = 0.0
    for x, y in loader:
        output = model(x)  # expect: inference-without-no-grad
        total += criterion(output, y).item()
    return total


def collect(model, loader):
    model.eval()
    return [model(x).softmax(dim=1).numpy() for x, _ in loader]
