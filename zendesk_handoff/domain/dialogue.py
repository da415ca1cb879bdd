"""A conversation as plain data, built from bare turns or from Rasa's tracker events.

Both judgements, the frustration score and the summary, read a `Dialogue` and nothing else, so
that they can be measured on any log and run wherever there is no tracker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Speaker = Literal["user", "bot"]

#: Intents that Rasa's classifiers predict when nothing fits.
FALLBACK_INTENTS = frozenset({"nlu_fallback", "out_of_scope"})

#: What the names of actions and responses that admit not having understood have in common.
FALLBACK_NAME_PARTS = ("fallback", "rephrase", "not_understood", "default_ask", "utter_default")

#: How the names of the responses about a handover begin, and the action that says them.
HANDOVER_PREFIX = "utter_handoff_"
HANDOVER_ACTION = "action_human_handoff"


@dataclass(frozen=True)
class Entity:
    """A value that the NLU found in a user's message."""

    name: str
    value: str


@dataclass(frozen=True)
class Turn:
    """One message of the conversation.

    Attributes:
        speaker: Who wrote it.
        text: What was shown; a button's title where the user pressed one.
        intent: The intent that the NLU predicted for a user's message.
        entities: What the NLU found in it.
        action: The action or response that made the bot say it.
        fallback: Whether a bot's message is, by its name, one that admits not understanding.
    """

    speaker: Speaker
    text: str
    intent: str | None = None
    entities: tuple[Entity, ...] = ()
    action: str | None = None
    fallback: bool = False

    @property
    def about_handover(self) -> bool:
        """Whether the bot talks of the handover itself here, by the name of what said it."""
        name = self.action or ""
        return name == HANDOVER_ACTION or name.startswith(HANDOVER_PREFIX)


@dataclass(frozen=True)
class Dialogue:
    """The current session of a conversation.

    Attributes:
        turns: The messages in order.
        slots: Slots that have a value.
        locale: The user's language as a tag (`de`, `es-MX`), where known.
        active_form: The form that is asking the user for something.
        requested_slot: The slot whose value the form asked for last.
    """

    turns: tuple[Turn, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    locale: str | None = None
    active_form: str | None = None
    requested_slot: str | None = None

    @property
    def user_turns(self) -> tuple[Turn, ...]:
        """Give the user's messages alone."""
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
        slots: Known slots, those without a value left out of the result.
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
    return Dialogue(turns=tuple(built), slots=_filled(slots or {}), locale=locale)


def dialogue_from_events(
    events: Iterable[Mapping[str, Any]],
    *,
    slots: Mapping[str, Any] | None = None,
) -> Dialogue:
    """Build a dialogue from a tracker's events, as both Rasa and rasa_sdk give them.

    Only the current session counts: what came before the last `session_started` or `restart` is
    history. Messages that the fallback took back (`rewind`) stay: the user did write them, and the
    bot did fail on them. Button payloads (`/intent{…}`) appear as the title of the button, or not
    at all where no button had one.

    Args:
        events: Serialised events, oldest first.
        slots: The tracker's current slots; without them they are taken from the slot events.
    """
    reader = _EventReader()
    for event in events:
        reader.read(event)
    known = reader.slots if slots is None else slots
    locale = known.get("locale") or reader.locale
    requested = known.get("requested_slot")
    return Dialogue(
        turns=tuple(reader.turns),
        slots=_filled(known),
        locale=locale if isinstance(locale, str) else None,
        active_form=reader.active_form,
        requested_slot=requested if isinstance(requested, str) else None,
    )


class _EventReader:
    """Collects what counts while events go by."""

    def __init__(self) -> None:
        self.slots: dict[str, Any] = {}
        self.locale: str | None = None
        self._start()

    def _start(self) -> None:
        self.turns: list[Turn] = []
        self.active_form: str | None = None
        self._titles: dict[str, str] = {}
        self._action: str | None = None

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
            self._action = event.get("name")
        elif kind == "user":
            self._read_user(event)
        elif kind == "bot":
            self._read_bot(event)

    def _read_user(self, event: Mapping[str, Any]) -> None:
        self._action = None
        metadata = event.get("metadata") or {}
        for key in ("locale", "language"):
            if isinstance(metadata.get(key), str):
                self.locale = metadata[key]
                break
        text = (event.get("text") or "").strip()
        if text.startswith("/"):
            text = self._titles.get(text, "")
        if not text or text.startswith("EXTERNAL: "):  # Rasa's mark for a triggered intent
            return
        parsed = event.get("parse_data") or {}
        intent = (parsed.get("intent") or {}).get("name")
        self.turns.append(
            Turn("user", text, intent=intent or None, entities=_entities(parsed.get("entities")))
        )

    def _read_bot(self, event: Mapping[str, Any]) -> None:
        data = event.get("data") or {}
        for button in data.get("buttons") or ():
            if isinstance(button, Mapping) and button.get("title"):
                self._titles[str(button.get("payload"))] = str(button["title"])
        text = (event.get("text") or "").strip()
        if not text:
            return
        action = (event.get("metadata") or {}).get("utter_action") or self._action
        asked = next((turn for turn in reversed(self.turns) if turn.speaker == "user"), None)
        fallback = _is_fallback_name(action) or (
            asked is not None and asked.intent in FALLBACK_INTENTS
        )
        self.turns.append(Turn("bot", text, action=action, fallback=fallback))


def _entities(found: Sequence[Mapping[str, Any]] | None) -> tuple[Entity, ...]:
    """Keep each entity once: several extractors may have found the same."""
    pairs = {
        (str(item["entity"]), str(item["value"])): None
        for item in found or ()
        if item.get("entity") and item.get("value") not in (None, "")
    }
    return tuple(Entity(name, value) for name, value in pairs)


def _is_fallback_name(action: str | None) -> bool:
    return action is not None and any(part in action for part in FALLBACK_NAME_PARTS)


def _filled(slots: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in slots.items() if value not in (None, "", [], {})}
