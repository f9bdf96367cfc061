import numpy as np
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import Batch, GraphData, tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision import datasets, transforms
from torchvision.io import read_image


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def tensor_from_a_factory(device):
    x = torch.zeros(8, 4)
    x.to(device)  # expect: transfer-result-discarded
    return x


def annotated_tensor(x: torch.Tensor, device):
    x.to(device, non_blocking=True)  # expect: transfer-result-discarded
    return x


def tensor_annotated_by_its_short_name(x: Tensor):
    x.double()  # expect: transfer-result-discarded
    return x


def moved_to_the_accelerator_by_name():
    x = torch.ones(3)
    if torch.cuda.is_available():
        x.cuda()  # expect: transfer-result-discarded
    return x


def moved_back_to_the_host(x):
    model = Net()
    with torch.no_grad():
        output = model(x)
    output.cpu()  # expect: transfer-result-discarded
    return output


def converted_to_half_precision():
    weights = torch.randn(4, 4)
    weights.half()  # expect: transfer-result-discarded
    return weights


def converted_for_a_class_index():
    target = torch.from_numpy(np.array([0, 1, 2], dtype=np.int32))
    target.long()  # expect: transfer-result-discarded
    return target


def converted_by_dtype():
    mask = torch.arange(4) > 1
    mask.to(torch.float32)  # expect: transfer-result-discarded
    return mask


def converted_before_the_loss(model: nn.Module, x, y):
    logits = model(x)
    logits.float()  # expect: transfer-result-discarded
    return F.cross_entropy(logits, y)


def batches_of_a_tensor_dataset(xs: Tensor, ys: Tensor, device):
    model = Net().to(device)
    loader = DataLoader(TensorDataset(xs, ys), batch_size=8)
    correct = 0
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            x.to(device)  # expect: transfer-result-discarded
            y.to(device)  # expect: transfer-result-discarded
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: device-mismatch, device-mismatch
    return correct


def batches_of_an_image_dataset(root, device):
    dataset = datasets.MNIST(root, transform=transforms.ToTensor())
    for images, labels in DataLoader(dataset, batch_size=64, shuffle=True):
        images.to(device)  # expect: transfer-result-discarded
        labels = labels.to(device)
        print(images.shape, labels.shape)


def batches_that_are_used_as_tensors(model, loader, device):
    correct = 0
    model.eval()
    with torch.no_grad():
        for images, labels in loader:
            labels.to(device)  # expect: transfer-result-discarded
            correct += (model(images.to(device)).argmax(dim=1) == labels).sum().item() / labels.size(0)
    return correct


class Scaler(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))
        self.scale = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return (x - self.mean) * self.scale

    def prepare(self, device):
        self.scale.to(device)  # expect: transfer-result-discarded
        self.mean.to(device)  # expect: transfer-result-discarded


def parameter_on_its_own(device):
    weight = nn.Parameter(torch.ones(4))
    weight.to(device)  # expect: transfer-result-discarded
    return torch.optim.SGD([weight], lr=0.1)


class Table(nn.Module):
    def __init__(self, device):
        super().__init__()
        self.codes = nn.Parameter(torch.zeros(4), requires_grad=False)
        self.codes.to(device)  # expect: transfer-result-discarded
        self.first = self.codes[:2]
        self.first.to(device)  # expect: transfer-result-discarded


def each_parameter(model: nn.Module, device):
    for parameter in model.parameters():
        parameter.to(device)  # expect: transfer-result-discarded


class Memory:
    def __init__(self, device):
        self.states = torch.zeros(100, 4)
        self.device = device

    def to_device(self):
        self.states.to(self.device)  # expect: transfer-result-discarded


def alias_of_a_tensor(device):
    first, second = torch.zeros(3), torch.ones(3)
    both = first + second
    x = both
    x.to(device)  # expect: transfer-result-discarded
    return both


def second_name_and_second_statement(device):
    x = th.zeros(3)
    y = x
    y.to(device)  # expect: transfer-result-discarded
    x.float(); print(x)  # fmt: skip  # expect: transfer-result-discarded
    return x


def over_several_lines(x: Tensor, device):
    x.to(  # expect: transfer-result-discarded
        device,
        non_blocking=True,  # meanwhile
    )
    return x


def in_a_line(device):
    for x in torch.ones(3, 3): x.to(device)  # fmt: skip  # expect: transfer-result-discarded


def make():
    return torch.zeros(3)


def made_by_a_helper(device):
    x = make()
    x.to(device)  # expect: transfer-result-discarded
    return x


def detached_on_the_way(x: Tensor, device):
    x.detach().to(device)  # expect: transfer-result-discarded
    return x


class Scans(Dataset):
    def __init__(self, scans):
        self.scans = scans

    def __getitem__(self, index):
        return torch.from_numpy(self.scans[index]).float(), th.tensor(index), self.scans[index]


def samples_of_the_workspace(scans, net, device):
    for scan, target, raw in DataLoader(Scans(scans), batch_size=4):
        scan.to(device)  # expect: transfer-result-discarded
        target.to(device)  # expect: transfer-result-discarded
        net(scan, raw.to(device))


class Tester:
    def __init__(self, data):
        self.loader = DataLoader(data, batch_size=4)

    def run(self, net, device):
        return [self.one(net, x, device) for x, _ in self.loader]

    def one(self, net, x, device):
        x.to(device)  # expect: transfer-result-discarded
        return net(x)


def what_callers_lead_to(scans, net, device):
    return Tester(datasets.MNIST("data")).run(net, device)


def read_from_a_file(path, device):
    image = read_image(path)
    image.float()  # expect: transfer-result-discarded
    return image / 255


def if_it_is_given(x: Tensor, device=None):
    if device is not None:
        x.to(device)  # expect: transfer-result-discarded
    return x


# ── silent: modules change in place ───────────────────────────────────────────────────────────


def module_moved_in_place(device):
    model = Net()
    model.to(device)
    model.half()
    model.float()
    return model


def unannotated_module_moved_in_place(model, criterion, device):
    model.to(device)
    criterion.to(device)
    model.eval()
    return model


def module_moved_by_name(net: nn.Module):
    if torch.cuda.is_available():
        net.cuda()
    net.cpu()
    return net


def children_moved_one_by_one(layers: nn.ModuleList, device):
    for layer in layers:
        layer.to(device)


def loss_module_moved_in_place(weights: Tensor, device):
    criterion = nn.CrossEntropyLoss(weight=weights)
    criterion.to(device)
    return criterion


class Pair:
    def __init__(self, device):
        self.encoder = nn.Linear(4, 2)
        self.decoder = nn.Linear(2, 4)
        self.encoder.to(device)
        self.decoder.to(device).double()


class Wrapper(nn.Module):
    def __init__(self, inner, device):
        super().__init__()
        self.inner = inner
        self.to(device)

    def forward(self, x):
        return self.inner(x)


# ── silent: the result is used ────────────────────────────────────────────────────────────────


def result_is_assigned(x: Tensor, y: Tensor, device):
    x = x.to(device)
    x, y = x.float(), y.to(device).long()
    return x, y


def result_is_assigned_to_another_name(x: Tensor):
    on_host = x.cpu()
    return on_host


def result_is_returned(x: Tensor, device):
    return x.to(device)


def result_is_passed(model: nn.Module, x: Tensor, device):
    return model(x.to(device))


def result_is_printed(x: Tensor):
    print(x.cpu(), x.float().mean())


def result_is_stored(batch, device):
    moved = {}
    for key, value in batch.items():
        moved[key] = value.to(device)
    return moved


def result_is_named_in_the_condition(x: Tensor, device):
    if (moved := x.to(device)).numel():
        return moved
    return None


def results_in_a_comprehension(tensors, device):
    return [tensor.to(device) for tensor in tensors]


# ── silent: the receiver is something else, or unknown ────────────────────────────────────────


def unknown_receiver(thing, device):
    thing.to(device)
    return thing


def batch_of_a_loader_of_unknown_objects(loader, device):
    for batch in loader:
        batch.to(device)


def encoding_that_moves_in_place(sentences, device):
    encoding = tokenizer(sentences, return_tensors="pt")
    encoding.to(device)
    return encoding


def imported_containers_may_move_in_place(batch: Batch, graph: GraphData, device):
    batch.to(device)
    graph.to(device)
    graph.cuda()  # expect: hard-coded-device


class Rollout:
    def __init__(self, states, actions):
        self.states = states
        self.actions = actions

    def to(self, device):
        self.states = self.states.to(device)
        self.actions = self.actions.to(device)


def own_container_moves_in_place(device):
    rollout = Rollout(torch.zeros(3, 4), torch.zeros(3))
    rollout.to(device)
    return rollout


def methods_of_other_things(converter, amount: float):
    converter.float()
    converter.long()
    amount.is_integer()


def changed_in_place(x: Tensor, y: Tensor):
    x.copy_(y.to(x.device))
    x.requires_grad_()
    return x


def target_of_a_loss_from_a_loader(model, loader, criterion, device):
    for images, labels in loader:
        images = images.to(device)
        labels.to(device)  # expect: transfer-result-discarded
        criterion(model(images), labels).backward()


def argument_that_a_functional_takes(t):
    t.float()  # expect: transfer-result-discarded
    return F.softplus(t)


def batch_object_that_may_move_in_place(model, loader, device):
    for batch in loader:
        batch.to(device)
        yield model(**batch)


def targets_of_a_criterion_of_ones_own(model, loader, criterion, device):
    for images, targets in loader:
        for name, value in targets.items():
            targets[name] = value.to(device)
        criterion(model(images.to(device)), targets).backward()


def frozen_models_of_another_library(vae, text_encoder, dtype, loader):
    vae.requires_grad_(False)
    vae.to("cuda", dtype=dtype)
    text_encoder.requires_grad_(False)
    text_encoder.to("cuda", dtype=dtype)
    for batch in loader:
        latents = vae.encode(batch["pixels"].to(dtype)).latent_dist.sample()
        yield latents * vae.config.scaling_factor, text_encoder(batch["ids"])[0]


class Graphs(Dataset):
    def __init__(self, graphs):
        self.graphs = graphs

    def __getitem__(self, index):
        return self.graphs[index], index


def samples_of_any_kind(graphs, device):
    for graph, _ in DataLoader(Graphs(graphs), batch_size=4):
        graph.to(device)


def samples_put_together_by_hand(scans, device, collate):
    for scan, _, _ in DataLoader(Scans(scans), batch_size=4, collate_fn=collate):
        scan.to(device)


def moved(what, device):
    what.to(device)
    return what


def callers_of_two_kinds(device):
    return moved(torch.ones(2), device), moved(Net(), device)


# ── silent: nobody holds the tensor ───────────────────────────────────────────────────────────


def device_is_woken_up(device):
    torch.zeros(1).to(device)
    torch.ones(1).float().to(device)
    th.empty(0, dtype=th.float32).to(device)


def further_calls(x: Tensor, device):
    x.to(device).add_(1)
    x.cpu().numpy().tofile("x.bin")


def all_batches(model, loader, place):
    for images, labels in loader:
        images.to(place)  # expect: transfer-result-discarded
        labels = labels.to(place)
        print((model(images).argmax(1) == labels).sum())


def moved_by_its_pieces(model, loader, place):
    for images, masks in loader:
        if place is not None:
            images.cuda(place, non_blocking=True)  # expect: transfer-result-discarded
            masks = [mask.cuda(place) for mask in masks]
        print(model(images), masks)


def modules_and_encodings(image_encoder, critic_target, tokenizer, texts, place):
    image_encoder.to(place)
    critic_target.to(place)
    inputs = tokenizer(texts, return_tensors="pt")
    inputs.to(place)
    labels = tokenizer(text_target=texts, return_tensors="pt")
    labels.to(place)
    for batch in texts:
        batch.to(place)
    return image_encoder(**inputs), critic_target, labels
