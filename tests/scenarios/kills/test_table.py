"""The table of places: nothing by which the product changes the world is missing."""

from __future__ import annotations

import ast

from tests.support.kill_places import BY_TIMING, PLACES, WITHOUT_KILL
from tests.support.pages import ROOT

PACKAGE = ROOT / "zendesk_handoff"
WRITES = {"write", "write_together"}
METHODS = {"POST", "PUT", "PATCH", "DELETE"}


def test_every_method_of_the_store_that_commits_is_in_the_table():
    commits = {name for file in (PACKAGE / "store").glob("*.py") for name in committing(file)}
    assert "Outbox.add" in commits
    assert commits - named() == set(WITHOUT_KILL)


def test_every_call_to_zendesk_with_an_effect_is_in_the_table():
    calls = {name for file in (PACKAGE / "zendesk").glob("*.py") for name in effects(file)}
    assert "POST /conversations/{id}/messages" in calls
    # The operator's commands, which the operator repeats: see tests/cli/setup/test_kills.py; and
    # the tags of a ticket, which are the same if they are added twice.
    assert calls - named() == {
        "PUT /tickets/{id}/tags",
        "DELETE /users/{id}",
        "POST /integrations",
        "PATCH /integrations/{id}",
        "POST /switchboards",
        "POST /webhooks",
        "PATCH /webhooks/{id}",
        "POST /triggers",
        "PUT /triggers/{id}",
    }


def named():
    """Name what the table has, in whichever process and however often."""
    places = {place for part in PLACES.values() for places in part.values() for place in places}
    return {each.partition(": ")[2].partition("#")[0] for each in places | BY_TIMING.keys()}


def committing(file):
    """Name the public methods of a module that commit, themselves or through others."""
    for owner in ast.parse(file.read_text()).body:
        if not isinstance(owner, ast.ClassDef):
            continue
        calls = {
            method.name: called(method)
            for method in owner.body
            if isinstance(method, ast.AsyncFunctionDef)
        }
        commits = set()
        while found := {name for name, of in calls.items() if of & (WRITES | commits)} - commits:
            commits |= found
        yield from (f"{owner.name}.{name}" for name in commits if not name.startswith("_"))


def called(function):
    """Name the methods that a function calls on any object."""
    return {
        node.func.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def effects(file):
    """Name the calls of a module whose method and path are literals."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        values = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if len(values) > 1 and values[0] in METHODS and str(values[1]).startswith("/"):
            yield f"{values[0]} {values[1].replace('{}', '{id}')}"
