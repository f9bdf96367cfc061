import torch as th
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.cuda()  # expect: hard-coded-device

    def forward(self, x):
        return self.fc(x.cuda())  # expect: hard-coded-device


def train(loader):
    model = Net()
    model.cuda()  # everything there  # expect: hard-coded-device
    for x, y in loader:
        x, y = x.cuda(non_blocking=True), y.cuda()  # expect: hard-coded-device, hard-coded-device
        yield model(x), y


def in_many_places(x, path):
    state = th.load(path, map_location="cuda:0")  # expect: hard-coded-device
    x = x.to("cuda")  # expect: hard-coded-device
    mask = th.zeros(
        3,
        device="cuda",  # expect: hard-coded-device
    )
    return state, x * mask, x.new_ones(3, device="cuda")  # expect: hard-coded-device


def of_many_lines():
    return nn.Sequential(
        nn.Linear(4, 4),
        nn.ReLU(),
    ).cuda()  # expect: hard-coded-device


def named_first(x):
    device = "cuda"  # expect: hard-coded-device
    where = th.device("cuda:1")  # expect: hard-coded-device
    return x.to(device).to(where)


def with_a_parameter(x, device):
    model = Net().to(device)
    return model(x.cuda())  # expect: hard-coded-device


class Trainer:
    def __init__(self):
        self.device = th.device("cuda")  # expect: hard-coded-device
        self.net = Net().to(self.device)


def on_one_line(x): return x.cuda()  # fmt: skip  # expect: hard-coded-device


def second_name_and_second_statement(x):
    net = nn.Linear(4, 3)
    model = net
    model.cuda()  # expect: hard-coded-device
    y = x.cuda(); print(y)  # fmt: skip  # expect: hard-coded-device
    return net(x.to(device="cuda:0"))  # expect: hard-coded-device


class Moves:
    def move(self, batch):
        return [x.cuda() for x in batch]  # expect: hard-coded-device


# ── silent: somebody asks ─────────────────────────────────────────────────────────────────────


def asks_for_it(x, device_type):
    if device_type == "cuda":
        x = x.cuda()
    return x


def left_before(x, gpu):
    if not gpu:
        return x
    return x.cuda()


def counted(x, gpus):
    while gpus > 0:
        x = x.to("cuda")
        gpus -= 1
    return x


def tried(x):
    try:
        return x.cuda()
    except (AssertionError, RuntimeError):
        return x


# ── silent: a setting, an index that somebody chose, or no device at all ──────────────────────


def default_of_a_function(x, device="cuda"):
    return x.to(device)


def option(parser, settings):
    parser.add_argument("--device", default="cuda")
    device = settings.get("device", "cuda")
    return device


def index_of_the_caller(x, index):
    return x.cuda(index)


def device_with_an_index(x, index):
    return x.to(th.device("cuda", index))


def device_to_compare_with(x):
    return x.device == th.device("cuda"), th.device("cuda").type


def on_cuda(x):
    return x.cuda()


def names(x, amp: bool):
    with th.autocast("cuda", enabled=amp):
        print("cuda", x.device.type == "cuda")
    return {"cuda": x}
