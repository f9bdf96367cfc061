import torch as th
import torch.nn.functional as F
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils import data
from torch.utils.data import DataLoader, TensorDataset, random_split
from torchvision import datasets

device = th.device("cuda" if th.cuda.is_available() else "cpu")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)


class Scale(nn.Module):
    def forward(self, x):
        return x / x.norm()


# ── reported: the batch stays behind ──────────────────────────────────────────────────────────


def inputs_are_never_moved():
    net = Net().to(device)
    loader = DataLoader(TensorDataset(th.randn(8, 4)), batch_size=4, pin_memory=True)
    for (x,) in loader:
        net(x)  # expect: device-mismatch


def targets_are_left_at_the_loss(loader, criterion):
    model = Net()
    model.cuda()  # expect: hard-coded-device
    for i, (x, y) in enumerate(loader):
        x = x.cuda(non_blocking=True)  # expect: hard-coded-device
        loss = criterion(model(x), y)  # expect: device-mismatch
        loss.backward()
        print(i)


def entries_of_a_batch(model, loader, device):
    model.to(device)
    criterion = nn.CrossEntropyLoss()
    for batch in loader:
        pixels = batch["image"].to(device)
        criterion(model(pixels), batch["label"])  # expect: device-mismatch


def accuracy_compares_with_the_host(model: nn.Module, loader, device):
    model.eval()
    hits = 0
    with th.no_grad():
        for x, y in loader:
            scores = model.to(device)(x.to(device))
            hits += (scores.argmax(1) == y).sum().item()  # expect: device-mismatch
    return hits


def moved_where_there_is_a_gpu(root):
    model = Net()
    if th.cuda.is_available():
        model = model.cuda()
    data = datasets.MNIST(root)
    for x, y in DataLoader(data, batch_size=2, pin_memory=True):
        F.cross_entropy(model(x), y)  # expect: device-mismatch, device-mismatch


def first_batch_only():
    train, _ = random_split(TensorDataset(th.randn(8, 4)), [6, 2])
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).to("cuda:0")  # expect: hard-coded-device
    (x,) = next(iter(DataLoader(train, pin_memory=True)))
    return model(x)  # expect: device-mismatch


class Trainer:
    def __init__(self, device):
        self.device = device
        self.model = Net().to(self.device)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader):
        for x, y in loader:
            x = x.to(self.device)
            self.criterion(self.model(x), y).backward()  # expect: device-mismatch


# ── reported: other operands ──────────────────────────────────────────────────────────────────


def tensor_made_on_the_cpu(x: Tensor):
    mask = th.ones(3)
    return x.cuda() * mask  # expect: device-mismatch, hard-coded-device


def stacked_with_one_from_the_host(x: Tensor, device):
    return th.cat([x.to(device), th.zeros(1, 4)])  # expect: device-mismatch


def added_in_place(x: Tensor):
    total = th.zeros(3, device="cuda")  # expect: hard-coded-device
    total += th.ones(3)  # expect: device-mismatch
    return total + x


def the_type_of_the_elements_moves_nothing(x: Tensor):
    grid = th.linspace(0, 3, 4).repeat(4, 1).type(th.float64)
    return x.cuda() + grid  # expect: device-mismatch, hard-coded-device


def two_accelerators():
    left = th.ones(2, device="cuda:0")
    right = th.ones(2).to("cuda:1")
    return left @ right  # expect: device-mismatch


def weights_of_the_loss():
    model = Net().to(device)
    criterion = nn.CrossEntropyLoss(weight=th.tensor([0.3, 0.7]))
    for x, y in DataLoader(TensorDataset(th.randn(8, 4), th.zeros(8).long()), pin_memory=True):
        criterion(model(x.to(device)), y.to(device))  # expect: device-mismatch


def model_is_never_moved(x: Tensor):
    model = Net()
    return model(x.cuda())  # expect: device-mismatch, hard-coded-device


def output_was_moved_back(x: Tensor, y: Tensor):
    out = Net().cuda()(x.cuda()).cpu()  # expect: hard-coded-device, hard-coded-device
    return F.mse_loss(out, y.cuda())  # expect: device-mismatch, hard-coded-device


def result_of_data_parallel_is_on_the_gpu():
    model = nn.DataParallel(Net()).cuda()
    for x, y in DataLoader(TensorDataset(th.randn(8, 4), th.randn(8, 2)), pin_memory=True):
        out = model(x)
        F.mse_loss(out, y)  # expect: device-mismatch


def second_name_for_the_model():
    net = Net()
    model = net
    model.to(device)
    points = data.DataLoader(data.TensorDataset(th.randn(8, 4)), batch_size=4, pin_memory=True)
    for (x,) in points:
        net(x)  # expect: device-mismatch


def loss_of(net, x, y):
    return F.cross_entropy(net(x), y)


def target_left_behind_for_a_helper(loader):
    net = Net().to(device)
    for x, y in loader:
        x = x.to(device)
        loss_of(net, x, y).backward()  # expect: device-mismatch


def state_of_a_recurrent_layer(x: Tensor):
    rnn = nn.LSTM(4, 8).to(device)
    state = (th.zeros(1, 2, 8), th.zeros(1, 2, 8))
    return rnn(x.to(device), state)  # expect: device-mismatch
def on_two_accelerators():
    first, second = Net().to("cuda:0"), Net().to("cuda:1")
    rows = th.rand(3, 4, device="cuda:0")
    return first(rows), second(rows)  # expect: device-mismatch


# ── silent: lengths of sequences stay where they are ──────────────────────────────────────────


def lengths_beside_the_target(model, criterion, loader, device):
    model.to(device)
    for x, y in loader:
        scores = model(x.to(device)).log_softmax(2)
        lengths = torch.tensor([scores.size(0)] * len(x))
        criterion(scores, y.to(device), lengths, torch.tensor([y.size(1)] * len(y))).backward()


# ── silent: everything is moved ───────────────────────────────────────────────────────────────


def both_are_moved(loader):
    model = Net().to(device)
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        F.cross_entropy(model(x), y).backward()


def both_are_moved_where_there_is_a_gpu(args):
    model = Net()
    if args.cuda:
        model.cuda()
    for x, y in DataLoader(TensorDataset(th.randn(8, 4), th.randn(8, 2)), pin_memory=True):
        if args.cuda:
            x, y = x.cuda(), y.cuda()
        F.mse_loss(model(x), y)


def moved_in_a_comprehension(loader, device):
    model = Net().to(device)
    for batch in loader:
        batch = {name: value.to(device) for name, value in batch.items()}
        F.cross_entropy(model(batch["x"]), batch["y"])


def moved_one_by_one(loader, device):
    model = Net().to(device)
    for batch in loader:
        for name in batch:
            batch[name] = batch[name].to(device)
        F.cross_entropy(model(batch["x"]), batch["y"])


def moved_before_they_are_joined():
    layers = [nn.Linear(4, 4) for _ in range(3)]
    moved = [layer.to("cuda") for layer in layers]  # expect: hard-coded-device
    x = th.randn(5, 4).to("cuda")  # expect: hard-coded-device
    first = nn.Sequential(nn.Linear(4, 4).cuda(), nn.Linear(4, 4).cuda())  # expect: hard-coded-device, hard-coded-device
    return nn.Sequential(*moved)(x), first(x), nn.Sequential(*[nn.Linear(4, 4).cuda() for _ in range(3)])(x)  # expect: hard-coded-device


def moved_by_its_type(x: Tensor):
    kind = th.cuda.FloatTensor if x.is_cuda else th.FloatTensor
    grid = th.linspace(0, 3, 4).repeat(4, 1)
    x = x.cuda()  # expect: hard-coded-device
    return x + grid.type(th.cuda.FloatTensor), x + grid.type(kind), x + grid.type(x.type())


def moved_by_unseen_code(loader, move):
    model = Net().to(device)
    for batch in loader:
        move(batch, device)
        x, y = batch
        F.cross_entropy(model(x), y)


def made_there(x: Tensor, device):
    x = x.to(device)
    return x + th.zeros(3, device=device) + th.zeros_like(x) + x.new_ones(3) + th.arange(3, device=x.device)


def moved_by_the_framework(loader):
    accelerator = Accelerator()
    model = Net()
    model, loader = accelerator.prepare(model, loader)
    for x, y in loader:
        F.cross_entropy(model(x), y)


def data_parallel_moves_its_input():
    model = nn.DataParallel(Net()).cuda()  # expect: hard-coded-device
    for (x,) in DataLoader(TensorDataset(th.randn(8, 4)), pin_memory=True):
        model(x)


def data_already_there():
    model = Net().cuda()  # expect: hard-coded-device
    for (x,) in DataLoader(TensorDataset(th.randn(8, 4, device="cuda")), pin_memory=True):  # expect: hard-coded-device
        model(x)


# ── silent: a device is unknown ───────────────────────────────────────────────────────────────


def batch_of_an_unknown_loader(loader):
    model = Net().to(device)
    for x, y in loader:
        F.cross_entropy(model(x), y)


def moved_on_one_path(x: Tensor, flag):
    y = th.ones(3)
    if flag:
        y = y.cuda()
    return x.cuda() + y  # expect: hard-coded-device


def device_of_another_tensor(x, y: Tensor):
    return y.to(x.device) + th.ones(3)


def changes_the_default():
    with th.device("cuda"):  # expect: hard-coded-device
        offset = th.ones(3)
    return offset + th.ones(3, device="cuda")  # expect: hard-coded-device


def on_the_cpu(x: Tensor):
    model = Net().to("cpu")
    return model(x.cpu()) + th.zeros(2)


# ── silent: may be mixed ──────────────────────────────────────────────────────────────────────


def without_dimensions(x: Tensor):
    x = x.cuda()  # expect: hard-coded-device
    return x * th.tensor(2.0) + th.ones(3).sum() + 1.5


def indices_on_the_host(x: Tensor):
    return x.cuda()[th.arange(3)]  # expect: hard-coded-device


def copied_into(x: Tensor):
    there = th.zeros(3, device="cuda")  # expect: hard-coded-device
    there.copy_(x.cpu())
    return there.expand_as(x.cpu())


def module_without_parameters(x: Tensor):
    return Scale()(x.cuda()), nn.ReLU()(x.cuda()), nn.MSELoss()(x.cuda(), x.cuda())  # expect: hard-coded-device, hard-coded-device, hard-coded-device, hard-coded-device


# ── silent: it is up to somebody else where things are ────────────────────────────────────────


class TakesItsDevice(nn.Module):
    def __init__(self, device="cpu"):
        super().__init__()
        self.device = device
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)

    def margin(self, x):
        return x + th.zeros(2).to(self.device)


def told_where_it_is(x: Tensor, device):
    model = TakesItsDevice(device=device).to(device)
    return model.margin(model(x.to(device)))


class MovesItsParts(nn.Module):
    def __init__(self, where_device):
        super().__init__()
        self.fc = nn.Linear(4, 2).to(where_device)

    def forward(self, x):
        return self.fc(x)


def made_with_another_name():
    dev_id = "cpu"
    model = MovesItsParts(dev_id)
    return model(th.ones(1, 4)) * th.ones(2).to(dev_id)


def mover(device):
    def collate(samples):
        return Batch(samples, device)

    return collate


class Batch:
    def __init__(self, samples, device):
        self.graph = samples[0]
        self.label = th.stack(samples).to(device)


def collated_there(samples, device):
    model = Net().to(device)
    for batch in DataLoader(samples, collate_fn=mover(device)):
        F.cross_entropy(model(batch.graph.to(device)), batch.label)


class MovesByAFunction(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(to_device(x, self.fc.weight))


def to_device(x, other):
    return x.to(other.device)


def given_to_one_that_moves_it():
    return MovesByAFunction().cuda()(th.ones(1, 4))  # expect: hard-coded-device


def type_of_a_tensor(x: Tensor):
    x = x.cuda()  # expect: hard-coded-device
    kind = th.cuda.FloatTensor if x.is_cuda else th.FloatTensor
    return x + th.arange(3).type(kind), x + th.arange(3).type(x.type())


class Turn(nn.Module):
    """Keeps the tensor that it is given, where it is, and has operators of its own."""

    def __init__(self, matrix: Tensor):
        super().__init__()
        self.matrix = nn.Parameter(matrix)

    def forward(self, x):
        return F.linear(x, self.matrix)

    def inverse(self):
        return Turn(self.matrix.inverse())

    def __mul__(self, point):
        return self.matrix @ point


class Turned(nn.Module):
    def __init__(self, turn, offset):
        super().__init__()
        self.register_buffer("offset", offset)
        self.turn = turn

    def forward(self, x):
        return self.turn(x) + self.offset


def made_of_tensors_that_are_there():
    turn, points = Turn(th.rand(3, 3, device=device)), th.rand(5, 3, device=device)
    turned = Turned(turn, points[0])
    return turn(points), turn.inverse() * points[0], turn * points[0], turned(points)


def names_are_compared():
    found = {"mean": th.zeros(3)}
    wanted = {"mean": th.ones(3, device=device)}
    assert found.keys() == wanted.keys()
    return [found[name].to(device) - wanted[name] for name in found]


def a_test_wants_it_to_fail(pytest):
    with pytest.raises(RuntimeError):
        th.zeros(3) + th.ones(3, device=device)
# ── silent: moved in other ways ───────────────────────────────────────────────────────────────


def moved_by_a_generator(loader):
    net = Net().to(device)
    batches = ((x.to(device), y.to(device)) for x, y in loader)
    for x, y in batches:
        F.cross_entropy(net(x), y)


def moved_by_map(loader):
    net = Net().to(device)
    for batch in loader:
        x, y = map(lambda t: t.to(device), batch)
        F.cross_entropy(net(x), y)


def moved_as_a_tuple(loader):
    net = Net().to(device)
    for batch in loader:
        x, y = tuple(t.to(device) for t in batch)
        F.cross_entropy(net(x), y)


def moved_by_a_function_that_collates(points):
    def collate(samples):
        return th.stack([s for s, _ in samples]).to(device), th.tensor([t for _, t in samples]).to(device)

    net = Net().to(device)
    for x, y in DataLoader(points, collate_fn=collate):
        F.cross_entropy(net(x), y)


def more_without_dimensions(x: Tensor):
    x = x.to(device)
    x = x * th.zeros(()) - th.full((), 2.0)
    return th.where(x > 0, x, th.tensor(0.0)), x[th.randperm(len(x))]


def results_come_back_to_the_host(loader):
    net = Net().to(device).eval()
    found, wanted, hits = [], [], 0
    with th.no_grad():
        for x, y in loader:
            found.append(net(x.to(device)).argmax(1).cpu())
            wanted.append(y)
            hits += (net(x.to(device)).argmax(1).cpu() == y).sum().item()
    return (th.cat(found) == th.cat(wanted)).float().mean(), hits


def sparse_tensors_are_where_their_values_are(indices: Tensor, x: Tensor):
    values, x = th.rand(4, device=device), x.to(device)
    there = th.sparse_coo_tensor(indices.to(device), values, (2, 2))
    told = th.sparse_coo_tensor(indices, [1.0, 2.0], (2, 2), device=device)
    here = th.sparse_coo_tensor(indices, th.rand(4), (2, 2))
    return x + there.to_dense(), x + told.to_dense(), x + here.to_dense()  # expect: device-mismatch


def grid_on(size, device=None):
    return th.linspace(0, 1, size, device=device)


def scaled_like(values, other=None):
    return th.ones(3).to(other) * values


def where_the_caller_wants(x: th.Tensor, place: th.device = None, other: th.Tensor = None):
    mask = th.zeros(3, device=place)
    noise = th.randn(3).to(device)
    weights = th.ones(3, device=device)
    print(noise * (1 - mask), scaled_like(weights, other))
    print(weights + grid_on(3, place))
    return weights + grid_on(3)  # expect: device-mismatch
probe = nn.Linear(4, 2).to(device)
rows, classes = th.rand(8, 4).to(device), th.zeros(8, dtype=th.long).to(device)


def before_they_come_back():
    return F.cross_entropy(probe(rows), classes)


before_they_come_back().backward()
probe = probe.cpu()
rows = rows.cpu()
