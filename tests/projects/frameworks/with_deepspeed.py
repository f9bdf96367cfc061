import deepspeed
import torch
import torch.nn.functional as F
from models import Backbone


def main(args, dataset, val_loader):
    model = Backbone()
    engine, _, loader, _ = deepspeed.initialize(
        args=args, model=model, model_parameters=model.parameters(), training_data=dataset
    )
    for _ in range(3):
        engine.train()
        for x, y in loader:
            loss = F.cross_entropy(engine(x.to(engine.device)), y.to(engine.device))
            engine.backward(loss)
            engine.step()
        engine.eval()
        with torch.no_grad():
            for x, _ in val_loader:
                print(engine(x.to(engine.device)).argmax(dim=1))
        engine.save_checkpoint(args.folder)


def trained_in_evaluation_mode(args, loader, val_loader):
    engine, *_ = deepspeed.initialize(args=args, model=Backbone())
    for _ in range(3):
        for x, y in loader:
            loss = F.cross_entropy(engine(x), y)
            engine.backward(loss)  # expect: training-in-eval-mode
            engine.step()
        engine.eval()
        with torch.no_grad():
            for x, _ in val_loader:
                print(engine(x).argmax(dim=1))


def evaluated_with_graphs(args, val_loader):
    engine, _, _, _ = deepspeed.initialize(args=args, model=Backbone())
    engine.eval()
    for x, y in val_loader:
        print((engine(x).argmax(dim=1) == y).sum())  # expect: inference-without-no-grad


def pipeline(args, net, loader):
    engine, _, _, _ = deepspeed.initialize(args=args, model=net, model_parameters=net.parameters())
    for _ in range(100):
        loss = engine.train_batch(data_iter=iter(loader))
        print(loss)


def frozen_teacher(args, loader):
    teacher = Backbone()
    teacher.requires_grad_(False)
    teacher.eval()
    teacher, *_ = deepspeed.initialize(args=args, model=teacher)
    for x, _ in loader:
        print(teacher(x).argmax(dim=1))
