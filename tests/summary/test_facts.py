"""The facts in the summary: slots, entities and phrases."""

from __future__ import annotations

from tests.support.dialogues import talk
from zendesk_handoff.domain.dialogue import (
    Dialogue,
    Entity,
    Turn,
)
from zendesk_handoff.summary import summarize


def test_a_corrected_value_is_no_fact():
    found = talk(
        "A table at Chez Nous please",
        "For how many?",
        "7 people",
        "7 people at Chez Nous?",
        "Sorry, I meant 8 people",
        "8 people, then.",
    )
    facts = next(line for line in summarize(found).splitlines() if line.startswith("Facts:"))
    assert "8 people" in facts
    assert "7" not in facts


def test_a_slot_has_its_latest_value_and_occurs_once():
    turns = (
        Turn("user", "to Bonn", entities=(Entity("city", "Bonn"),)),
        Turn("bot", "When?"),
        Turn("user", "Köln instead", entities=(Entity("city", "Köln"),)),
    )
    text = summarize(Dialogue(turns=turns, slots={"city": "Köln"}), max_words=60)
    assert text.count("city: Köln") == 1
    assert "city: Bonn" not in text


def test_slots_are_written_in_plain_words():
    slots = {"wants_gift": True, "paid": False, "sizes": ["M", "L"], "raw": {"a": 1}, "count": 3}
    text = summarize(Dialogue(turns=(Turn("user", "shirts"),), slots=slots), max_words=60)
    assert "wants gift: yes; paid: no; sizes: M, L; count: 3" in text
    assert "raw" not in text


def test_what_agents_told_the_user_last_time_is_a_fact_and_the_plugins_state_is_none():
    slots = {
        "handoff_outcome": "The lamp is replaced by Friday.",
        "handoff_status": "ended",
        "handoff_opens": "2026-12-28T09:00:00+01:00",
        "handoff_contact": "asked",
    }
    text = summarize(Dialogue(turns=(Turn("user", "hello again"),), slots=slots), max_words=60)
    assert "outcome: The lamp is replaced by Friday." in text
    assert not any(word in text for word in ("ended", "2026", "asked"))


def test_an_accepted_offer_of_the_bot_is_a_fact():
    found = talk(
        "I need a hotel in the north",
        "Shall I book the Acorn Lodge on Mill Road?",
        "Yes please",
        "Done. Your reference number is QX81P.",
        "thanks",
    )
    text = summarize(found, max_words=40)
    assert "Acorn Lodge on Mill Road (yes)" in text
    assert "QX81P" in text


def test_a_name_stays_whole():
    found = talk("Two seats for The Return of the Fox in Portland, OR at 7:30 pm please")
    text = summarize(found, max_words=60)
    assert "The Return of the Fox in Portland, OR at 7:30 pm" in text
