import torch
import torch.nn.functional as F
from ignite.engine import Engine, Events, create_supervised_evaluator, create_supervised_trainer
from ignite.metrics import Accuracy
from models import Backbone


def ready_made(loader, val_loader):
    model = Backbone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    trainer = create_supervised_trainer(model, optimizer, F.cross_entropy)
    evaluator = create_supervised_evaluator(model, metrics={"accuracy": Accuracy()})

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.run(val_loader)
        print(engine.state.epoch, evaluator.state.metrics["accuracy"])

    trainer.run(loader, max_epochs=3)


def written_by_hand(loader, val_loader):
    model = Backbone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def update(engine, batch):
        model.train()
        x, y = batch
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def inference(engine, batch):
        model.eval()
        x, y = batch
        with torch.no_grad():
            return model(x), y

    trainer, evaluator = Engine(update), Engine(inference)
    for epoch in range(3):
        trainer.run(loader)
        evaluator.run(val_loader)


def never_cleared(loader):
    model = Backbone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def update(engine, batch):
        model.train()
        x, y = batch
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
        return loss.item()

    Engine(update).run(loader, max_epochs=3)


def cleared_by_a_handler(loader):
    model = Backbone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def update(engine, batch):
        x, y = batch
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    trainer = Engine(update)
    trainer.add_event_handler(Events.ITERATION_STARTED, lambda: optimizer.zero_grad())
    trainer.run(loader)
