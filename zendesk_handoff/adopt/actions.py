"""The bot's actions: one import, by which the action server finds the plugin's two."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.adopt.patch import NOTHING, Edits, applied
from zendesk_handoff.errors import CannotPatch

#: The line; the action server looks into the module for classes.
IMPORT = "from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff"
_NAMES = {"ActionEndHandoff", "ActionHumanHandoff"}
_MODULES = {"zendesk_handoff", "zendesk_handoff.actions"}


def import_actions(path: Path, text: str) -> Edits:
    """Import the plugin's actions behind a module's other imports.

    Args:
        path: The module, for errors.
        text: Its text; empty for a new one.

    Raises:
        CannotPatch: The text is no Python.
    """
    tree = _parsed(path, text)
    if imports_actions(text):
        return NOTHING
    imported = ast.dump(ast.parse(IMPORT).body[0])
    for place in (_behind_imports(tree, text), _at_end(text)):
        edits = (Edit(place, (), (IMPORT,)),)
        try:
            body = [ast.dump(node) for node in _tree(applied(text, edits)).body]
        except SyntaxError:
            continue
        if imported in body and len(body) == len(tree.body) + 1:
            return edits
    raise CannotPatch(path, f"has a form that cannot be patched; add by hand: {IMPORT}")


def imports_actions(text: str) -> bool:
    """Tell whether a module imports both actions, or the whole of their module."""
    try:
        tree = _tree(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in _MODULES and not node.level:
            names |= {alias.name for alias in node.names}
    return names >= _NAMES or "*" in names


def _parsed(path: Path, text: str) -> ast.Module:
    try:
        return _tree(text)
    except SyntaxError as error:
        raise CannotPatch(path, f"is not valid Python: {error.msg}.", line=error.lineno) from None
    except (ValueError, RecursionError):
        raise CannotPatch(path, "is not valid Python.") from None


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the bot's own code
        return ast.parse(text.removeprefix("\ufeff"))


def _behind_imports(tree: ast.Module, text: str) -> int:
    """Find the line behind the docstring and the imports at the head."""
    place = None
    for number, node in enumerate(tree.body):
        is_docstring = (
            number == 0
            and isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        )
        if not is_docstring and not isinstance(node, (ast.Import, ast.ImportFrom)):
            break
        place = node.end_lineno
    if place is not None:
        return place
    if not tree.body:
        return _at_end(text)
    return tree.body[0].lineno - 1


def _at_end(text: str) -> int:
    lines = Lines.of(text).lines
    return len(lines) - (lines[-1] == "")
