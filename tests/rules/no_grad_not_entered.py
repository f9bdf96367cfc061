import contextlib

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import Engine, run_with
from torch import enable_grad, no_grad
from torch import inference_mode as inference

# ── reported: a bare call ─────────────────────────────────────────────────────────────────────


def no_grad_as_a_statement(model: nn.Module, x):
    model.eval()
    torch.no_grad()  # expect: no-grad-not-entered
    return model(x)


def imported_no_grad_as_a_statement(model, x, y, criterion):
    no_grad()  # expect: no-grad-not-entered
    output = model(x)
    loss = criterion(output, y)
    return loss.item()


def inference_mode_as_a_statement(model: nn.Module, x):
    torch.inference_mode()  # expect: no-grad-not-entered
    return model(x).argmax(dim=1)


def inference_mode_with_an_argument(model: nn.Module, x):
    torch.inference_mode(True)  # expect: no-grad-not-entered
    return model(x).argmax(dim=1)


def autocast_as_a_statement(model: nn.Module, x, y):
    torch.autocast("cpu", dtype=torch.bfloat16)  # expect: no-grad-not-entered
    return F.cross_entropy(model(x), y)


def amp_autocast_as_a_statement(model: nn.Module, x, device):
    torch.amp.autocast(device.type)  # expect: no-grad-not-entered
    return model(x)


@torch.no_grad()
def enable_grad_as_a_statement(model: nn.Module, x):
    torch.enable_grad()  # expect: no-grad-not-entered
    return model(x.requires_grad_())


def no_grad_of_the_autograd_module(model: nn.Module, x):
    if not x.requires_grad:
        torch.autograd.no_grad()  # expect: no-grad-not-entered
    return model(x)


def text_of_several_lines_after_the_statement(model: nn.Module, x):
    torch.no_grad()  # expect: no-grad-not-entered
    print("""scores
    of a batch
""")
    return model(x)


class Critic:
    def __init__(self):
        self.net = nn.Linear(4, 1)

    def value(self, states):
        torch.no_grad()  # expect: no-grad-not-entered
        return self.net(states).squeeze(-1)


def nothing_more_to_say_of_the_loop(model: nn.Module, loader):
    model.eval()
    torch.no_grad()  # expect: no-grad-not-entered
    return [model(x).argmax(1) for x in loader]


# ── reported: with the class instead of an object ─────────────────────────────────────────────


def with_no_grad_without_parentheses(model: nn.Module, x):
    with torch.no_grad:  # expect: no-grad-not-entered
        return model(x)


def with_imported_enable_grad_without_parentheses(model: nn.Module, x):
    with enable_grad:  # expect: no-grad-not-entered
        return model(x)


def with_inference_mode_without_parentheses(model: nn.Module, x):
    with torch.inference_mode:  # expect: no-grad-not-entered
        output = model(x)
    return output


def with_two_contexts_one_of_them_not_called(model: nn.Module, x):
    with torch.autocast("cpu"), torch.no_grad:  # expect: no-grad-not-entered
        return model(x)


def with_autocast_without_parentheses(model: nn.Module, x):
    with torch.autocast:  # expect: no-grad-not-entered
        return model(x)


def other_names(model: nn.Module, x):
    th.no_grad()  # expect: no-grad-not-entered
    return model(x)


def imported_by_another_name(model: nn.Module, x):
    inference()  # expect: no-grad-not-entered
    return model(x)


def entered_by_another_name(model: nn.Module, x):
    with inference:  # expect: no-grad-not-entered
        return model(x)


def cuda_autocast_as_a_statement(model: nn.Module, x):
    torch.cuda.amp.autocast()  # expect: no-grad-not-entered, deprecated-api
    return model(x)


def beside_another_statement(model: nn.Module, x):
    torch.no_grad(); y = model(x)  # fmt: skip  # expect: no-grad-not-entered
    return y


def in_a_loop_of_one_line(model: nn.Module, loader):
    for x in loader: torch.no_grad(); print(model(x))  # fmt: skip  # expect: no-grad-not-entered


def as_the_last_statement(model: nn.Module, x):
    print(model(x))
    torch.no_grad()  # expect: no-grad-not-entered


def of_the_module_that_defines_it(model: nn.Module, x):
    torch.autograd.grad_mode.no_grad()  # expect: no-grad-not-entered
    return model(x)


def indented_by_tabs(model: nn.Module, x):
	torch.no_grad()  # so nothing is recorded  # expect: no-grad-not-entered
	y = model(x)
	return y
def not_called_around_a_loop(model: nn.Module, loader):
    model.eval()
    with torch.inference_mode:  # expect: no-grad-not-entered
        return [model(x).argmax(1) for x in loader]


# ── silent: entered ───────────────────────────────────────────────────────────────────────────


def entered_by_with(model: nn.Module, x):
    with torch.no_grad():
        return model(x)


def entered_by_one_with_for_two(model: nn.Module, x):
    with torch.inference_mode(), torch.autocast("cpu"):
        return model(x)


@torch.no_grad()
def entered_by_a_decorator(model: nn.Module, x):
    return model(x)


@torch.inference_mode()
def entered_by_an_inference_mode_decorator(model: nn.Module, x):
    return model(x)


@torch.autocast("cpu")
def entered_by_an_autocast_decorator(model: nn.Module, x):
    return model(x)


@torch.no_grad
def decorated_without_parentheses(model: nn.Module, x):
    return model(x)


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 2)

    @no_grad
    def act(self, state):
        return self.net(state).argmax(dim=-1)


def entered_through_a_variable(model: nn.Module, x):
    off = torch.no_grad()
    with off:
        return model(x)


def entered_under_a_condition(model: nn.Module, x, frozen):
    with torch.no_grad() if frozen else contextlib.nullcontext():
        return model(x)


def entered_by_an_exit_stack(model: nn.Module, x):
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.autocast("cpu"))
        return model(x)


def entered_by_hand(model: nn.Module, x):
    guard = torch.inference_mode()
    guard.__enter__()
    try:
        return model(x)
    finally:
        guard.__exit__(None, None, None)


def entered_by_hand_without_a_name():
    torch.no_grad().__enter__()


def wraps_a_function(model: nn.Module):
    return torch.no_grad()(model.forward)


# ── silent: passed on, returned, or it does act ───────────────────────────────────────────────


def passed_to_a_helper(model: nn.Module, x):
    return run_with(torch.no_grad(), model, x)


def class_passed_to_a_helper(model: nn.Module, x):
    return run_with(torch.no_grad, model, x)


def returned_to_the_caller(training):
    if training:
        return contextlib.nullcontext()
    return torch.no_grad()


def set_grad_enabled_called_as_a_function(model: nn.Module, x):
    torch.set_grad_enabled(False)
    output = model(x)
    torch.set_grad_enabled(True)
    return output


def set_grad_enabled_as_a_context(model: nn.Module, x, training):
    with torch.set_grad_enabled(training):
        return model(x)


# ── silent: something else of that name ───────────────────────────────────────────────────────


def method_of_another_object(engine: Engine):
    engine.no_grad()
    engine.autocast()


class Recorder:
    def no_grad(self):
        self.active = False

    def record(self):
        self.no_grad()


def local_function_of_that_name():
    def inference_mode():
        print("inference")

    inference_mode()


def set_grad_enabled_of_other_modules(model: nn.Module, x):
    torch.autograd.set_grad_enabled(False)
    torch.set_grad_enabled(mode=False)
    return model(x)
