"""Dialogues and events of a Rasa conversation, for summaries."""

from __future__ import annotations

from itertools import cycle

from zendesk_handoff.domain.dialogue import dialogue_from_turns


def user_event(text, intent, **entities):
    found = [{"entity": name, "value": value} for name, value in entities.items()]
    return {
        "event": "user",
        "text": text,
        "parse_data": {"intent": {"name": intent}, "entities": found},
    }


def bot_event(text, action="utter_answer"):
    return {"event": "bot", "text": text, "metadata": {"utter_action": action}}


def talk(*texts, first="user"):
    """Make a dialogue in which user and bot take turns."""
    speakers = cycle(["user", "bot"] if first == "user" else ["bot", "user"])
    return dialogue_from_turns(
        [{"speaker": who, "text": text} for who, text in zip(speakers, texts, strict=False)]
    )
