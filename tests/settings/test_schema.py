"""One declaration is enough: the reader, the report and the documentation follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from zendesk_handoff.settings.schema import block, blocks, markdown_table, read_block, setting
from zendesk_handoff.settings.values import seconds, text


@dataclass(frozen=True)
class Door:
    id: str
    password: str = setting(text, "Opens the door.", example="${PASSWORD}", secret=True)
    label: str = setting(text, "Its sign.", computed=lambda read: read["id"], shown="the id")


@dataclass(frozen=True)
class Bell:
    kind: str = setting(text, "`loud` or `quiet`.", default="quiet")
    volume: str = setting(text, "With `loud`: how loud.", default="", only_if=("kind", "loud"))


@dataclass(frozen=True)
class House:
    doors: Mapping[str, Door] = blocks(Door)
    pause: float = setting(seconds, "Seconds between two rings.", default=2.5)
    streets: tuple[str, ...] = setting(text, "Names.", default=("a", "b"), key="street")
    bell: Bell = field(default_factory=Bell, metadata=block(Bell))


def read(content):
    problems = []
    house = read_block(House, content, "", problems)
    return house, {problem.key: problem.message for problem in problems}


def test_a_block_is_read_with_its_defaults():
    house, problems = read({"doors": {"front": {"password": "p"}}})
    assert problems == {}
    assert house == House({"front": Door("front", "p", "front")})


def test_what_is_written_wins():
    content = {"doors": {1: {"password": "p", "label": "One"}}, "pause": 3, "street": "Mill Road"}
    house, _ = read({**content, "bell": {"kind": "loud", "volume": "7"}})
    assert house == House({"1": Door("1", "p", "One")}, 3.0, "Mill Road", Bell("loud", "7"))


def test_every_problem_is_reported_with_its_key():
    house, problems = read(
        {
            "doors": {"front": {"label": ""}, "back": "text"},
            "pause": 0,
            "streets": "x",
            "bell": {"kind": "loud"},
        }
    )
    assert house is not None
    assert problems == {
        "streets": "is not a setting; did you mean `street`?",
        "doors.front.password": "is missing; write ${PASSWORD}.",
        "doors.front.label": "must be a text that is not empty; write a value.",
        "doors.back": "must be a block of settings.",
        "pause": "must be a number of seconds above 0, for example 2.5.",
        "bell.volume": "is missing; write a value.",
    }


def test_a_key_like_no_other_is_answered_with_all():
    _, problems = read({"doors": {"a": {"password": "p"}}, "zzz": 1})
    assert problems == {"zzz": "is not a setting; known are doors, pause, street, bell."}


def test_a_secret_is_in_no_repr():
    assert "hunter2" not in repr(Door("front", "hunter2", "Front"))


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_no_mapping_is_no_block(content):
    assert read(content) == (None, {"": "must be a block of settings."})


def test_the_documentation_has_every_setting():
    assert markdown_table(House).splitlines() == [
        "| key | default | meaning |",
        "| --- | --- | --- |",
        "| `doors.<id>.password` | (needed) | Opens the door. Never logged. |",
        "| `doors.<id>.label` | the id | Its sign. |",
        "| `pause` | `2.5` | Seconds between two rings. |",
        "| `street` | `[a, b]` | Names. |",
        "| `bell.kind` | `quiet` | `loud` or `quiet`. |",
        "| `bell.volume` | (needed) | With `loud`: how loud. |",
    ]
