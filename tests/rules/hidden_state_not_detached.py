import torch
import torch.nn.functional as F
from torch import nn
from torch import nn as layers
from torch import optim as opt
from torch.nn import GRU as Recurrent


class CharRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(64, 16)
        self.rnn = nn.LSTM(16, 32)
        self.head = nn.Linear(32, 64)

    def forward(self, x, hidden):
        out, hidden = self.rnn(self.embed(x), hidden)
        return self.head(out), hidden

    def init_hidden(self, batch):
        return torch.zeros(1, batch, 32), torch.zeros(1, batch, 32)


class Detaching(CharRNN):
    def forward(self, x, hidden):
        out, (h, c) = self.rnn(self.embed(x), hidden)
        return self.head(out), (h.detach(), c.detach())


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def state_of_a_model(loader, criterion):
    model = CharRNN()
    optimizer = opt.Adam(model.parameters())
    hidden = model.init_hidden(8)
    for x, y in loader:
        optimizer.zero_grad()
        output, hidden = model(x, hidden)  # expect: hidden-state-not-detached
        loss = criterion(output.view(-1, 64), y.view(-1))
        loss.backward()
        optimizer.step()


def state_that_begins_as_none(loader):
    rnn, head = nn.LSTM(4, 8), nn.Linear(8, 2)
    state = None
    for x, y in loader:
        out, state = rnn(x, state)  # expect: hidden-state-not-detached
        F.cross_entropy(head(out[-1]), y).backward()


def aliased_and_in_epochs(loader, epochs):
    rnn, head = Recurrent(4, 8), nn.Linear(8, 2)
    h = torch.zeros(1, 8, 8)
    for _ in range(epochs):
        for x, y in loader:
            out, h = rnn(x, h)  # expect: hidden-state-not-detached
            loss = F.cross_entropy(head(out[-1]), y)
            loss.backward()  # the state goes on, whatever happens to it here


def two_parts_of_a_state(loader):
    cell, head = nn.LSTM(4, 8), nn.Linear(8, 2)
    h, c = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8)
    for x, y in loader:
        out, (h, c) = cell(x, (h, c))  # expect: hidden-state-not-detached
        loss = F.cross_entropy(head(out[-1]), y)
        loss.backward()


def steps_of_a_chunk(chunks):
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 2)
    optimizer = torch.optim.SGD(cell.parameters(), lr=0.1)
    h = torch.zeros(3, 8)
    for chunk, y in chunks:
        loss = 0
        for x in chunk:
            h = cell(x, h)  # expect: hidden-state-not-detached
            loss = loss + F.cross_entropy(head(h), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def graph_is_kept(loader):
    rnn, head = nn.GRU(4, 8), nn.Linear(8, 2)
    hidden = torch.zeros(1, 8, 8)
    for x, y in loader:
        out, hidden = rnn(x, hidden)  # expect: hidden-state-not-detached
        loss = F.cross_entropy(head(out[-1]), y)
        loss.backward(retain_graph=True)  # expect: retain-graph-in-loop


def running_average_of_features(loader):
    encoder = nn.Linear(4, 8)
    average = torch.zeros(8)
    for x in loader:
        average = 0.9 * average + 0.1 * encoder(x).mean(0)  # expect: hidden-state-not-detached
        average.norm().backward()


def train_step(rnn, x, y, hidden):
    out, hidden = rnn(x, hidden)
    loss = F.mse_loss(out, y)
    loss.backward()
    return hidden


def carried_through_a_helper(loader):
    rnn = nn.GRU(4, 8)
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
    memory = torch.zeros(1, 8, 8)
    for x, y in loader:
        optimizer.zero_grad()
        memory = train_step(rnn, x, y, memory)  # expect: hidden-state-not-detached
        optimizer.step()


class Trainer:
    def __init__(self):
        self.model = CharRNN()
        self.optimizer = opt.SGD(self.model.parameters(), lr=0.1)

    def fit(self, loader):
        self.hidden = self.model.init_hidden(8)
        for x, y in loader:
            self.optimizer.zero_grad()
            output, self.hidden = self.model(x, self.hidden)  # expect: hidden-state-not-detached
            loss = F.cross_entropy(output.view(-1, 64), y.view(-1))
            loss.backward()
            self.optimizer.step()


# ── silent: detached ──────────────────────────────────────────────────────────────────────────


def detached_at_the_start(loader):
    rnn, head = nn.GRU(4, 8), nn.Linear(8, 2)
    hidden = torch.zeros(1, 8, 8)
    for x, y in loader:
        hidden = hidden.detach()
        out, hidden = rnn(x, hidden)
        F.cross_entropy(head(out[-1]), y).backward()


def detached_after_the_backward(loader):
    model = CharRNN()
    hidden = model.init_hidden(8)
    for x, y in loader:
        output, hidden = model(x, hidden)
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()
        hidden = tuple(part.detach() for part in hidden)


def detached_in_place(loader):
    model = CharRNN()
    hidden = model.init_hidden(8)
    for x, y in loader:
        output, hidden = model(x, hidden)
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()
        for part in hidden:
            part.detach_()


def data_only(loader):
    model = CharRNN()
    h, c = model.init_hidden(8)
    for x, y in loader:
        output, (h, c) = model(x, (h, c))
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()
        h, c = h.data, c.data  # expect: tensor-data-access, tensor-data-access


def repackaged(hidden):
    if isinstance(hidden, torch.Tensor):
        return hidden.detach()
    return tuple(repackaged(part) for part in hidden)


def detached_in_a_helper(loader):
    model = CharRNN()
    hidden = model.init_hidden(8)
    for x, y in loader:
        hidden = repackaged(hidden)
        output, hidden = model(x, hidden)
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()


def detached_where_there_is_one(loader):
    rnn, head = nn.GRU(4, 8), nn.Linear(8, 2)
    hidden = None
    for x, y in loader:
        if hidden is not None:
            hidden = hidden.detach()
        out, hidden = rnn(x, hidden)
        F.cross_entropy(head(out[-1]), y).backward()


def detached_in_the_argument(loader):
    rnn, head = nn.GRU(4, 8), nn.Linear(8, 2)
    hidden = torch.zeros(1, 8, 8)
    for x, y in loader:
        out, hidden = rnn(x, hidden.detach())
        F.cross_entropy(head(out[-1]), y).backward()


def detached_by_the_model(loader):
    model = Detaching()
    hidden = model.init_hidden(8)
    for x, y in loader:
        output, hidden = model(x, hidden)
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()


def detached_by_somebody(loader, detach):
    model = CharRNN()
    hidden = model.init_hidden(8)
    for x, y in loader:
        output, hidden = model(x, hidden)
        F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()
        detach(hidden)


def state_over_several_steps_that_is_cut(chunks, length=4):
    cell = nn.GRUCell(16, 32)
    head = nn.Linear(32, 1)
    optimizer = opt.Adam([*cell.parameters(), *head.parameters()])
    hidden, other = torch.zeros(8, 32), torch.zeros(8, 32)
    for chunk in chunks:
        loss = 0.0
        for t, (x, y) in enumerate(chunk):
            hidden, other = cell(x, hidden), cell(x, other)
            loss = loss + (head(hidden) + head(other) - y).pow(2).mean()
            if t % length == 0:
                other = other.detach()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hidden = hidden.detach()



# ── silent: made anew, or one backward for all ────────────────────────────────────────────────


def made_anew(loader, epochs):
    model = CharRNN()
    for _ in range(epochs):
        for x, y in loader:
            hidden = model.init_hidden(8)
            output, hidden = model(x, hidden)
            F.cross_entropy(output.view(-1, 64), y.view(-1)).backward()


def backward_after_the_loop(sequences):
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 2)
    optimizer = torch.optim.SGD(cell.parameters(), lr=0.1)
    for sequence, y in sequences:
        h = torch.zeros(3, 8)
        for x in sequence:
            h = cell(x, h)
        optimizer.zero_grad()
        F.cross_entropy(head(h), y).backward()
        optimizer.step()


def every_few_steps(loader, steps):
    cell, head = nn.GRUCell(4, 8), nn.Linear(8, 2)
    h, total = torch.zeros(3, 8), 0
    for i, (x, y) in enumerate(loader):
        h = cell(x, h)
        total = total + F.cross_entropy(head(h), y)
        if (i + 1) % steps == 0:
            total.backward()
            h, total = h.detach(), 0


# ── silent: nothing is carried, or no backward follows ────────────────────────────────────────


def compared_with_the_last_one(loader):
    model, last = nn.Linear(4, 2), None
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        if last is not None and loss < last:
            print("better")
        last = loss.detach()


def evaluated(loader):
    model = CharRNN()
    model.eval()
    hidden = model.init_hidden(8)
    with torch.no_grad():
        for x, _ in loader:
            _, hidden = model(x, hidden)


def somebody_elses_model(model, loader, hidden):
    for x, y in loader:
        output, hidden = model(x, hidden)
        F.cross_entropy(output, y).backward()


def prediction_is_fed_back(loader):
    decoder = nn.Linear(4, 4)
    token = torch.zeros(3, dtype=torch.long)
    for _, y in loader:
        logits = decoder(F.one_hot(token, 4).float())
        F.cross_entropy(logits, y).backward()
        token = logits.argmax(1)


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_state_under_two_names(loader):
    rnn, head = layers.GRU(4, 8), layers.Linear(8, 2)
    memory = torch.zeros(1, 8, 8)
    for x, y in loader:
        state = memory
        out, memory = rnn(x, state)  # expect: hidden-state-not-detached
        F.cross_entropy(head(out[-1]), y).backward()


class Run:
    def __init__(self):
        self.model = CharRNN()
        self.optimizer = torch.optim.Adam(self.model.parameters())

    def step(self, x, y, hidden):
        self.optimizer.zero_grad()
        out, hidden = self.model(x, hidden)
        F.cross_entropy(out.view(-1, 64), y.view(-1)).backward()
        self.optimizer.step()
        return hidden

    def fit(self, loader):
        hidden = None
        for x, y in loader:
            hidden = self.step(x, y, hidden)  # expect: hidden-state-not-detached

    def fit_in_pieces(self, loader):
        hidden = None
        for x, y in loader:
            hidden = self.step(x, y, hidden)
            hidden = [part.detach() for part in hidden]


def copied_with_its_graph(loader):
    rnn, head = layers.GRU(4, 8), layers.Linear(8, 2)
    h = None
    for x, y in loader:
        out, h = rnn(x, h)  # expect: hidden-state-not-detached
        F.cross_entropy(head(out[-1]), y).backward()
        h = h.clone()


def pair_over_the_steps_of_a_chunk(chunks):
    cell, head = nn.LSTMCell(4, 8), nn.Linear(8, 1)
    optimizer = opt.SGD([*cell.parameters(), *head.parameters()], lr=0.1)
    state = torch.zeros(8, 8), torch.zeros(8, 8)
    for chunk, y in chunks:
        for x in chunk:
            state = cell(x, state)  # expect: hidden-state-not-detached
        optimizer.zero_grad()
        F.mse_loss(head(state[0]), y).backward()
        optimizer.step()


def epoch_of_a_model_that_is_given(model, loader, optimizer):
    hidden = model.init_hidden(8)
    for x, y in loader:
        optimizer.zero_grad()
        output, hidden = model(x, hidden)  # expect: hidden-state-not-detached
        F.cross_entropy(output.flatten(0, 1), y.flatten()).backward()
        optimizer.step()


def epoch_of_a_given_model_that_detaches(model, loader, optimizer):
    hidden = model.init_hidden(8)
    for x, y in loader:
        optimizer.zero_grad()
        output, hidden = model(x, hidden)
        F.cross_entropy(output.flatten(0, 1), y.flatten()).backward()
        optimizer.step()


def gives_models(loader):
    model, cut = CharRNN(), Detaching()
    epoch_of_a_model_that_is_given(model, loader, opt.SGD(model.parameters(), lr=0.1))
    epoch_of_a_given_model_that_detaches(cut, loader, opt.SGD(cut.parameters(), lr=0.1))


# fmt: off
def in_odd_layouts(loader):
    rnn, head = layers.GRU(4, 8), layers.Linear(8, 2)
    h = None
    for x, y in loader: out, h = rnn(x, h); F.cross_entropy(head(out[-1]), y).backward()  # expect: hidden-state-not-detached
# fmt: on


def zeros_after_each_batch(loader):
    rnn, head = layers.GRU(4, 8), layers.Linear(8, 2)
    h = torch.zeros(1, 8, 8)
    for x, y in loader:
        out, h = rnn(x, h)
        F.cross_entropy(head(out[-1]), y).backward()
        h = torch.zeros(1, 8, 8)
