"""A message from the agents' side, reduced to what a user can be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import msgspec

Kind = Literal["text", "image", "file"]

#: Shown in place of content without any text, so that the user can ask.
CANNOT_SHOW = "(A message of a kind that this chat cannot show.)"


@dataclass(frozen=True)
class Button:
    """Something that a user can choose or open.

    Args:
        title: Its label.
        url: The address that it opens; empty for a choice, which is sent as the user's words.
        payload: What Zendesk gets with the user's choice.
    """

    title: str
    url: str = ""
    payload: str = ""


@dataclass(frozen=True)
class Card:
    """An item of a carousel or a list.

    Args:
        title: Its title.
        description: The text below it.
        image_url: The address of its picture.
        buttons: Its buttons.
    """

    title: str
    description: str = ""
    image_url: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class FormField:
    """A question of a form.

    Args:
        label: The question.
        kind: ``text``, ``email`` or ``select``.
        hint: Shown where the answer goes.
        options: The answers of a ``select``.
    """

    label: str
    kind: str = "text"
    hint: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """Questions that a channel can show as fields; a message's text has them in words, too.

    Args:
        text: What the message says besides.
        fields: The questions.
    """

    text: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True)
class AgentMessage:
    """A message for the user.

    Args:
        id: Zendesk's id of the message.
        author: The agent's display name, or the automation's; may be empty.
        agent_id: Zendesk's id of the agent; ``None`` for automations, triggers and macros.
        kind: ``text``, ``image`` or ``file``.
        text: The text, with the addresses of its links; with a file, its caption.
        media_url: The file's address.
        media_name: The file's name.
        media_type: The file's type, for example ``image/png``.
        media_size: The file's size in bytes.
        buttons: What the user can choose or open.
        cards: The items of a carousel or a list.
        form: The questions of a form.
        is_deleted: Whether the agent has deleted it.
        avatar_url: The address of the author's picture; not checked.
    """

    id: str
    author: str = field(repr=False)
    agent_id: str | None
    kind: Kind
    text: str = field(repr=False)
    media_url: str | None = field(default=None, repr=False)
    media_name: str | None = field(default=None, repr=False)
    media_type: str | None = None
    media_size: int | None = None
    buttons: Sequence[Button] = field(default=(), repr=False)
    cards: Sequence[Card] = field(default=(), repr=False)
    form: Form | None = field(default=None, repr=False)
    is_deleted: bool = False
    avatar_url: str | None = field(default=None, repr=False)

    @property
    def is_agent(self) -> bool:
        """Whether a person wrote it."""
        return self.agent_id is not None

    @property
    def has_files(self) -> bool:
        """Whether it has a file, or cards with pictures."""
        return self.media_url is not None or any(card.image_url for card in self.cards)

    @property
    def choices(self) -> list[Button]:
        """The buttons that are sent as the user's words: the message's, then those of its cards.

        Where cards have buttons of one title, the card's title tells the choices apart.
        """
        own = [button for button in self.buttons if not button.url]
        of_cards = [
            (card, button) for card in self.cards for button in card.buttons if not button.url
        ]
        titles = Counter([*(each.title for each in own), *(each.title for _, each in of_cards)])
        return [
            *own,
            *(
                replace(button, title=f"{button.title}: {card.title}")
                if titles[button.title] > 1
                else button
                for card, button in of_cards
            ),
        ]


def write_agent_message(message: AgentMessage) -> dict[str, Any]:
    """Write a message as values that JSON has.

    Args:
        message: The message.
    """
    # Ten times as fast as dataclasses.asdict; it was a tenth of what storing an event costs.
    return cast(dict[str, Any], msgspec.to_builtins(message))


def read_agent_message(body: Any) -> AgentMessage:
    """Read a stored message.

    Args:
        body: As ``write_agent_message`` makes it; older ones lack some fields.
    """
    fields = dict(body)
    fields["buttons"] = tuple(Button(**each) for each in fields.get("buttons") or ())
    fields["cards"] = tuple(_card(each) for each in fields.get("cards") or ())
    fields["form"] = _form(fields.get("form"))
    return AgentMessage(**fields)


def _form(stored: Mapping[str, Any] | None) -> Form | None:
    if not stored:
        return None
    fields = tuple(
        FormField(**{**each, "options": tuple(each["options"])}) for each in stored["fields"]
    )
    return Form(stored["text"], fields)


def _card(stored: dict[str, Any]) -> Card:
    buttons = tuple(Button(**each) for each in stored.get("buttons") or ())
    return Card(**{**stored, "buttons": buttons})
