"""Foreign names: what jedi's worker says of them, and what happens when it fails."""

from __future__ import annotations

import importlib
import inspect
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from torch_pitfalls.names import foreign
from torch_pitfalls.names.follow import linearised, public
from torch_pitfalls.names.foreign import UNKNOWN, UNTOLD, Answer, Question, Resolver

LONG = 60.0  # seconds; only so that a test that hangs fails instead


def plant(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


# ── what is answered ──

PACKAGES = {
    "torchvision/__init__.py": "from torchvision import models\n",
    "torchvision/models/__init__.py": """
        from .resnet import *
        from . import detection
        """,
    "torchvision/models/registry.py": """
        def register(name=None):
            def decorate(build):
                return build
            return decorate
        """,
    "torchvision/models/resnet.py": """
        from typing import Any, Optional
        import torch.nn as nn
        from torch import Tensor
        from .registry import register

        __all__ = ["ResNet", "resnet18", "resnet34"]

        class ResNet(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x

        def _resnet(layers: list[int], **options: Any) -> ResNet:
            return ResNet()

        @register()
        def resnet18(*, progress: bool = True, **options: Any) -> ResNet:
            return _resnet([2, 2, 2, 2], **options)

        @register()
        def resnet34(**options: Any):
            model = _resnet([3, 4, 6, 3])
            return model
        """,
    "torchvision/models/detection/__init__.py": """
        from ..resnet import ResNet

        class Detector(ResNet):
            pass
        """,
    "layers/__init__.py": "from .blocks import Block, Mixin\n",
    "layers/blocks.py": """
        from abc import ABC
        from torch.nn.modules.module import Module

        class Mixin(ABC):
            pass

        class Block(Module, Mixin):
            class Options(dict):
                pass
        """,
    "nets/__init__.py": """
        from .factory import create, create_any as create_any, create_by_name
        from .factory import lazily, moved, either, maybe, always, context, stream, generic, outer, looped
        from .factory import annotated, quoted, over, later, kinds
        from nets import wide as broad
        from torch.nn import Linear as Dense
        import torch.nn.functional as functional

        default = create()
        typed: "Net" = None
        rate = 0.1
        Alias = create.__class__
        from .net import Net, Wide
        Same = Net
        try:
            from ._fast import Fast
        except ImportError:
            from .net import Net as Fast
        try:
            import apex
        except ImportError:
            apex = None
        """,
    "nets/net.py": """
        import layers
        from layers import Mixin
        from . import wide

        class Net(layers.Block):
            pass

        class Wide(Net):
            pass

        class Other(Net):
            pass

        class Diamond(wide.Wider, Other, Mixin):
            pass

        class Bound(make_base()):
            pass

        class Options(layers.Block.Options):
            pass

        class Lost(absent.Base, metaclass=type):
            pass

        class Hired(lightning.LightningModule):
            pass

        import lightning
        """,
    "nets/wide.py": """
        from .net import Net

        class Wider(Net):
            pass

        class First(Wider):
            pass

        class Second(Third):
            pass

        class Third(Second):
            pass
        """,
    "nets/factory.py": """
        import contextlib
        from typing import Annotated, Iterator, Optional, TypeVar, overload
        import torch
        from torch import nn
        from .net import Net, Wide

        T = TypeVar("T")

        def create(width=8):
            if width > 8:
                return Net(width)
            return Net()

        def create_any(name: str, **options) -> nn.Module:
            return registry[name](**options)

        def create_by_name(name):
            return registry[name]()

        def lazily():
            from .wide import Wider
            return Wider()

        def moved(device):
            net = Net()
            return net.to(device).eval()

        def either(wide):
            return Wide() if wide else Net()

        def maybe(wide) -> Optional[Net]:
            if wide:
                return Net()

        def always(wide) -> Optional[Net]:
            with open("sizes") as sizes:
                if wide:
                    try:
                        return Net(sizes)
                    except ValueError as error:
                        raise KeyError from error
                else:
                    match sizes:
                        case []:
                            raise ValueError
                        case _:
                            return Net()

        @contextlib.contextmanager
        def context() -> Net:
            yield Net()

        def stream() -> Iterator[Net]:
            yield Net()

        def generic(kind: T) -> T:
            return kind

        def outer():
            def inner():
                return 1
            return Net()

        def looped():
            for net in (Net(), Wide()):
                pass
            return net

        def annotated() -> Annotated[Net, "wide"]: ...

        def quoted() -> "Net": ...

        @overload
        def over(a: int) -> int: ...
        @overload
        def over(a: str) -> str: ...
        def over(a) -> Net:
            return Net()

        async def later() -> Net:
            return Net()

        def kinds() -> type[Net]:
            return Net
        """,
    "stubbed/__init__.py": "from .native import *\n",
    "stubbed/__init__.pyi": "class Kernel:\n    pass\n",
    "broken/__init__.py": "def good() -> int: ...\n\nclass Half(:\n    pass\n\nclass Whole:\n    pass\n",
    "space/inner.py": "class Inner:\n    pass\n",
    "stars/__init__.py": "from torch.nn import *\nfrom .own import *\nclass Own(Module):\n    pass\n",
    "stars/own.py": "class Mine:\n    pass\n",
    "torch/__init__.py": "class Trap:\n    pass\n",
    "torch/nn/__init__.py": "class Module:\n    pass\n",
    "torch/nn/quantized.py": "from ..nn import Module\n",
}

WORKSPACE = {
    "train.py": "",
    "models.py": """
        from torchvision.models import ResNet

        class Model(ResNet):
            pass
        """,
    "app/__init__.py": "",
    "app/core/__init__.py": "",
    "app/core/run.py": "",
    "app/engine.py": "class Engine:\n    pass\n",
    "app/queue.py": "class Queue:\n    pass\n",
    "plain/net.py": "class Plain:\n    pass\n",
    "src/inside/__init__.py": "",
    "src/inside/net.py": "class Inside:\n    pass\n",
    "src/inside/main.py": "",
    "scripts/run.py": "",
    "scripts/helper.py": "def helper() -> int: ...\n",
    "queue.py": "class Shadow:\n    pass\n",
    "trial/__init__.py": "",
    "trial/run.py": "",
    "trial/beside.py": "class Beside:\n    pass\n",
    "trial/models.py": "",
    "trial/nets.py": "",
    "other/run.py": "",
    "other/models.py": "class Model:\n    pass\n",
    "src/apart.py": "class Apart:\n    pass\n",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("resolved")
    plant(folder / "packages", PACKAGES)
    plant(folder / "workspace", WORKSPACE)
    return folder / "workspace"


@pytest.fixture(scope="module")
def resolver(workspace: Path) -> Iterator[Resolver]:
    with Resolver(workspace, [workspace.parent / "packages"], deadline=LONG) as resolver:
        yield resolver


def ask(resolver: Resolver, *questions: Question) -> list[Answer]:
    answers = resolver.wait(questions, LONG)
    return [answers[question] for question in questions]


BLOCK = ("torch.nn.Module", "layers.blocks.Mixin", "abc.ABC")
NET = ("layers.blocks.Block", *BLOCK)


@pytest.mark.parametrize(
    ("module", "name", "place", "qualified", "bases"),
    [
        (
            "models",
            "Model",
            "workspace/models.py:3",
            "models.Model",
            ["torchvision.models.resnet.ResNet", "nn"],
        ),
        ("torchvision.models", "ResNet", "packages/torchvision/models/resnet.py:8", None, ["nn"]),
        (
            "torchvision.models.detection",
            "Detector",
            "packages/torchvision/models/detection/__init__.py:3",
            "torchvision.models.detection.Detector",
            ["torchvision.models.resnet.ResNet", "nn"],
        ),
        ("layers", "Block", "packages/layers/blocks.py:7", "layers.blocks.Block", BLOCK),
        ("nets", "Net", "packages/nets/net.py:5", "nets.net.Net", NET),
        ("nets", "Same", "packages/nets/net.py:5", "nets.net.Net", NET),
        ("nets", "Fast", "packages/nets/net.py:5", "nets.net.Net", NET),
        ("nets.broad", "Wider", "packages/nets/wide.py:3", "nets.wide.Wider", ["nets.net.Net", *NET]),
        ("nets.wide", "First", None, "nets.wide.First", ["nets.wide.Wider", "nets.net.Net", *NET]),
        ("nets.net", "Options", None, "nets.net.Options", ["layers.blocks.Block.Options", "builtins.dict"]),
        ("nets.net", "Bound", None, "nets.net.Bound", [UNTOLD]),
        ("nets.net", "Lost", None, "nets.net.Lost", [UNTOLD]),
        ("nets.net", "Hired", None, "nets.net.Hired", ["lightning.LightningModule"]),
        ("stubbed", "Kernel", "packages/stubbed/__init__.pyi:0", "stubbed.Kernel", []),
        ("broken", "Whole", "packages/broken/__init__.py:5", "broken.Whole", [UNTOLD]),
        ("space.inner", "Inner", "packages/space/inner.py:0", "space.inner.Inner", []),
        ("stars", "Own", "packages/stars/__init__.py:2", "stars.Own", ["nn"]),
        ("stars", "Mine", "packages/stars/own.py:0", "stars.own.Mine", []),
        ("plain.net", "Plain", "workspace/plain/net.py:0", None, []),
        ("queue", "Shadow", "workspace/queue.py:0", "queue.Shadow", []),
    ],
)
def test_classes(
    resolver: Resolver,
    workspace: Path,
    module: str,
    name: str,
    place: str | None,
    qualified: str | None,
    bases: list[str],
) -> None:
    [answer] = ask(resolver, Question(module, name, str(workspace / "train.py")))
    assert answer.type == "class"
    if place is not None:
        path, line = place.rsplit(":", 1)
        assert (answer.path, answer.line) == (str(workspace.parent / path), int(line))
    if qualified is not None:
        assert answer.qualified == qualified
    assert list(answer.bases) == ["torch.nn.Module" if base == "nn" else base for base in bases]
    assert answer.returns is None


def test_ancestors_come_in_the_order_in_which_python_asks_them(resolver: Resolver, workspace: Path) -> None:
    [diamond] = ask(resolver, Question("nets.net", "Diamond", str(workspace / "train.py")))
    assert diamond.bases == ("nets.wide.Wider", "nets.net.Other", "nets.net.Net", *NET)


def test_a_circle_of_ancestors_ends(resolver: Resolver, workspace: Path) -> None:
    [answer] = ask(resolver, Question("nets.wide", "Second", str(workspace / "train.py")))
    assert answer.type == "class"
    assert answer.bases[0] == "nets.wide.Third"
    assert UNTOLD in answer.bases


@pytest.mark.parametrize(
    ("module", "name", "returns", "bases"),
    [
        ("torchvision.models", "resnet18", "torchvision.models.resnet.ResNet", ("torch.nn.Module",)),
        ("torchvision.models", "resnet34", "torchvision.models.resnet.ResNet", ("torch.nn.Module",)),
        ("nets", "create", "nets.net.Net", NET),
        ("nets", "create_any", "torch.nn.Module", ()),
        ("nets", "lazily", "nets.wide.Wider", ("nets.net.Net", *NET)),
        ("nets", "moved", "nets.net.Net", NET),
        ("nets", "outer", "nets.net.Net", NET),
        ("nets", "annotated", "nets.net.Net", NET),
        ("nets", "always", "nets.net.Net", NET),
        ("nets", "quoted", "nets.net.Net", NET),
        ("nets", "over", "nets.net.Net", NET),
        *((("nets", name, None, ())) for name in ("create_by_name", "either", "maybe", "context", "stream")),
        *((("nets", name, None, ())) for name in ("generic", "looped", "later", "kinds")),
    ],
)
def test_functions_and_the_class_of_their_result(
    resolver: Resolver, workspace: Path, module: str, name: str, returns: str | None, bases: tuple[str, ...]
) -> None:
    [answer] = ask(resolver, Question(module, name, str(workspace / "train.py")))
    assert (answer.type, answer.returns, answer.bases) == ("function", returns, bases)
    assert answer.path is not None
    assert answer.line is not None
    assert f"def {name}(" in Path(answer.path).read_text(encoding="utf-8").splitlines()[answer.line]


@pytest.mark.parametrize(
    ("module", "name", "answer"),
    [
        ("torchvision", "models", "torchvision/models/__init__.py"),
        ("torchvision.models", "", "torchvision/models/__init__.py"),
        ("torchvision.models", "detection", "torchvision/models/detection/__init__.py"),
        ("torchvision.models", "resnet", "torchvision/models/resnet.py"),
        ("nets", "broad", "nets/wide.py"),
        ("space", "inner", "space/inner.py"),
    ],
)
def test_modules(resolver: Resolver, workspace: Path, module: str, name: str, answer: str) -> None:
    [found] = ask(resolver, Question(module, name, str(workspace / "train.py")))
    assert (found.type, found.path, found.line) == (
        "module",
        str(workspace.parent / "packages" / answer),
        None,
    )


@pytest.mark.parametrize(
    ("name", "returns", "bases"),
    [
        ("default", "nets.net.Net", NET),
        ("typed", "nets.net.Net", NET),
        ("rate", "builtins.float", ()),
    ],
)
def test_instances(resolver: Resolver, workspace: Path, name: str, returns: str, bases: tuple[str, ...]) -> None:
    [answer] = ask(resolver, Question("nets", name, str(workspace / "train.py")))
    assert (answer.type, answer.qualified, answer.returns) == ("instance", f"nets.{name}", returns)
    assert answer.bases == bases


@pytest.mark.parametrize(
    ("module", "name", "qualified"),
    [
        ("torch.nn", "Module", "torch.nn.Module"),
        ("torch.nn.modules.module", "Module", "torch.nn.Module"),
        ("nets", "Dense", "torch.nn.Linear"),
        ("stars", "Conv2d", "torch.nn.Conv2d"),
        ("pathlib", "Path", "pathlib.Path"),
        ("nets", "Alias", None),
        ("nets", "apex", "apex"),
        ("nets", "absent", None),
        ("nowhere", "Net", None),
        ("nowhere.at.all", "", None),
        ("models", "os; import sys", None),
        (".", "", None),
        ("", "", None),
    ],
)
def test_what_is_not_looked_into_or_not_found_is_unknown(
    resolver: Resolver, workspace: Path, module: str, name: str, qualified: str | None
) -> None:
    [answer] = ask(resolver, Question(module, name, str(workspace / "train.py")))
    assert answer == Answer("unknown", qualified=qualified)


def test_a_module_of_torch_is_told_by_its_name_alone(resolver: Resolver, workspace: Path) -> None:
    asked = [Question("torch.optim", "", str(workspace / "train.py"))]
    asked.append(Question("nets", "functional", str(workspace / "train.py")))
    assert ask(resolver, *asked) == [
        Answer("module", qualified="torch.optim"),
        Answer("module", qualified="torch.nn.functional"),
    ]


@pytest.mark.parametrize(
    ("importer", "module", "name", "qualified"),
    [
        ("app/core/run.py", "..engine", "Engine", "app.engine.Engine"),
        ("app/core/__init__.py", ".run", "", "app.core.run"),
        ("app/engine.py", ".", "queue", "app.queue"),
        ("app/engine.py", ".queue", "Queue", "app.queue.Queue"),
        ("app/engine.py", ".core", "run", "app.core.run"),
        ("app/engine.py", "app.queue", "Queue", "app.queue.Queue"),
        ("app/engine.py", "queue", "Shadow", "queue.Shadow"),
        ("trial/run.py", "beside", "Beside", "trial.beside.Beside"),
        ("trial/run.py", "models", "Model", "models.Model"),
        ("trial/run.py", "nets", "Net", "nets.net.Net"),
        ("other/run.py", "models", "Model", "models.Model"),
        ("train.py", "apart", "Apart", "apart.Apart"),
        ("src/inside/main.py", "inside.net", "Inside", "inside.net.Inside"),
        ("scripts/run.py", "helper", "helper", "helper.helper"),
        ("scripts/run.py", "models", "Model", "models.Model"),
    ],
)
def test_imports_are_seen_from_the_importing_file(
    resolver: Resolver, workspace: Path, importer: str, module: str, name: str, qualified: str
) -> None:
    [answer] = ask(resolver, Question(module, name, str(workspace / importer)))
    assert answer.qualified == qualified
    assert answer.type in ("class", "function", "module")


def test_the_nearest_folder_comes_first(resolver: Resolver, workspace: Path) -> None:
    asked = [Question("models", "Model", str(workspace / name)) for name in ("other/run.py", "scripts/run.py")]
    paths = [answer.path for answer in ask(resolver, *asked)]
    assert paths == [str(workspace / "other" / "models.py"), str(workspace / "models.py")]


def test_a_relative_import_within_torch_stays_unread(resolver: Resolver, workspace: Path) -> None:
    importer = workspace.parent / "packages" / "torch" / "nn" / "quantized.py"
    assert ask(resolver, Question("..nn", "Module", str(importer))) == [Answer("unknown", qualified="torch.nn.Module")]


def test_an_unsaved_file_imports_from_the_root(resolver: Resolver) -> None:
    asked = [Question(module, "Model", "untitled:Untitled-1") for module in ("models", ".models")]
    assert [answer.qualified for answer in ask(resolver, *asked)] == ["models.Model", "models.Model"]


def test_without_a_root_the_importers_folder_counts(workspace: Path) -> None:
    with Resolver(None, [workspace.parent / "packages"], deadline=LONG) as resolver:
        beside, installed, nowhere = ask(
            resolver,
            Question("helper", "helper", str(workspace / "scripts" / "run.py")),
            Question("nets", "create", str(workspace / "scripts" / "run.py")),
            Question("nets", "Net", "untitled:Untitled-1"),
        )
    assert (beside.type, beside.qualified) == ("function", "helper.helper")
    assert installed.returns == "nets.net.Net"
    assert nowhere.qualified == "nets.net.Net"


def test_only_the_packages_of_the_user_are_seen(resolver: Resolver, workspace: Path) -> None:
    modules = ("jedi", "parso", "torch_pitfalls", "pygls")
    asked = [Question(module, "", str(workspace / "train.py")) for module in modules]
    assert ask(resolver, *asked) == [UNKNOWN] * 4


def test_a_file_that_is_deep_long_or_no_text_costs_only_its_own_answer(tmp_path: Path) -> None:
    plant(tmp_path, {"fine.py": "class Fine: ...\n", "deep.py": "x = " + "(" * 5000 + ")" * 5000})
    (tmp_path / "binary.py").write_bytes(b"\x00\xff\xfe class Binary: ...")
    (tmp_path / "long.py").write_bytes(b"class Long: ...\n" + b"#" * 6_000_000)
    importer = str(tmp_path / "main.py")
    with Resolver(tmp_path, deadline=LONG) as resolver:
        asked = [("deep", "x"), ("binary", "Nothing"), ("long", "Absent"), ("fine", "Fine")]
        answers = ask(resolver, *(Question(module, name, importer) for module, name in asked))
    assert [answer.type for answer in answers] == ["unknown", "unknown", "unknown", "class"]


# ── what is kept and what is forgotten ──


def test_an_answer_is_kept_until_a_file_it_came_from_changes(tmp_path: Path) -> None:
    plant(
        tmp_path,
        {"models.py": "from base import Base\nclass Net(Base): ...\n", "base.py": "class Base: ...\n"},
    )
    question = Question("models", "Net", str(tmp_path / "train.py"))
    with Resolver(tmp_path, deadline=LONG) as resolver:
        assert ask(resolver, question)[0].bases == ("base.Base",)
        plant(tmp_path, {"base.py": "import torch\nclass Base(torch.nn.Module): ...\n"})
        assert ask(resolver, question)[0].bases == ("base.Base",)
        assert resolver.forget(str(tmp_path / "train.py")) == frozenset()
        assert resolver.forget(str(tmp_path / "base.py")) == {question}
        assert ask(resolver, question)[0].bases == ("base.Base", "torch.nn.Module")


@pytest.mark.parametrize("created", ["models.py", "models/__init__.py"])
def test_a_new_file_makes_a_missing_name_known(tmp_path: Path, created: str) -> None:
    question = Question("models", "Net", str(tmp_path / "train.py"))
    with Resolver(tmp_path, deadline=LONG) as resolver:
        assert ask(resolver, question) == [UNKNOWN]
        plant(tmp_path, {created: "class Net: ...\n"})
        assert resolver.forget(str(tmp_path / created)) == {question}
        assert ask(resolver, question)[0].type == "class"


def test_a_new_file_of_the_workspace_hides_an_installed_package(tmp_path: Path) -> None:
    plant(tmp_path, {"packages/models/__init__.py": "class Net: ...\n", "workspace/train.py": ""})
    question = Question("models", "Net", str(tmp_path / "workspace" / "train.py"))
    with Resolver(tmp_path / "workspace", [tmp_path / "packages"], deadline=LONG) as resolver:
        assert ask(resolver, question)[0].path == str(tmp_path / "packages" / "models" / "__init__.py")
        plant(tmp_path, {"workspace/models.py": "class Net: ...\n"})
        assert resolver.forget(str(tmp_path / "workspace" / "models.py")) == {question}
        assert ask(resolver, question)[0].path == str(tmp_path / "workspace" / "models.py")


# ── what goes wrong ──

ACTOR = """
    import json, os, sys, time

    log = open(sys.argv[1], "a", buffering=1)
    log.write(f"start {os.getpid()}\\n")
    sys.stdin.readline()
    time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(json.dumps({"ready": True}), flush=True)
    count = 0
    for line in sys.stdin:
        name = json.loads(line)["name"]
        count += 1
        log.write(f"asked {name}\\n")
        if name == "hang":
            time.sleep(600)
        if name == "crash":
            os._exit(3)
        if name == "slow":
            time.sleep(1.5)
        if name == "gate":
            while not os.path.exists(sys.argv[1] + ".open"):
                time.sleep(0.01)
        if name == "prose":
            print("no JSON", flush=True)
            continue
        if name == "list":
            print("[]", flush=True)
            continue
        if name == "half":
            print('{"type": "class"}', flush=True)
            continue
        answer = {"type": "class", "path": None, "line": None, "qualified": f"{name}{count}", "returns": None}
        print(json.dumps({**answer, "bases": [], "files": [], "names": []}), flush=True)
"""


class Actor:
    """A worker that plays whatever the question's name says."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log.txt"
        self._script = folder / "actor.py"
        self._script.write_text(textwrap.dedent(ACTOR), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-I", str(self._script), str(self._log), *arguments]

    def log(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []

    def pids(self) -> list[int]:
        return [int(line.split()[1]) for line in self.log() if line.startswith("start")]

    def open_gate(self) -> None:
        Path(f"{self._log}.open").touch()


@pytest.fixture
def actor(tmp_path: Path) -> Actor:
    return Actor(tmp_path)


def question(name: str) -> Question:
    return Question("module", name, "file.py")


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def test_no_process_starts_before_the_first_question(actor: Actor) -> None:
    with Resolver(None, command=actor.command()) as resolver:
        assert resolver.wait([], LONG) == {}
        assert actor.log() == []


@pytest.mark.parametrize("failure", ["crash", "hang", "prose", "list", "half"])
def test_a_failure_costs_one_question_and_one_process(actor: Actor, failure: str) -> None:
    with Resolver(None, deadline=3.0, command=actor.command()) as resolver:
        before, failed, after = ask(resolver, question("before"), question(failure), question("after"))
        assert (before.qualified, failed, after.qualified) == ("before1", UNKNOWN, "after1")
        assert len(actor.pids()) == 2
        assert ask(resolver, question(failure)) == [UNKNOWN]
        assert actor.log().count(f"asked {failure}") == 1


def test_a_process_killed_while_idle_is_replaced(actor: Actor) -> None:
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        ask(resolver, question("before"))
        os.kill(actor.pids()[0], signal.SIGKILL)
        time.sleep(0.2)
        assert ask(resolver, question("after"))[0].qualified == "after1"


def test_a_process_killed_in_the_middle_is_replaced(actor: Actor) -> None:
    answers: dict[Question, Answer] = {}
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        resolver.ask([question("hang"), question("after")], answers.update)
        until(lambda: "asked hang" in actor.log())
        os.kill(actor.pids()[0], signal.SIGKILL)
        until(lambda: len(answers) == 2)
    assert answers[question("hang")] == UNKNOWN
    assert answers[question("after")].qualified == "after1"


def test_processes_are_not_replaced_for_ever(actor: Actor, caplog: pytest.LogCaptureFixture) -> None:
    modules = [f"module{number}" for number in range(30)]
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        answers = ask(resolver, *(Question(module, "crash", "file.py") for module in modules))
        assert ask(resolver, question("after")) == [UNKNOWN]
    assert answers == [UNKNOWN] * 30
    assert 2 <= len(actor.pids()) <= 10
    assert "when asked for crash of module0." in caplog.messages[0]
    assert caplog.messages[-1].endswith("no other is started, names of other files stay unknown.")


def test_a_slow_start_is_waited_for_beyond_the_deadline(actor: Actor) -> None:
    with Resolver(None, command=actor.command("2"), deadline=1.0) as resolver:
        assert ask(resolver, question("name"))[0].qualified == "name1"


@pytest.mark.parametrize("command", [["/nowhere/python"], [sys.executable, "-c", "raise SystemExit(1)"]])
def test_a_process_that_does_not_start_leaves_all_unknown(command: list[str]) -> None:
    with Resolver(None, command=command) as resolver:
        assert ask(resolver, question("a"), question("b")) == [UNKNOWN, UNKNOWN]


def test_a_process_that_is_never_ready_leaves_all_unknown(actor: Actor) -> None:
    with Resolver(None, command=actor.command("600"), start=0.2) as resolver:
        assert ask(resolver, question("a"), question("b")) == [UNKNOWN, UNKNOWN]


def test_ask_answers_from_another_thread_and_in_portions(actor: Actor) -> None:
    calls: list[tuple[int, dict[Question, Answer]]] = []
    asked = [question(name) for name in ("one", "two", "slow", "three")]
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        ask(resolver, question("warm"))
        resolver.ask(asked, lambda answers: calls.append((threading.get_ident(), dict(answers))))
        until(lambda: sum(len(answers) for _, answers in calls) == 4)
    assert threading.get_ident() not in {thread for thread, _ in calls}
    assert [set(answers) for _, answers in calls] == [set(asked[:2]), set(asked[2:])]


def test_a_receiver_that_fails_does_not_end_the_service(actor: Actor, caplog: pytest.LogCaptureFixture) -> None:
    def fail(answers: Mapping[Question, Answer]) -> None:
        raise ValueError("receiver")

    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        resolver.ask([question("one")], fail)
        assert ask(resolver, question("two"))[0].qualified == "two2"
    assert "A receiver of jedi's answers failed." in caplog.messages


def test_a_file_that_changes_meanwhile_makes_the_question_be_asked_again(actor: Actor) -> None:
    answers: dict[Question, Answer] = {}
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        resolver.ask([question("gate")], answers.update)
        until(lambda: "asked gate" in actor.log())
        resolver.forget("anything.py")
        actor.open_gate()
        until(lambda: answers)
        assert answers[question("gate")].qualified == "gate2"


def test_wait_gives_up_in_time_and_lets_go_of_the_rest(actor: Actor) -> None:
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        ask(resolver, question("warm"))
        answers = resolver.wait([question("one"), question("gate"), question("never")], 2.0)
        assert answers[question("one")].qualified == "one2"
        assert answers[question("gate")] == answers[question("never")] == UNKNOWN
        actor.open_gate()
        assert ask(resolver, question("gate"))[0].qualified == "gate3"
    assert "asked never" not in actor.log()


def test_close_ends_the_process_and_wakes_those_who_wait(actor: Actor) -> None:
    resolver = Resolver(None, command=actor.command(), deadline=LONG)
    late: list[Mapping[Question, Answer]] = []
    resolver.ask([question("hang")], late.append)
    waiting = threading.Thread(target=resolver.wait, args=([question("other")], 10 * LONG))
    waiting.start()
    until(lambda: "asked hang" in actor.log())
    resolver.close()
    waiting.join(LONG)
    assert not waiting.is_alive()
    for pid in actor.pids():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    resolver.ask([question("more")], late.append)
    assert resolver.wait([question("more")], LONG) == {question("more"): UNKNOWN}
    resolver.close()
    assert late == []


def test_the_process_starts_only_once_for_many_threads(actor: Actor) -> None:
    with Resolver(None, command=actor.command(), deadline=LONG) as resolver:
        threads = [threading.Thread(target=ask, args=(resolver, question(f"q{n}"))) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
    assert len(actor.pids()) == 1


PARENT = """
    import sys, time
    from pathlib import Path
    from torch_pitfalls.names.foreign import Question, Resolver

    root, script = sys.argv[1:]
    resolver = Resolver(Path(root), deadline=600, command=[sys.executable, "-I", script])
    resolver.ask([Question("models", "Net", root + "/train.py")], lambda _: print("answered", flush=True))
    time.sleep(600)
"""

BUSY = """
    from torch_pitfalls.names.follow import Finder

    def answer(self, module, name, importer):
        print("busy", file=alive, flush=True)
        while True:
            pass

    Finder.answer = answer
"""

ALIVE = """
    import os, runpy, sys
    sys.path.append({own!r})
    alive = open({fifo!r}, "w")
    print(os.getpid(), file=alive, flush=True)
    {busy}
    runpy.run_path({worker!r}, run_name="__main__")
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("busy", [False, True])
def test_the_worker_ends_when_its_parent_is_killed(tmp_path: Path, busy: bool) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    plant(tmp_path, {"parent.py": PARENT, "models.py": "class Net: ...\n"})
    text = textwrap.dedent(ALIVE).format(
        own=str(Path(foreign.__file__).parents[2]),
        fifo=str(fifo),
        worker=str(Path(foreign.__file__).with_name("jedi_worker.py")),
        busy=textwrap.dedent(BUSY) if busy else "",
    )
    (tmp_path / "alive.py").write_text(text, encoding="utf-8")
    command = [sys.executable, str(tmp_path / "parent.py"), str(tmp_path), str(tmp_path / "alive.py")]
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    pid = None
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
            try:
                pid = int(read(reader))
                if busy:
                    assert read(reader) == b"busy\n"
                else:
                    assert parent.stdout is not None
                    assert parent.stdout.readline() == "answered\n"
            finally:
                parent.kill()
        assert read(reader) == b""  # a pipe ends when the last process that writes to it does
        pid = None
    finally:
        os.close(reader)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)


def read(reader: int) -> bytes:
    """Whatever a pipe holds; nothing once all writers are gone."""
    ready, _, _ = select.select([reader], [], [], LONG)
    assert ready, "waited too long"
    return os.read(reader, 1000)


# ── small parts ──


def test_importing_the_module_loads_neither_jedi_nor_the_means_to_start_it() -> None:
    code = "import sys, torch_pitfalls.names.foreign; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    names = set(loaded.stdout.split())
    assert "torch_pitfalls.names.foreign" in names
    assert names.isdisjoint({"jedi", "parso", "subprocess", "json", "logging", "pathlib"})


@pytest.mark.parametrize(
    ("orders", "merged"),
    [
        ([["a", "o"], ["b", "o"], ["a", "b"]], ["a", "b", "o"]),
        ([["b", "a"], ["c", "a"], ["b", "c"]], ["b", "c", "a"]),
        ([["a", "b"], ["b", "a"], ["a", "b"]], ["a", "b"]),
        ([[], []], []),
    ],
)
def test_ancestors_are_merged_as_python_does(orders: list[list[str]], merged: list[str]) -> None:
    assert linearised(orders) == merged


@pytest.mark.torch
@pytest.mark.parametrize(
    "module",
    [
        "torch.nn",
        "torch.optim",
        "torch.optim.lr_scheduler",
        "torch.utils.data",
        "torch.amp",
        "torch.cuda.amp",
    ],
)
def test_public_names_of_torch_lead_to_the_same_class(module: str) -> None:
    pytest.importorskip("torch")
    classes = [each for _, each in inspect.getmembers(importlib.import_module(module), inspect.isclass)]
    classes = [each for each in classes if each.__module__.startswith("torch.")]
    assert classes
    for each in classes:
        home, _, name = public(f"{each.__module__}.{each.__qualname__}").rpartition(".")
        assert getattr(importlib.import_module(home), name) is each


@pytest.mark.parametrize(
    ("qualified", "expected"),
    [
        ("torch.nn.modules.module.Module", "torch.nn.Module"),
        ("torch.nn.modules.Linear", "torch.nn.Linear"),
        ("torch.optim.adamw.AdamW", "torch.optim.AdamW"),
        ("torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.StepLR"),
        ("torch._tensor.Tensor", "torch.Tensor"),
        ("torch.nn.parallel.data_parallel.DataParallel", "torch.nn.DataParallel"),
        ("torch.utils.data.dataloader.DataLoader", "torch.utils.data.DataLoader"),
        (
            "torch.utils.data.distributed.DistributedSampler",
            "torch.utils.data.distributed.DistributedSampler",
        ),
        ("torch.nn.functional.relu", "torch.nn.functional.relu"),
        ("torchvision.models.ResNet", "torchvision.models.ResNet"),
    ],
)
def test_public_names(qualified: str, expected: str) -> None:
    assert public(qualified) == expected
