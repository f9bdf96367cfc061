"""Text → tree, whatever the text. Statements that cannot be parsed become holes."""

from __future__ import annotations

import ast
import keyword
import re
import warnings

HOLE = "__hole__"
"""A function that nobody defines: its call stands for text that could not be parsed, and is given the names
of that text, so that whatever they refer to counts as touched. Alone, it stands for a whole chunk."""

_MAX_REPAIRS = 12
_MAX_NESTING = 180
_MAX_NAMES = 20
_LINES = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")
_MISPLACED = ("unexpected indent", "unindent does not match")
_NEEDS_MORE = re.compile(r"\s*(?:try|match|case|except|finally|else|elif)\b")
"""Headers that a body alone does not complete."""
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_HEADER = re.compile(r"\s*(?:if|elif|else|for|while|with|try|except|finally|async\s+for|async\s+with|match|case)\b")
_DEFINITION = re.compile(r"\s*(?:async\s+)?(?P<kind>def|class)\s+(?P<name>\w+)")
_NEEDS_BODY = re.compile(r"expected an indented block after .* on line (\d+)")


def parse(text: str) -> tuple[ast.Module, bool]:
    """Parse a chunk; never raises. The flag tells whether parts had to be replaced by holes."""
    tree = _try(text)
    if isinstance(tree, ast.Module):
        return tree, False
    return _repair(text, tree), True


def is_hole(statement: ast.stmt) -> bool:
    """Whether a statement stands for text that could not be parsed."""
    if not isinstance(statement, ast.Expr):
        return False
    named = statement.value.func if isinstance(statement.value, ast.Call) else statement.value
    return isinstance(named, ast.Name) and named.id == HOLE


def _try(text: str) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, MemoryError, RecursionError) as error:
        return SyntaxError(str(error))


def _repair(text: str, error: SyntaxError) -> ast.Module:
    lines = [line for line in _LINES.split(text) if line]
    touched: set[int] = set()
    for _ in range(_MAX_REPAIRS):
        number = _offending(error, lines, touched)
        if number is None:
            break
        touched.add(number)
        lines[number] = _replacement(lines, number, error)
        tree = _try("".join(lines))
        if isinstance(tree, ast.Module):
            return tree
        error = tree
    return ast.parse(HOLE)


def _offending(error: SyntaxError, lines: list[str], touched: set[int]) -> int | None:
    """Index of the line to replace next: where the parser stopped, or the nearest one above it."""
    body = _NEEDS_BODY.search(error.msg or "")
    number = int(body.group(1)) if body else (error.lineno or 1)
    number = min(number, len(lines)) - 1
    while number >= 0 and (number in touched or not lines[number].strip()):
        number -= 1
    return number if number >= 0 else None


def _replacement(lines: list[str], number: int, error: SyntaxError) -> str:
    line = lines[number]
    content = line.rstrip("\r\n")
    end = line[len(content) :]
    indent = content[: len(content) - len(content.lstrip())]
    hole = _hole(content)
    message = error.msg or ""
    if message.startswith(_MISPLACED):
        return f"{_indent_above(lines, number)}{hole}{end}"
    if _NEEDS_BODY.search(message) and _NEEDS_MORE.match(content):
        return f"{indent}{hole}{end}"
    if _NEEDS_BODY.search(message) and content.split("#")[0].rstrip().endswith(":"):
        return f"{content.split('#')[0].rstrip()} pass{end}"
    has_body = _indent_below(lines, number) > len(indent.expandtabs())
    definition = _DEFINITION.match(content)
    if definition and has_body:
        shape = "()" if definition.group("kind") == "def" else ""
        return f"{indent}{definition.group('kind')} {definition.group('name')}{shape}:{end}"
    if has_body and _HEADER.match(content):
        return f"{indent}if {hole}:{end}"
    return f"{indent}{hole}{end}"


def _hole(content: str) -> str:
    names = [name for name in dict.fromkeys(_NAME.findall(content.partition("#")[0])) if not keyword.iskeyword(name)]
    return f"{HOLE}({', '.join(names[:_MAX_NAMES])})"


def _indent_above(lines: list[str], number: int) -> str:
    """The indentation at which a statement may stand after the lines above."""
    for line in reversed(lines[:number]):
        content = line.strip()
        if content and not content.startswith("#"):
            indent = line[: len(line) - len(line.lstrip())]
            return f"{indent}    " if content.endswith(":") else indent
    return ""


def _indent_below(lines: list[str], number: int) -> int:
    for line in lines[number + 1 :]:
        content = line.strip()
        if content and not content.startswith("#"):
            expanded = line.expandtabs()
            return len(expanded) - len(expanded.lstrip())
    return 0


def too_deep(text: str) -> bool:
    """Whether brackets nest deeper than the parser can take."""
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest > _MAX_NESTING
