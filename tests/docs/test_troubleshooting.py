"""Every message of the troubleshooting page is one that the code writes."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.pages import DOCS, ROOT

PAGE = (DOCS / "troubleshooting.md").read_text()
#: Stands for what differs, in the page's messages and in the code's.
VALUE = "\0"


def messages():
    blocks = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@cache
def templates():
    """Read the texts of the code, with a mark for each value that is put in."""
    found = set()
    for file in (ROOT / "zendesk_handoff").rglob("*.py"):
        tree = ast.parse(file.read_text())
        documentation = {id(text) for node in ast.walk(tree) if (text := docstring(node))}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if is_text(part) else VALUE for part in node.values)
                found.add("".join(parts))
            elif is_text(node) and id(node) not in documentation:
                found.add(node.value)
    return {" ".join(text.split()) for text in found}


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def docstring(node):
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) and is_text(first.value) else None


def is_written(message):
    sought = message.replace("…", VALUE)
    return any(sought in text.replace("…", VALUE) for text in templates())


@pytest.mark.parametrize("message", messages())
def test_a_message_is_written_by_the_code(message):
    assert len(message.replace("…", "").split()) >= 3, "it must say something"
    assert is_written(message)


def test_a_message_that_nobody_writes_is_noticed():
    assert not is_written("The folder … of the shop does not exist.")
    assert not is_written("What is imported by this module is named in these docstrings")
    assert len(messages()) > 25


def test_every_cause_of_a_hint_that_names_a_setting_is_on_the_page():
    """What a person can mend is what they look for."""
    code = (ROOT / "zendesk_handoff" / "zendesk" / "hints.py").read_text()
    for setting in ("key_id", "key_secret", "app_id"):
        assert f"`{setting}`" in code and f"`{setting}`" in PAGE
