import torch as th
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

device = th.device("cuda" if th.cuda.is_available() else "cpu")


# ── reported: a device and a string ───────────────────────────────────────────────────────────


def on_the_host(x: Tensor):
    if x.device == "cpu":  # the usual way  # expect: device-comparison
        return x.numpy()
    return x.cpu().numpy()


def the_other_way_round(x: Tensor):
    return "cpu" != x.detach().device  # expect: device-comparison


def with_an_index(x: Tensor):
    return x.device == "cuda:0"  # expect: device-comparison


def of_the_parameters(model: nn.Module):
    return next(model.parameters()).device == "cpu"  # expect: device-comparison


def one_of_several(x: Tensor):
    return x.device in ("cuda", "mps") or x.device not in ["cpu"]  # expect: device-comparison, device-comparison


def of_a_variable(model: nn.Module):
    if device == "cuda":  # expect: device-comparison
        model = nn.DataParallel(model)
    return model


class Trainer:
    def __init__(self):
        self.device = th.device("cuda" if th.cuda.is_available() else "cpu")

    def pins(self):
        return self.device != "cpu"  # expect: device-comparison


def of_an_argument(name: str):
    where = th.device(name)
    return where == name  # expect: device-comparison


def what_a_caller_hands_over(batch):
    if batch.device == "cpu":  # expect: device-comparison
        batch = batch.to(device)
    return batch


def hands_over(x: Tensor):
    return what_a_caller_hands_over(x)


class Batches:
    def __init__(self, rows):
        self.loader = DataLoader(TensorDataset(rows))

    def moved(self):
        for (rows,) in self.loader:
            if rows.device != "cpu":  # expect: device-comparison
                rows = rows.to("cpu")
            yield rows


# ── reported: an index and none ───────────────────────────────────────────────────────────────


def tensor_without_an_index(x: Tensor):
    if x.device == th.device("cuda"):  # expect: device-comparison
        return x.cpu()
    return x


def tensor_and_variable(x: Tensor):
    assert x.device == device  # expect: device-comparison
    return x


def two_names():
    return th.device("cuda") == th.device("cuda:0")  # expect: device-comparison


def second_name(x: Tensor):
    place = x.device
    return place == "cpu"  # expect: device-comparison


def over_several_lines(x: Tensor):
    return (
        x.device  # where it is  # expect: device-comparison
        == "cuda"
    )


class InForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(th.zeros(3))

    def forward(self, x: Tensor):
        if self.weight.device == "cuda":  # expect: device-comparison
            return x
        return x if x.device != "cuda:0" else x * 2  # expect: device-comparison


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def types(x: Tensor):
    return x.device.type == "cpu" or x.device.type in ("cuda", "mps") or device.type != "cpu" or str(x.device) == "cpu"


def two_tensors(x: Tensor, y: Tensor):
    return x.device == y.device or x.device == th.device("cpu") or x.device == th.device("cuda:0")


def index_of_the_caller(x: Tensor, index, name):
    here = th.device("cuda", index)
    there = th.device(f"cuda:{index}")
    return x.device == here, x.device == there, x.device == th.device(name), x.device == th.device("cuda", 1)


def annotated_though_names_are_taken_as_well(where: th.device):
    return where == "pinned"


def names_of_devices(args, batch):
    where = "cuda" if th.cuda.is_available() else "cpu"
    return args.device == "cpu", batch.device == "cpu", where == "cuda", x_device(batch) == "cpu"


def x_device(x):
    return x.device


def a_name_or_a_device(name):
    where = th.device(name) if name else "cpu"
    return where == "cpu"


def transfer_under_a_condition(x: Tensor):
    if x.device != device:
        x = x.to(device)
    return x


def other_questions(x: Tensor):
    return x.device is None or x.device == 0, x.device == None  # noqa: E711


def indices_and_names(x: Tensor, model: nn.Module):
    where = next(model.parameters()).device
    return x.get_device() == -1, x.device.index == 0, str(x.device) == "cuda:0", where == x.device


class Storage:
    def __init__(self, place=None, device: th.device | str = "cpu"):
        self.device = th.device(device) if device != "auto" else place.device if place is not None else "auto"

    def is_open(self):
        return self.device == "auto"


def device_of(storage, members):
    found_device = getattr(storage, "device", None)
    if found_device is None and members:
        devices = []
        for member in members:
            own_device = getattr(member, "device", None)
            if own_device is None or own_device == "auto":
                devices = []
                break
            devices.append(th.device(own_device))
        if devices and len(set(devices)) == 1:
            found_device = devices[0]
    if found_device is None or found_device == "auto":
        return None
    return found_device
def settings_have_devices_as_well(settings):
    return settings.device == "cpu"
