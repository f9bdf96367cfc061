import torch
import torch.utils.data as data
from torch.autograd import Variable
from torch.utils.data import DataLoader as Loader
from torch.utils.data import Dataset, TensorDataset
from tqdm import tqdm

from recipes import make_loader, options, prepare

dataset = TensorDataset(torch.randn(64, 4), torch.randn(64))
gpu = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")


class Points(Dataset):
    def __init__(self, points):
        self.points = points

    def __getitem__(self, index):
        return {"points": self.points[index]}

    def __len__(self):
        return len(self.points)


class PointsOnTheDevice(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()


def collate_on_the_device(samples):
    return torch.stack(samples).to("cuda")


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def batches_of_a_loop():
    loader = Loader(dataset, batch_size=4, shuffle=True, num_workers=2)  # expect: missing-pin-memory
    for x, y in loader:
        x, y = x.cuda(), y.cuda()
        print(x.mean(), y.mean())


def device_that_is_chosen_by_hand():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader = data.DataLoader(  # expect: missing-pin-memory
        dataset,
        batch_size=4,
    )
    for step, (x, y) in enumerate(tqdm(loader)):
        print(step, x.to(device), y.to(device, non_blocking=True))  # expect: non-blocking-without-pinned


def device_of_the_module(points):
    loader = Loader(Points(points))  # expect: missing-pin-memory
    for batch in loader:
        batch = {name: value.to(gpu) for name, value in batch.items()}
        print(batch)


def copied_by_a_helper():
    loader = Loader(dataset)  # expect: missing-pin-memory
    for batch in loader:
        x, y = moved(batch, "cuda:1")
        print(x, y)


def moved(batch, device):
    return [part.to(device) for part in batch]


def loop_in_a_helper():
    show(Loader(dataset), torch.device("cuda"))  # expect: missing-pin-memory


def show(loader, device):
    for x, _ in loader:
        print(x.to(device))


def loaders_of_a_helper():
    train, _ = loaders()
    for x, _ in train:
        print(Variable(x).cuda())  # expect: legacy-tensor-constructor


def loaders():
    train = Loader(dataset, 4, True)  # expect: missing-pin-memory
    return train, Loader(dataset, 4)


def by_phases():
    parts = {phase: Loader(dataset, batch_size=4) for phase in ("train", "val")}  # expect: missing-pin-memory
    for phase in ("train", "val"):
        for x, y in parts[phase]:
            print(x.cuda(), y.cuda())


def first_batch():
    batches = iter(Loader(dataset))  # expect: missing-pin-memory
    x, _ = next(batches)
    return x.to("cuda")


def collate(samples):
    return torch.stack([sample["points"] for sample in samples]), len(samples)


def collated_by_hand(points):
    loader = Loader(Points(points), collate_fn=collate)  # expect: missing-pin-memory
    for x, count in loader:
        print(x.cuda(), count)


class Experiment:
    def __init__(self, points):
        self.loader = Loader(Points(points), batch_size=4)  # expect: missing-pin-memory
        self.device = "cuda"

    def run(self):
        for batch in self.loader:
            print(batch["points"].to(self.device))


def second_name():
    loader = data.DataLoader(dataset, 8)  # expect: missing-pin-memory
    same = loader
    for x, y in same:
        print(x.to(gpu), y.to(gpu))


class MovesInAMethod:
    def __init__(self):
        self.loader = Loader(  # expect: missing-pin-memory
            dataset,
            batch_size=8,  # small
            shuffle=True
        )

    def _move(self, batch):
        return [t.cuda() for t in batch]

    def fit(self):
        for batch in self.loader:
            x, y = self._move(batch)
            print(x, y)


def on_one_line():
    for x, y in Loader(dataset): print(x.cuda())  # fmt: skip  # expect: missing-pin-memory


# ── silent: the option is given, or may be ────────────────────────────────────────────────────


def pinned_already(pin):
    for loader in (Loader(dataset, pin_memory=True), Loader(dataset, pin_memory=pin)):
        for x, _ in loader:
            print(x.cuda())


def not_pinned_on_purpose():
    loader = Loader(dataset, pin_memory=False)
    for x, _ in loader:
        print(x.cuda())


def by_position():
    loader = Loader(dataset, 4, True, None, None, 2, None, True)
    for x, _ in loader:
        print(x.cuda())


def options_in_a_dictionary():
    given = {"num_workers": 2, "pin_memory": True} if torch.cuda.is_available() else {}
    loader = Loader(dataset, batch_size=4, **given)
    for x, _ in loader:
        print(x.cuda())


# ── silent: the device is not known to be an accelerator ──────────────────────────────────────


def device_of_the_caller(device):
    for x, _ in Loader(dataset):
        print(x.to(device), x.to(options.device))


def on_the_cpu():
    for x, _ in Loader(dataset):
        print(x.to("cpu"), x.to(torch.float64))


def another_accelerator():
    device = torch.device("mps")
    for x, _ in Loader(dataset):
        print(x.to(device))


# ── silent: the batches are there already ─────────────────────────────────────────────────────


def data_on_the_device():
    points = TensorDataset(torch.randn(64, 4).cuda(), torch.randn(64).cuda())
    for x, y in Loader(points, batch_size=4):
        print(x.cuda(), y.to("cuda"))


def data_set_that_copies(points):
    for x in Loader(PointsOnTheDevice(points)):
        print(x.cuda())


def collate_function_that_copies(points):
    for x in Loader(Points(points), collate_fn=collate_on_the_device):
        print(x.cuda())


# ── silent: what the collate function returns is not known ────────────────────────────────────


def graphs(points):
    for graph in Loader(Points(points), collate_fn=prepare):
        print(graph.to("cuda"))


# ── silent: the loader is not known ───────────────────────────────────────────────────────────


def loader_of_a_factory(points):
    for x, _ in make_loader(points):
        print(x.cuda())


def loader_of_the_caller(loader):
    for x, _ in loader:
        print(x.cuda())


def loader_of_a_framework():
    loader = prepare(Loader(dataset))
    for x, _ in loader:
        print(x.cuda())


def not_copied_at_all():
    for x, _ in Loader(dataset):
        print(x.mean())


def pinned_where_it_helps():
    for x, _ in Loader(dataset, pin_memory=torch.cuda.is_available()):
        print(x.cuda())


def moved_back():
    for x, _ in Loader(dataset):
        print(x.cpu())
