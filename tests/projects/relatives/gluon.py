"""Code that looks like torch's and is written for another framework: nothing to say."""

import mxnet as mx
from mxnet import gluon, nd


def evaluate(net, loader, criterion):
    total = 0
    for images, labels in loader:
        outputs = net(images)
        predicted = nd.argmax(outputs, axis=1)
        total += (predicted == labels).sum().asscalar()
    return total


def train(net, loader, criterion, optimizer):
    total = 0
    for images, labels in loader:
        with mx.autograd.record():
            loss = criterion(net(images), labels)
        loss.backward()
        optimizer.step()
        total += loss
    return total


model = gluon.model_zoo.get_model("resnet18")
for images, labels in gluon.data.DataLoader([]):
    outputs = model(images)
    print(nd.argmax(outputs, axis=1))
