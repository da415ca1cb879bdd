"""The modules of a bot's actions: which of them defines an action that the plugin has, too."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from pathlib import Path

#: The plugin's actions. Of two with one name, an action server runs the one that it finds last.
HANDOFF, END = "action_human_handoff", "action_end_handoff"


def action_modules(folder: Path) -> list[Path]:
    """List the modules in which an action server looks for actions.

    Args:
        folder: The bot's.
    """
    module, package = folder / "actions.py", folder / "actions"
    return [module] if module.is_file() else sorted(package.rglob("*.py"))


def rivals(folder: Path) -> list[tuple[Path, str]]:
    """List modules of the bot's that define an action of the plugin's name, each with the name.

    Templates of Rasa Pro's bring such an ``action_human_handoff``.

    Args:
        folder: The bot's.
    """
    return [(file, name) for file in action_modules(folder) for name in _defined(file)]


def _defined(file: Path) -> Iterator[str]:
    """Yield the plugin's names that a method ``name`` of a class in a module returns."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the bot's own code
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "name":
            for each in ast.walk(node):
                if isinstance(each, ast.Return) and isinstance(each.value, ast.Constant):
                    if each.value.value in (HANDOFF, END):
                        yield each.value.value
