"""A user of Google Chat in a conversation with the app, and what Chat shows of its answers.

From the pages "Types of Google Chat app interaction events", "Format messages", "Send a message"
and "Google Chat API": `Message`, `Card` (https://developers.google.com/workspace/chat). An answer
is a message. What is none is refused as a whole: the user reads that the app does not respond.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from zendesk_handoff.domain.markup import WORD_JOINER

#: Bytes of the largest message.
MAX_MESSAGE = 32_000
#: Markup of texts in cards, and of others: mentions, and words in place of an address.
_TAG = re.compile(r"</?(?:b|i|u|s|strike|font|a|br)\b[^>]*>")
_MENTION = re.compile(r"<users/[^>]*>")
_LINK = re.compile(r"<https?://[^|>]*\|([^>]*)>")
_TEXT = object()
#: Fields of the messages that Rasa's channel writes; a list stands for any number of its member.
_ON_CLICK = {"action": {"actionMethodName": _TEXT, "parameters": [{}]}, "openLink": {"url": _TEXT}}
_WIDGET = {
    "textParagraph": {"text": _TEXT},
    "image": {"imageUrl": _TEXT, "onClick": _ON_CLICK},
    "buttons": [{"textButton": {"text": _TEXT, "onClick": _ON_CLICK}}],
}
_CARD = {"sections": [{"header": _TEXT, "widgets": [_WIDGET]}]}
_MESSAGE = {"text": _TEXT, "cards": [_CARD]}


def refusal_of(answer: Any) -> str | None:
    """Tell why Google Chat does not take an answer.

    Args:
        answer: The body of a response to an event; an empty object is no message.
    """
    if len(json.dumps(answer, ensure_ascii=False).encode()) > MAX_MESSAGE:
        return "the message is too large"
    unknown = _unknown(answer, _MESSAGE, "message")
    if unknown is not None:
        return f"unknown, or of another type: {unknown}"
    empty = [each for each in _widgets(answer) if len(each) != 1]
    buttons = [each["textButton"] for one in _widgets(answer) for each in one.get("buttons", ())]
    if empty or not all(each.get("text") and each.get("onClick") for each in buttons):
        return "a widget has no content"
    return None


def _unknown(value: Any, fields: Any, place: str) -> str | None:
    if fields is _TEXT:
        return None if isinstance(value, str) else place
    if isinstance(fields, list):
        if not isinstance(value, list):
            return place
        found = (_unknown(each, fields[0], place) for each in value)
        return next((each for each in found if each is not None), None)
    if not isinstance(value, dict):
        return place
    for name, inner in value.items():
        if name not in fields:
            return f"{place}.{name}"
        found = _unknown(inner, fields[name], f"{place}.{name}")
        if found is not None:
            return found
    return None


def _widgets(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for card in message.get("cards", ()):
        for section in card["sections"]:
            yield from section["widgets"]


class GoogleChatUser:
    """A person in a direct conversation with the app; the answer comes with each event."""

    _numbers = itertools.count(1)

    def __init__(self, rasa_url: str, http: aiohttp.ClientSession) -> None:
        self.name = f"王 小明 {uuid.uuid4().hex[:6]}"
        self.messages: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self._url, self._http = f"{rasa_url}/webhooks/hangouts/webhook", http

    async def says(self, text: str, **fields: Any) -> str:
        return await self.sends(text=text, **fields)

    async def sends(self, *, status: int = 200, **fields: Any) -> str:
        """Send a message; one without words has no ``text``. Return what is shown in response."""
        name = f"spaces/A/messages/{next(self._numbers)}"
        message = {"name": name, "sender": self._person(), **fields}
        return await self.causes("MESSAGE", status=status, message=message)

    def edits(self, text: str) -> None:
        """Edit the last message: of the types of interaction events none is for that."""

    async def presses(self, title: str) -> str:
        """Press the last button with a title."""
        holder, button = next(
            (message, each["textButton"])
            for message in reversed(self.messages)
            for widget in _widgets(message)
            for each in widget.get("buttons", ())
            if each["textButton"]["text"] == title
        )
        message = {"name": "spaces/A/messages/app", "sender": {"type": "BOT"}, **holder}
        action = button["onClick"]["action"]
        return await self.causes("CARD_CLICKED", message=message, action=action)

    async def causes(self, kind: str, *, status: int = 200, **fields: Any) -> str:
        """Cause an interaction event; return what is shown in response, as JSON."""
        event = {"type": kind, "space": {"type": "DM"}, "user": self._person(), **fields}
        async with self._http.post(self._url, json=event) as answer:
            assert answer.status == status, await answer.text()
            if status != 200:
                return ""
            message = await answer.json()
        refusal = refusal_of(message)
        if refusal is not None:
            self.refused.append(refusal)
            return ""
        if message:
            self.messages.append(message)
        return json.dumps(message, ensure_ascii=False)

    def texts(self) -> list[str]:
        """List the texts as people read them, who see the effects of markup."""
        plain = [each["text"] for each in self.messages if each.get("text")]
        shown = [_LINK.sub(r"\1", _MENTION.sub("@all", each)) for each in plain]
        for message in self.messages:
            for widget in _widgets(message):
                if "textParagraph" in widget:
                    shown.append(html.unescape(_TAG.sub("", widget["textParagraph"]["text"])))
        return [each.replace(WORD_JOINER, "") for each in shown]

    def pictures(self) -> list[str]:
        """List the addresses of the pictures that are shown."""
        widgets = (each for message in self.messages for each in _widgets(message))
        return [each["image"]["imageUrl"] for each in widgets if "image" in each]

    def seen(self) -> list[str]:
        """List all that is shown, as JSON."""
        return [json.dumps(each, ensure_ascii=False) for each in self.messages]

    def _person(self) -> dict[str, str]:
        return {"name": "users/1", "displayName": self.name, "type": "HUMAN"}
