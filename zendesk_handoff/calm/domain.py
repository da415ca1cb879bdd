"""What a handover needs in the domain of a CALM bot, in the form of a domain file."""

from __future__ import annotations

from typing import Any

from zendesk_handoff.domain.responses import OFFER, responses_in
from zendesk_handoff.summary import labels_of

ACTIONS = ("action_human_handoff", "action_end_handoff")
#: Written by the plugin, read by flows and actions of the bot that want to.
SLOTS = (
    *("handoff_status", "handoff_reason", "handoff_end_reason", "handoff_opens", "workspace"),
    "handoff_outcome",
)
#: The user's answer to the offer of a person.
ACCEPTED = "handoff_accepted"


def domain_additions(language: str | None = None) -> dict[str, Any]:
    """Return actions, slots and responses.

    No language model may fill the plugin's slots: their mappings are ``controlled``. The buttons of
    the offer fill the slot that its flow collects.

    Args:
        language: The bot's, as a BCP 47 tag; English where there are no words for it.
    """
    responses = responses_in(language)
    labels = labels_of(language)
    responses[OFFER][0]["buttons"] = [
        {"title": title.capitalize(), "payload": f"/SetSlots({ACCEPTED}={value})"}
        for title, value in ((labels.yes, "true"), (labels.no, "false"))
    ]
    slots: dict[str, Any] = {
        name: {"type": "text", "mappings": [{"type": "controlled"}]} for name in SLOTS
    }
    slots[ACCEPTED] = {"type": "bool", "mappings": [{"type": "from_llm"}]}
    return {"actions": list(ACTIONS), "slots": slots, "responses": responses}
