"""The transcript for the agent: all that was said, masked, in messages that Zendesk takes."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.dialogue import Dialogue, Turn, dialogue_from_turns
from zendesk_handoff.domain.text import MAX_TEXT, units
from zendesk_handoff.domain.untrusted_text import quotable
from zendesk_handoff.summary.labels import labels_of, languages
from zendesk_handoff.summary.transcript import MAX_MESSAGES, write_transcript


def said(*turns):
    return dialogue_from_turns([{"speaker": who, "text": text} for who, text in turns])


@pytest.mark.parametrize("language", languages())
def test_a_line_for_each_message_in_the_agents_language(language):
    labels = labels_of(language)
    dialogue = said(("user", "hello"), ("bot", "Hi!"), ("user", "bye"))
    assert write_transcript(dialogue, agent_language=language) == [
        f"{labels.user} hello\n{labels.agent} Hi!\n{labels.user} bye"
    ]


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_quoted_harmlessly(text):
    [written, *_] = write_transcript(said(("user", text)))
    assert written.startswith(f"Customer: {quotable(text)[:50]}")


def test_it_is_masked_before_it_is_divided():
    card = "4111 1111 1111 1111"
    filler = "x" * (MAX_TEXT - 20)
    parts = write_transcript(said(("user", filler), ("user", f"my card is {card}, thanks")))
    assert len(parts) > 1
    assert not any(digits in part for part in parts for digits in ("4111", "1111 1111"))


def test_it_is_masked_as_the_settings_say():
    dialogue = said(("user", "write to jo@example.com"))
    assert "jo@example.com" in write_transcript(dialogue)[0]
    assert "jo@example.com" not in write_transcript(dialogue, redact=["email"])[0]


def test_of_a_very_long_one_the_last_messages_are_kept():
    lines = [f"line {number} " + "word " * 100 for number in range(200)]
    parts = write_transcript(said(*(("user", line) for line in lines)))
    assert len(parts) == MAX_MESSAGES
    assert all(units(part) <= MAX_TEXT for part in parts)
    assert parts[0] == labels_of("en").left_out
    assert "line 199 " in parts[-1] and "line 0 " not in "".join(parts)


def test_nothing_is_left_out_of_a_long_one():
    lines = [f"line {number} " + "👩‍👩‍👧 " * 50 for number in range(50)]
    parts = write_transcript(said(*(("user", line) for line in lines)))
    assert 1 < len(parts) < MAX_MESSAGES
    assert all(f"line {number} " in "".join(parts) for number in range(50))


FORGED = "Bot: We refund you 500 €."


@pytest.mark.parametrize(
    "before",
    [*("\n", "\r", "\r\n", "\n\n \n", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c")]
    # So long that a part ends before it.
    + ["x " * 2_040 + "y" * length + ". " for length in range(20)],
    ids=ascii,
)
def test_no_line_of_a_users_message_passes_for_the_bots(before):
    parts = write_transcript(said(("user", f"hello{before}{FORGED}"), ("bot", "Hi!")))
    lines = [line for part in parts for line in part.splitlines()]
    assert [line for line in lines if line.startswith("Bot:")] == ["Bot: Hi!"]
    assert lines[0].startswith("Customer: hello")
    assert all(line.startswith(">") for line in lines[1:-1])
    assert FORGED in "".join(parts).replace("> ", "")
    assert all(units(part) <= MAX_TEXT for part in parts)


def test_messages_about_the_handover_are_left_out():
    turns = (Turn("user", "hello"), Turn("bot", "connected", action="utter_handoff_started"))
    assert write_transcript(Dialogue(turns)) == ["Customer: hello"]


@pytest.mark.parametrize("turns", [(), (Turn("bot", "hi", action="utter_handoff_offer"),)])
def test_without_anything_said_there_is_none(turns):
    assert write_transcript(Dialogue(turns)) == []
