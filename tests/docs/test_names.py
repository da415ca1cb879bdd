"""The page of renamed names: old class names still work, and the other new names exist."""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.support.observability import log_events, metric_names
from tests.support.pages import DOCS, quoted, rows, section
from zendesk_handoff import errors
from zendesk_handoff.store.engine.schema import metadata

PAGE = (DOCS / "names.md").read_text()


def renamed(heading: str) -> list[tuple[str, str]]:
    pairs = rows(section(PAGE, heading))
    return [(quoted(pair[0])[0], quoted(pair[1])[0]) for pair in pairs if len(pair) == 2]


def load(dotted: str) -> object:
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


@pytest.mark.parametrize(("old", "new"), renamed("Classes"))
def test_the_old_name_is_the_same_class(old, new):
    assert isinstance(load(new), type)
    assert load(old) is load(new)


def test_the_page_names_every_class_of_the_old_folders():
    old = {old for old, _ in renamed("Classes")}
    for folder in ("actions", "channels", "channels.lock_store", "nlu", "policies"):
        names = {f"{folder}.{name}" for name in import_module(folder).__all__}
        assert names <= old


def test_the_renamed_metrics():
    for old, new in renamed("Metrics"):
        assert old not in metric_names()
        assert new in metric_names()


def test_the_renamed_log_events():
    assert len(renamed("Log events")) > 10
    for old, new in renamed("Log events"):
        assert old not in log_events()
        assert new in log_events(), new


def test_the_renamed_columns():
    columns = {
        f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.c
    }
    assert renamed("Tables of the store")
    for old, new in renamed("Tables of the store"):
        assert old not in columns
        assert new in columns


def test_the_renamed_errors():
    assert renamed("Errors")
    for old, new in renamed("Errors"):
        assert not hasattr(errors, old)
        assert issubclass(getattr(errors, new), errors.HandoffError)
