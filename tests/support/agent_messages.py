"""Messages of agents, one of each kind that the chat page shows."""

from __future__ import annotations

from typing import Any

from tests.support.names import AGENTS, TEXTS

REPLIES = {
    "type": "text",
    "text": "A refund, or a new kettle?",
    "actions": [
        {"type": "reply", "text": "A refund", "payload": "REFUND"},
        {"type": "reply", "text": "A new kettle", "payload": "REPLACE"},
        {"type": "link", "text": "Our shop", "uri": "https://shop.example/"},
    ],
}
FORM = {
    "type": "form",
    "fields": [
        {"type": "text", "name": "name", "label": "Your name", "placeholder": "Jo Doe"},
        {"type": "email", "name": "email", "label": "E-mail", "placeholder": "you@example.com"},
        {
            "type": "select",
            "name": "size",
            "label": "Size <b>now</b>",
            "options": [{"name": "s", "label": "Small"}, {"name": "l", "label": "Large"}],
        },
    ],
}
PLACE = {
    "type": "location",
    "coordinates": {"lat": 52.516275, "long": 13.377704},
    "location": {"name": "Our shop", "address": "Pariser Platz 1, Berlin"},
}


def carousel(picture_url: str) -> dict[str, Any]:
    """Build a carousel of three cards with a picture."""
    return {
        "type": "carousel",
        "items": [
            {
                "title": f"{colour} kettle",
                "description": "1.7 l, enamel",
                "mediaUrl": picture_url,
                "actions": [
                    {"type": "postback", "text": "Choose", "payload": colour.upper()},
                    {
                        "type": "link",
                        "text": "Details",
                        "uri": f"https://shop.example/{colour}",
                    },
                ],
            }
            for colour in ("Blue", "Red", "Green")
        ],
    }


async def send_every_kind(sim: Any, conversation: str, picture: bytes) -> None:
    """Send a message of each kind, and texts of real-world variety."""
    names = iter(AGENTS * 3)
    for text in TEXTS:
        await sim.agent_text(conversation, text, agent=next(names))
    await sim.agent_image(conversation, picture, filename="blue.png", agent=next(names))
    *_, posted = await sim.messages(conversation)
    await sim.agent_file(conversation, b"%PDF-1.4", filename="invoice.pdf")
    for content in (REPLIES, carousel(posted["content"]["mediaUrl"]), PLACE, FORM):
        await sim.agent_content(conversation, content, agent=next(names))
    await sim.automation(conversation, "A trigger has no name.")
