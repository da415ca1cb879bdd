"""A conversation as plain data, built from speaker-text pairs or from Rasa's tracker events.

The frustration score and the summary read a `Dialogue` and nothing else, so that they can be
measured on any chat log and run without a tracker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from zendesk_handoff.domain.foreign_values import mapping_of, mappings_of, text_of
from zendesk_handoff.domain.identity import Fact
from zendesk_handoff.domain.payloads import without_mark

Speaker = Literal["user", "bot"]

#: Intents that Rasa's classifiers predict when nothing fits.
FALLBACK_INTENTS = frozenset({"nlu_fallback", "out_of_scope"})

#: The commands by which CALM says the same of a message.
_FALLBACK_COMMANDS = frozenset({"cannot handle", "error"})

#: Parts of the names of actions and responses by which a bot says that it did not understand, or
#: that it has no answer.
FALLBACK_NAME_PARTS = (
    "fallback",
    "rephrase",
    "not_understood",
    "default_ask",
    "utter_default",
    "cannot_handle",
    "no_relevant_answer",
)

#: The prefix of the responses about a handover, and the action that utters them.
HANDOVER_PREFIX = "utter_handoff_"
HANDOVER_ACTION = "action_human_handoff"
#: The beginning of the ids of flows about it, and of those that Rasa brings itself.
_OTHER_FLOWS = ("human_handoff", "pattern_")
#: A slot with more levels of lists than these says nothing to anybody. Users can fill one with
#: hundreds, behind which a function that calls itself for each level would fail.
_MAX_DEPTH = 20


@dataclass(frozen=True)
class Entity:
    """An entity that the NLU extracted from a user's message.

    Attributes:
        name: Its name.
        value: Its value, as text.
        role: What tells it from others of its name: "from" and "to", or the number of a group.
    """

    name: str
    value: str
    role: str = ""


@dataclass(frozen=True)
class Turn:
    """One message of the conversation.

    Attributes:
        speaker: The author.
        text: The text as shown; a button's title if the user pressed one.
        intent: The intent that the NLU predicted for a user's message.
        entities: The entities that the NLU extracted from it.
        action: The action or response that uttered a bot's message.
        fallback: Whether the bot says, by the name of its action, that it did not understand.
    """

    speaker: Speaker
    text: str
    intent: str | None = None
    entities: tuple[Entity, ...] = ()
    action: str | None = None
    fallback: bool = False

    @property
    def about_handover(self) -> bool:
        """Whether the message is about the handover itself, by the name of its action."""
        name = self.action or ""
        return name == HANDOVER_ACTION or name.startswith(HANDOVER_PREFIX)


@dataclass(frozen=True)
class Dialogue:
    """The current session of a conversation.

    Attributes:
        turns: The messages in order.
        slots: Slots that have a value.
        locale: The user's language as a tag (`de`, `es-MX`), if known.
        active_form: The active form.
        requested_slot: The slot that the form requested last.
        flow: The id of the CALM flow that was under way, if it is not about the handover.
        flow_step: The slot that this flow waits for.
        user_facts: Names and e-mail addresses of the user, with their origins.
    """

    turns: tuple[Turn, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    active_form: str | None = None
    requested_slot: str | None = None
    flow: str | None = None
    flow_step: str | None = None
    user_facts: tuple[Fact, ...] = ()

    @property
    def user_turns(self) -> tuple[Turn, ...]:
        """The user's messages."""
        return tuple(turn for turn in self.turns if turn.speaker == "user")


def dialogue_from_turns(
    turns: Iterable[Mapping[str, Any]],
    *,
    slots: Mapping[str, Any] | None = None,
    locale: str | None = None,
) -> Dialogue:
    """Build a dialogue from `{"speaker": "user|bot", "text": …}` mappings.

    Args:
        turns: The messages in order. Any speaker other than `user` counts as the bot.
        slots: Known slots; those without a value are left out of the result.
        locale: The user's language.

    Raises:
        ValueError: A turn has no `speaker` or no textual `text`.
    """
    built = []
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, Mapping):
            raise ValueError(f"turn {number} is not an object with a speaker and a text")
        speaker, text = turn.get("speaker"), turn.get("text")
        if not isinstance(speaker, str) or not isinstance(text, str):
            raise ValueError(f"turn {number} needs a speaker (user or bot) and a text")
        built.append(Turn(speaker="user" if speaker == "user" else "bot", text=text))
    return Dialogue(turns=tuple(built), slots=_with_value(slots or {}), locale=locale)


def dialogue_from_events(
    events: Iterable[Mapping[str, Any]],
    *,
    slots: Mapping[str, Any] | None = None,
    stack: Iterable[Any] = (),
) -> Dialogue:
    """Build a dialogue from a tracker's events, as both Rasa and rasa_sdk serialise them.

    Only the current session counts: events before the last `session_started` or `restart` are
    ignored. Messages that the fallback rewound (`rewind`) stay: the user wrote them, and the bot
    did not understand them. Button payloads (`/intent{…}`, `/SetSlots(…)`) appear as the title of
    the button, or are left out if no button had one: commands are no words of the user.

    Args:
        events: Serialised events, oldest first.
        slots: The tracker's current slots; by default they are taken from the slot events.
        stack: The frames of the flows under way in a CALM bot, the lowest first.
    """
    reader = _EventReader()
    for event in events:
        reader.read(event)
    known = reader.slots if slots is None else slots
    locale = known.get("locale") or reader.locale
    requested = known.get("requested_slot")
    flow, step = _flow_under_way(stack)
    return Dialogue(
        turns=tuple(reader.turns),
        slots=_with_value(known),
        locale=locale if isinstance(locale, str) else None,
        active_form=reader.active_form,
        requested_slot=requested if isinstance(requested, str) else None,
        flow=flow,
        flow_step=step,
    )


def _flow_under_way(stack: Iterable[Any]) -> tuple[str | None, str | None]:
    """Find the uppermost flow of the bot's own, and the slot that it waits for."""
    flow = step = None
    is_on_top = False
    for frame in stack:
        if not isinstance(frame, Mapping):
            continue
        name, collect = frame.get("flow_id"), frame.get("collect")
        if collect and is_on_top:
            step = str(collect)
        is_on_top = isinstance(name, str) and not name.startswith(_OTHER_FLOWS)
        if is_on_top:
            flow, step = name, None
    return flow, step


class _EventReader:
    """A reader that collects turns, slots and forms from events, in order."""

    def __init__(self) -> None:
        self.slots: dict[str, Any] = {}
        self.locale: str | None = None
        self._start()

    def _start(self) -> None:
        self.turns: list[Turn] = []
        self.active_form: str | None = None
        self._titles: dict[str, str] = {}
        self._action: str | None = None
        self._is_lost = False  # the user's last message was not understood

    def read(self, event: Mapping[str, Any]) -> None:
        kind = event.get("event")
        if kind == "session_started":
            self._start()
        elif kind == "restart":
            self._start()
            self.slots.clear()
        elif kind == "slot":
            self.slots[str(event.get("name"))] = event.get("value")
        elif kind == "reset_slots":
            self.slots.clear()
        elif kind in ("active_loop", "form"):
            self.active_form = event.get("name")
        elif kind == "action":
            self._action = text_of(event.get("name")) or None
        elif kind == "user":
            self._read_user(event)
        elif kind == "bot":
            self._read_bot(event)

    def _read_user(self, event: Mapping[str, Any]) -> None:
        self._action = None
        metadata = mapping_of(event.get("metadata"))  # a client's own, of any form
        if isinstance(metadata.get("locale"), str):
            self.locale = metadata["locale"]
        text = text_of(event.get("text"))
        if text.startswith("/"):
            text = self._titles.get(text) or text_of(metadata.get("title"))
        if not text or text.startswith("EXTERNAL: "):  # Rasa's prefix for a triggered intent
            return
        parsed = mapping_of(event.get("parse_data"))
        intent = text_of(mapping_of(parsed.get("intent")).get("name"))
        self._is_lost = intent in FALLBACK_INTENTS or _has_failed(parsed.get("commands"))
        self.turns.append(
            Turn(
                "user",
                without_mark(text),
                intent=intent or None,
                entities=_entities(parsed.get("entities")),
            )
        )

    def _read_bot(self, event: Mapping[str, Any]) -> None:
        for button in buttons_in(mapping_of(event.get("data"))):
            if title := text_of(button.get("title")):
                self._titles[text_of(button.get("payload"))] = title
        text = text_of(event.get("text"))
        if not text:
            return
        action = text_of(mapping_of(event.get("metadata")).get("utter_action")) or self._action
        fallback = _is_fallback_name(action) or self._is_lost
        self.turns.append(Turn("bot", text, action=action, fallback=fallback))


def buttons_in(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the buttons of a bot's message, those of its cards included.

    Args:
        data: Of Rasa's event `bot`.
    """
    for holder in (data, *mappings_of(data.get("elements"))):
        for name in ("buttons", "quick_replies"):
            yield from mappings_of(holder.get(name))


def _entities(found: object) -> tuple[Entity, ...]:
    """Keep each entity once: several extractors may have extracted the same."""
    every = (
        Entity(
            str(item["entity"]),
            str(item["value"]),
            " ".join(filter(None, (text_of(item.get("role")), text_of(item.get("group"))))),
        )
        for item in mappings_of(found)
        if item.get("entity") and item.get("value") not in (None, "")
    )
    return tuple(dict.fromkeys(every))


def _has_failed(commands: object) -> bool:
    """Tell whether a CALM bot's commands for a message say that it did not understand it."""
    return isinstance(commands, list) and any(
        isinstance(each, Mapping) and str(each.get("command")) in _FALLBACK_COMMANDS
        for each in commands
    )


def _is_fallback_name(action: str | None) -> bool:
    return action is not None and any(part in action for part in FALLBACK_NAME_PARTS)


def _with_value(slots: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in slots.items()
        if value not in (None, "", [], {}) and not _is_deeper(value, _MAX_DEPTH)
    }


def _is_deeper(value: Any, depth: int) -> bool:
    """Tell whether lists and mappings are nested deeper than that."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        return False
    return depth == 0 or any(_is_deeper(each, depth - 1) for each in value)
