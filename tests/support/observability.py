"""The log events and metrics that the package's code has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from tests.support.pages import ROOT
from zendesk_handoff import metrics

LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})
_EVENT = re.compile(r"[a-z]+(?:\.[a-z_]+)+")


@cache
def log_events() -> dict[str, set[str]]:
    """The events by name, with the levels at which the code logs them."""
    found: dict[str, set[str]] = {}
    for file in (ROOT / "zendesk_handoff").rglob("*.py"):
        for event, level in _log_calls(file.read_text()):
            found.setdefault(event, set()).add(level)
    return found


@cache
def metric_names() -> set[str]:
    """The metrics' names, as Prometheus shows them."""
    text = metrics.render(metrics.StoreFigures({}, [], []), connectors=["support"]).decode()
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")  # beside each counter once it has counted
    }


def _log_calls(code: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=level), args=[ast.Constant(value=str(event)), *_]
            ) if level in LEVELS and _EVENT.fullmatch(event):
                yield event, level
