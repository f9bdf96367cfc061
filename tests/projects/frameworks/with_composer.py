import torch
import torch.nn.functional as F
from composer import Trainer
from composer.models import ComposerModel
from models import Backbone


class Classifier(ComposerModel):
    def __init__(self):
        super().__init__()
        self.net = Backbone()

    def forward(self, batch):
        x, _ = batch
        return self.net(x)

    def loss(self, outputs, batch):
        _, y = batch
        return F.cross_entropy(outputs, y)

    def eval_forward(self, batch, outputs=None):
        outputs = outputs if outputs is not None else self.net(batch[0])
        print(outputs.numpy())
        return outputs


class Probabilities(ComposerModel):
    def __init__(self):
        super().__init__()
        self.net = Backbone()

    def forward(self, batch):
        return self.net(batch[0])

    def loss(self, outputs, batch):
        return F.cross_entropy(F.softmax(outputs, dim=1), batch[1])  # expect: softmax-before-cross-entropy


def main(loader, val_loader):
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    trainer = Trainer(model, loader, eval_dataloader=val_loader, optimizers=optimizer, max_duration="3ep")
    trainer.fit()
    trainer.eval()
