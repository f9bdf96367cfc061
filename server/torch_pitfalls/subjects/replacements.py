"""Edits that write a new name of an API in place of an old one."""

from __future__ import annotations

import ast

from torch_pitfalls.knowledge.api_changes import Change
from torch_pitfalls.rule import Edit
from torch_pitfalls.subjects.mentions import Mention


def replaced(mention: Mention, change: Change) -> tuple[Edit, ...]:
    """Put what replaces a name in its place; empty where that is not one to one, or not what the file imports."""
    how, _, detail = change.how.partition(" ")
    if mention.imported:
        edit = mention.reimported(change.instead) if how == "same" and not detail else None
        return (edit,) if edit is not None else ()
    if not change.instead or not mention.can_spell(change.instead):
        return ()
    call = mention.call
    if how == "same":
        return (mention.renamed(change.instead),) if not detail or _is_plain(call, int(detail)) else ()
    if how == "first" and call is not None:
        argument, _, most = detail.partition(" ")
        if most and len(call.args) > int(most):
            return ()
        return mention.renamed(change.instead), mention.first_argument(argument)
    if how == "with" and call is not None:
        return mention.renamed(change.instead), mention.last_argument(detail)
    if how == "with" and mention.decorates:
        return (Edit(mention.at, f"{mention.spell(change.instead)}({detail})"),)
    return ()


def _is_plain(call: ast.Call | None, most: int) -> bool:
    """Whether a call has only so many positional arguments and no others."""
    return (
        call is not None
        and len(call.args) <= most
        and not call.keywords
        and not any(isinstance(item, ast.Starred) for item in call.args)
    )


__all__ = ["replaced"]
