from lightning.pytorch import Trainer
from models import Classifier, ManualClassifier


def main(loader, val_loader):
    model = Classifier()
    trainer = Trainer(max_epochs=3)
    trainer.fit(model, loader, val_loader)
    trainer.test(model, val_loader)
    trainer.fit(ManualClassifier(), loader)
