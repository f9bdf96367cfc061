"""Cutting a text into chunks, keeping them through edits, and parsing what can be parsed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_pitfalls.syntax.chunks import split
from torch_pitfalls.syntax.document import Document
from torch_pitfalls.syntax.parse import HOLE, parse
from torch_pitfalls.syntax.units import Chunk
from torch_pitfalls.text.edits import Edit, Span, apply
from torch_pitfalls.text.source import Source

TESTS = Path(__file__).parent
FIXTURES = sorted((TESTS / "rules").glob("*.py"))
STRIDE = 37

every_fixture = pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)


def thorough(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, derandomize=True)


def statements(text: str) -> list[str]:
    """The top-level statements of a text, without their places."""
    return [ast.dump(statement) for statement in ast.parse(text).body]


def found_in(text: str) -> list[str]:
    """The top-level statements of all chunks of a text."""
    return [ast.dump(statement) for piece in split(text) for statement in Chunk("x.py", 0, piece).tree.body]


# ── text that looks like Python ──

PIECES = [
    "import torch\n",
    "from torch import (\n    nn,\n    optim,\n)\n",
    "x = 1\n",
    "x = '''\ndef inside_a_text():\n'''\n",
    'x = """a " b "" c \\""" d"""\n',
    "x = 'it\\'s' \"a\" '#' # it's\n",
    "x = f\"{y!r:>{width}} {d['key']}\"\n",
    "x = 'joined \\\nover lines'\n",
    "x = [\n1,\n\n# between\n2]\n",
    "total = a + \\\nb\n",
    "if a:\n    b\nelif c: d\n# here\nelse:\n    e\n",
    "else_ = 3; finally_ = 4\n",
    "try:\n    a\nexcept (E, F) as e:\n    b\nelse:\n    c\nfinally:\n    d\n",
    "for x in y:\n    pass\nelse:\n    pass\n",
    "while True:\n\tif x:\n\t\tbreak\n",
    "with a as b, \\\n        c as d:\n    pass\n",
    "@decorator\ndef f(a, *b, c=(1, 2), **d): return a\n",
    "@a.b(\n    c\n)\n\n# between\n@d\nclass C(A, B):\n    x: int = 1\n\n    def m(self):\n        return self\n",
    "async def g():\n    async for x in y:\n        await x\n    async with z:\n        yield x\n",
    "match x:\n    case {'a': [1, *_]}:\n        y\n    case _:\n        z\n",
    "match = case = type = 1\n",
    "lambda: (yield)\n",
    '# a comment with \' and """ and (\n',
    "\n",
    "\x0c\n",
    "    \n",
    "# \u2028 \x85 é\n",
    "x = '\u2028 \x1c é'\n",
    "def f():\n    '''\nnot at the top\n    '''\n    return {\n'a': 1}\n",
    "class K:\n    def m(self):\n        pass\n# less indented\n    n = 1\n",
    "x = (y if a\nelse b)\n",
    "x = [y\nfor y in z\nif y]\n",
]
BREAKERS = [
    "(",
    ")",
    "[",
    "}",
    "'",
    '"',
    "'''",
    '"""',
    "\\",
    "@",
    ":",
    "def f(",
    "\r",
    "\r\n",
    " ",
    "\t",
    "f'{",
    "\0",
    "é",
]

programs = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
broken_programs = st.lists(st.sampled_from(PIECES + BREAKERS), max_size=12).map("".join)


@st.composite
def with_line_ends(draw: st.DrawFn) -> str:
    text = draw(programs)
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


@pytest.mark.parametrize("piece", PIECES)
def test_the_pieces_are_python(piece: str) -> None:
    ast.parse(piece)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_between_others_is_cut_out_whole(piece: str, end: str) -> None:
    text = f"first = 1\n{piece}last = 2\n".replace("\n", end)
    assert found_in(text) == statements(text)
    assert statements(f"{end}last = 2{end}") == found_in(split(text)[-1])


# ── chunks ──


@thorough(300)
@given(broken_programs)
def test_chunks_joined_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(pieces) == text
    assert all(pieces) or pieces == [""]


@every_fixture
def test_chunks_joined_are_the_text_wherever_it_ends(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for end in range(0, len(text), STRIDE):
        assert "".join(split(text[:end])) == text[:end]


@thorough(300)
@given(with_line_ends())
def test_chunks_hold_the_statements_of_the_file(text: str) -> None:
    assert found_in(text) == statements(text)
    assert not any(Chunk("x.py", 0, piece).broken for piece in split(text))


@thorough(150)
@given(with_line_ends())
def test_chunks_are_cut_in_the_same_way_alone_and_together(text: str) -> None:
    pieces = split(text)
    for position, piece in enumerate(pieces):
        assert split(piece) == [piece]
        assert split("".join(pieces[position:])) == pieces[position:]


@every_fixture
def test_every_definition_of_a_fixture_has_a_chunk(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert found_in(text) == statements(text)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for piece in split(text):
        body = ast.parse(piece).body
        assert not any(isinstance(node, kinds) for node in body) or len(body) == 1


@pytest.mark.parametrize(
    "text",
    [
        "@ spaced\ndef f(): pass\n",
        "@(lambda f: f)\ndef f(): pass\n",
        "x = (a\n@b)\n",
        "def f(a, b=c\n@ d): pass\n",
    ],
)
def test_an_at_sign_where_the_grammar_allows_one(text: str) -> None:
    assert found_in(text) == statements(text)


def test_comments_belong_to_the_statement_above() -> None:
    assert split("# head\n\nx = 1  # one\n# two\n\ny = 2\n# three\n") == [
        "# head\n\n",
        "x = 1  # one\n# two\n\n",
        "y = 2\n# three\n",
    ]


def test_blank_lines_at_the_start_belong_to_the_first_statement() -> None:
    assert split("\n\nx = 1\ny = 2\n") == ["\n\nx = 1\n", "y = 2\n"]


@pytest.mark.parametrize("opening", ["call(", "x = [1, 2", "d = {'a': (", "def f(a,", "class A(", "x = 'open", "@"])
def test_something_left_open_ends_at_the_next_definition(opening: str) -> None:
    text = f"import torch\n\n\n{opening}\n\n\ndef f():\n    return 1\n\n\nclass A:\n    pass\n"
    assert split(text)[-1] == "class A:\n    pass\n"
    assert statements("def f():\n    return 1\n")[0] in found_in(text)


# ── documents ──


@st.composite
def edits_of(draw: st.DrawFn, text: str) -> list[Edit]:
    """Edits one after another, the first against ``text``."""
    edits = []
    length = len(text)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, length))
        end = min(length, start + draw(st.sampled_from([0, 0, 1, 2, 5, 40, 400])))
        new = draw(st.sampled_from(["", *PIECES, *BREAKERS, "x", "\n", "    "]))
        edits.append(Edit(Span(start, end), new))
        length += len(new) - (end - start)
    return edits


@st.composite
def edited_programs(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(broken_programs)
    return text, draw(edits_of(text))


def check_document(document: Document, text: str) -> None:
    assert document.text == text
    assert document.texts == split(text)
    assert len(document.numbers) == len(set(document.numbers)) == len(document.texts)
    assert document.starts() == Document(text).starts()


@thorough(400)
@given(edited_programs())
def test_edits_give_the_chunks_of_the_new_text(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    document = Document(text)
    for edit in edits:
        text = apply(text, [edit])
        document.edit([edit])
        check_document(document, text)


@thorough(100)
@given(st.data())
def test_edits_of_a_fixture_give_the_chunks_of_the_new_text(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FIXTURES)).read_text(encoding="utf-8")
    edits = data.draw(edits_of(text))
    document = Document(text)
    document.edit(edits)
    for edit in edits:
        text = apply(text, [edit])
    check_document(document, text)


@thorough(200)
@given(broken_programs, broken_programs)
def test_replacing_gives_the_chunks_of_the_new_text(old: str, new: str) -> None:
    document = Document(old)
    document.replace(new)
    check_document(document, new)


THREE = ["def a():\n    return 1\n\n\n", "def b():\n    return 2\n\n\n", "def c():\n    return 3\n"]


def numbers_by_name(document: Document) -> dict[str, int]:
    return {text[4]: number for text, number in zip(document.texts, document.numbers, strict=True)}


def test_chunks_keep_their_numbers_when_one_is_edited() -> None:
    document = Document("".join(THREE))
    at = document.text.index("2")
    document.edit([Edit(Span(at, at + 1), "22 +\\\n 2")])
    assert document.numbers == [0, 1, 2]


def test_chunks_keep_their_numbers_when_one_is_put_between() -> None:
    document = Document("".join(THREE))
    at = document.text.index("def b")
    document.edit([Edit(Span(at, at), "def x():\n    pass\n\n\n")])
    assert numbers_by_name(document) == {"a": 0, "x": 3, "b": 1, "c": 2}


def test_chunks_keep_their_numbers_when_one_is_removed() -> None:
    document = Document("".join(THREE))
    at = document.text.index("def b")
    document.edit([Edit(Span(at, at + len(THREE[1])), "")])
    assert numbers_by_name(document) == {"a": 0, "c": 2}


def test_chunks_keep_their_numbers_when_they_change_places() -> None:
    a, b, c = THREE
    document = Document(a + b + c)
    document.replace(b + a + c)
    assert numbers_by_name(document) == {"a": 0, "b": 1, "c": 2}


def test_a_number_is_never_given_twice() -> None:
    document = Document("".join(THREE))
    at = document.text.index("def b")
    document.edit([Edit(Span(at, at + len(THREE[1])), "")])
    document.edit([Edit(Span(at, at), "def x():\n    pass\n\n\n")])
    assert numbers_by_name(document)["x"] == 3


# ── parsing ──


@thorough(300)
@given(st.one_of(broken_programs, st.text(max_size=60)))
def test_parsing_never_raises(text: str) -> None:
    tree, broken = parse(text)
    assert broken is (text_error(text) is not None)
    assert broken or HOLE not in names(tree)
    ast.dump(tree)


def text_error(text: str) -> Exception | None:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as error:
        return error
    return None


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@every_fixture
def test_parsing_a_fixture_wherever_it_ends(file: Path) -> None:
    """The chunks that are complete parse as before; of the last one, every node still has a place."""
    text = file.read_text(encoding="utf-8")
    pieces = split(text)
    starts = Document(text).starts()
    whole = [Chunk("x.py", 0, piece) for piece in pieces]
    for end in range(0, len(text), STRIDE):
        number = max(position for position, start in enumerate(starts) if start <= end)
        cut = [Chunk("x.py", 0, piece) for piece in split(text[:end])]
        complete = [chunk.text for chunk in whole[:number]]
        if len(cut) > number:
            assert [chunk.text for chunk in cut[:number]] == complete
            assert not any(chunk.broken for chunk in cut[:number])
        for chunk in cut[number:]:
            spans = [chunk.span(node) for unit in chunk.units.values() for node in unit.nodes if is_placed(node)]
            assert all(0 <= span.start <= span.end for span in spans)


def is_placed(node: ast.AST) -> bool:
    return hasattr(node, "lineno")


FUNCTION = """\
    def {name}(self, a):
        before_{name} = a
{extra}        after_{name} = a
        return a

"""
BROKEN = [
    "x = = 1", "foo(", "foo[", "x = {", "if x", "if x:", "for i in", "for i in x:", "while", "while x:", "def g(:",
    "def g(", "def g(a):", "class", "class G:", "return return", ")", "]", "else:", "elif x:", "except E:", "finally:",
    "import", "from x import", "from x import (", "loss.", "loss.backward(", "@", "@dec", "x = 'abc", "x = f'{",
    "with a as", "with a:", "with torch.no_grad(", "lambda", "x = lambda:", "x += ", "x = a if b", "match x:",
    "async", "print 'a'", "del", "global", "x: ", "x = [a for", "(a, b = c", "a b c", "$", "0x", "é = ✓", "'", "x = 'a\\",
    "try:", "try:\n            pass", "try:\n            pass\n        except", "   y = 1", "    y = 1", " y = 1",
    "while x = 1:\n            pass", "for x, y enumerate(z):\n            pass", "match x:\n            case",
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_statement_concerns_its_function_only(broken: str) -> None:
    tree, flag = parse(broken_class(f"        {broken}\n"))
    assert flag
    before, after = methods(ast.parse(broken_class(""))), methods(tree)
    assert after.keys() >= {"first", "second", "third"}
    assert ast.dump(after["first"]) == ast.dump(before["first"])
    assert ast.dump(after["third"]) == ast.dump(before["third"])
    assert {"before_second", "after_second"} <= names(after["second"])


def broken_class(extra: str) -> str:
    written = [FUNCTION.format(name=name, extra=extra * (name == "second")) for name in ("first", "second", "third")]
    return "class A(Base):\n" + "".join(written)


def methods(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("awkward", ["\u2028", "\x85", "\x0b", "\x1c", "\x0c"])
def test_a_broken_line_below_characters_that_some_take_for_line_ends(awkward: str) -> None:
    text = f"def f():\n    a = 'one {awkward} two'\n    b = 2\n    c = = 3\n    d = 4\n"
    tree, broken = parse(text)
    assert broken
    assert names(tree) == {"a", "b", HOLE, "c", "d"}


@pytest.mark.parametrize("awkward", ["", "\x0c"])
@pytest.mark.parametrize("end", ["\r", "\r\n"], ids=["CR", "CRLF"])
def test_a_broken_line_among_other_line_ends(end: str, awkward: str) -> None:
    text = f"def f():\n    a = 1{awkward}\n    b = 2\n    c = = 3\n    d = 4\n".replace("\n", end)
    tree, broken = parse(text)
    assert broken
    assert names(tree) == {"a", "b", HOLE, "c", "d"}


def test_a_hole_is_given_the_names_of_the_broken_text() -> None:
    tree, _ = parse("def f():\n    a = 1\n    optimizer.step(closure for\n    b = 2\n")
    (hole,) = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert ast.unparse(hole) == f"{HOLE}(optimizer, closure)"


def test_a_hole_keeps_the_lines_where_they_are() -> None:
    tree, _ = parse("def f():\n    x = = 1\n    y = (\n\n    z = 2\n")
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    assert [node.lineno for node in assigned] == [5]


# ── units ──


def units(text: str) -> list[str]:
    return list(Chunk("x.py", 0, text).units)


def test_units_are_functions_methods_classes_and_the_rest() -> None:
    assert units("x = 1\n") == [""]
    assert units("@d\nasync def f():\n    def g(): pass\n    class K: pass\n") == ["", "f"]
    assert units("class A:\n    def m(self): pass\n    class B:\n        def n(self): pass\n") == [
        "", "A", "A.m", "A.B", "A.B.n"]  # fmt: skip


def test_definitions_inside_statements_are_units_too() -> None:
    text = "try:\n    def f(): pass\nexcept E:\n    def f(): pass\nelse:\n    with x:\n        class A: pass\n"
    assert units(text) == ["", "f", "f#2", "A"]


def test_definitions_in_cases_are_units_too() -> None:
    assert units("match x:\n    case 1:\n        def f(): pass\n") == ["", "f"]


def same(a: str, b: str) -> dict[str, bool]:
    first, second = Chunk("x.py", 0, a), Chunk("x.py", 0, b)
    return {name: first.units[name] == second.units[name] for name in first.units}


METHODS = "class A:\n    def m(self):\n        return 1\n\n    def n(self):\n        return 2\n"


def test_units_are_equal_wherever_they_stand() -> None:
    moved = METHODS.replace("class", "# comment\n\nclass").replace("    def n", "\n    # more\n    def n")
    assert same(METHODS, moved) == {"": True, "A": True, "A.m": True, "A.n": True}


def test_units_with_other_comments_are_equal() -> None:
    assert same(METHODS, METHODS.replace("return 1", "return 1  # one\n\n"))["A.m"]


def test_units_with_other_statements_differ() -> None:
    assert same(METHODS, METHODS.replace("return 1", "return 3")) == {
        "": True,
        "A": False,
        "A.m": False,
        "A.n": True,
    }


def test_a_module_body_differs_by_its_own_statements_and_by_what_it_defines() -> None:
    assert not same("x = 1\n", "x = 2\n")[""]
    assert Chunk("x.py", 0, "def f(): pass\n").units[""] != Chunk("x.py", 0, "def g(): pass\n").units[""]
    assert not same("if a:\n    def f(): return 1\n", "if a:\n    def f(): return 2\n")[""]


@thorough(150)
@given(with_line_ends())
def test_spans_are_where_the_nodes_are(text: str) -> None:
    for piece in split(text):
        chunk = Chunk("x.py", 0, piece)
        source = Source(piece)
        for each in chunk.units.values():
            assert [node.ordinal for node in each.nodes] == list(range(len(each.nodes)))  # type: ignore[attr-defined]
            for node in each.nodes:
                if isinstance(node, ast.Name):
                    span = chunk.span(node)
                    assert piece[span.start : span.end] == node.id
                    assert source.position(span.start)[0] == node.lineno - 1


def test_spans_count_characters() -> None:
    chunk = Chunk("x.py", 0, "é = 'ü😀'; name = é\n")
    found = [node for node in ast.walk(chunk.tree) if isinstance(node, ast.Name)]
    assert [chunk.text[chunk.span(node).start : chunk.span(node).end] for node in found] == ["é", "name", "é"]
