import torch
import torch.nn.functional as F
from transformers import Trainer


class DistillationTrainer(Trainer):
    def __init__(self, *args, teacher=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.teacher = teacher.eval()

    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        outputs = model(**inputs)
        with torch.no_grad():
            wanted = self.teacher(**inputs).logits.softmax(dim=-1)
        loss = F.cross_entropy(outputs.logits, wanted)
        return (loss, outputs) if return_outputs else loss

    def evaluate(self, eval_dataset=None, ignore_keys=None, metric_key_prefix="eval"):
        metrics = super().evaluate(eval_dataset, ignore_keys, metric_key_prefix)
        metrics["epochs"] = self.state.epoch
        return metrics


class WithProbabilities(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        logits = model(**inputs).logits
        return F.cross_entropy(torch.softmax(logits, dim=-1), inputs["labels"])  # expect: softmax-before-cross-entropy


def fine_tune(model, dataset):
    trainer = Trainer(model=model, train_dataset=dataset)
    trainer.train()
    print(trainer.evaluate())
    trainer.train(resume_from_checkpoint=True)
    return trainer.predict(dataset).predictions
