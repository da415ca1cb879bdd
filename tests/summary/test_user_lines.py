"""The lines about the user: nothing that was told stands there unmarked."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS
from zendesk_handoff.domain.dialogue import Dialogue, Entity, Turn
from zendesk_handoff.domain.identity import KnownUser, gather
from zendesk_handoff.summary import labels_of, summarize
from zendesk_handoff.summary.layout import frame

CEO = "ceo@example.com"
JO = KnownUser(name="Jo Doe", email="jo@example.com", subject="customer-1")
SAID = Turn("user", "where is my order 10234?", intent="order_status")


def dialogue(known=None, told=(), turns=(SAID,), **slots):
    return Dialogue(turns=turns, slots=slots, user_facts=gather(known, told).facts)


def line_of(summary, value):
    [line] = [line for line in summary.splitlines() if line.endswith(value)]
    return line


@pytest.mark.parametrize("locale", ["en", "de", "es"])
@pytest.mark.parametrize("name", AGENTS[:-1])
def test_each_origin_has_its_line(locale, name):
    labels = labels_of(locale)
    proven = summarize(
        dialogue(KnownUser(name=name, subject="1"), [{"email": CEO}]), locale=locale, max_words=220
    )
    assert line_of(proven, name) == f"{labels.proven} {name}"
    assert line_of(proven, CEO) == f"{labels.told} email: {CEO}"
    of_channel = summarize(dialogue(KnownUser(name=name)), locale=locale, max_words=220)
    assert line_of(of_channel, name) == f"{labels.channel} {name}"
    told = summarize(dialogue(None, [{"name": name}]), locale=locale, max_words=220)
    assert line_of(told, name) == f"{labels.told} name: {name}"
    assert len({labels.proven, labels.channel, labels.told}) == 3


@pytest.mark.parametrize("budget", [*range(1, 60), None])
def test_however_short_the_summary_is_what_was_told_is_marked(budget):
    slots = {"email": CEO, "name": "The CEO", "order_number": "10234"}
    summary = summarize(dialogue(JO, **slots), max_words=budget)
    for value in (CEO, "The CEO"):
        for line in summary.splitlines():
            assert value not in line or line.startswith(labels_of("en").told)


def test_a_slot_that_says_what_is_proven_is_not_told_again():
    summary = summarize(dialogue(JO, email=JO.email, name="Mallory"), max_words=220)
    assert summary.count(JO.email) == 1
    assert line_of(summary, "Mallory") == "As told by the user: name: Mallory"


def test_an_entity_is_told():
    turn = Turn("user", "reach me there", entities=(Entity("email", CEO),))
    summary = summarize(dialogue(turns=(turn,)), max_words=220)
    assert line_of(summary, CEO) == f"As told by the user: email: {CEO}"


def test_addresses_are_masked_like_all_others():
    summary = summarize(dialogue(JO, email=CEO), max_words=220, redact={"email"})
    assert "@" not in summary
    assert "Signed in: Jo Doe; [e-mail]" in summary


def test_a_language_models_summary_has_the_lines_too():
    body = f"The CEO ({CEO}) wants a refund."
    summary = frame(
        dialogue(JO, email=CEO), body, reason="Asked.", labels=labels_of("en"), max_words=220
    )
    assert "\nSigned in: Jo Doe; jo@example.com\n" in summary
    assert f"\nAs told by the user: email: {CEO}\n" in summary


@pytest.mark.parametrize(
    ("value", "shown"),
    [(["Jo", "Mo"], "name: Jo, Mo"), ({"first": "Jo"}, ""), (7, "name: 7"), ([{"a": 1}], "")],
)
def test_a_slot_of_another_type_is_written_in_words_or_left_out(value, shown):
    summary = summarize(dialogue(name=value), max_words=220)
    assert "{" not in summary and "[" not in summary
    assert (f"As told by the user: {shown}" in summary) == bool(shown)
