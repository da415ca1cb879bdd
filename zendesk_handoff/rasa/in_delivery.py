"""Agents' messages that are being sent at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from zendesk_handoff.domain.session import Session

Choices = Sequence[Mapping[str, str]]


class InDelivery:
    """The inbox messages that this process is sending, and what they offer to choose from."""

    def __init__(self) -> None:
        """Start with none."""
        self._choices: dict[int, tuple[str, Choices]] = {}

    def __contains__(self, event_id: int) -> bool:
        """Tell whether a message is being sent, by the id of its inbox row."""
        return event_id in self._choices

    @contextmanager
    def sending(self, event_id: int, session_id: str, choices: Choices) -> Iterator[None]:
        """Count a message as being sent, until it is recorded as delivered or refused.

        Args:
            event_id: Its inbox row.
            session_id: Its session.
            choices: What it offers to choose from, each with ``title`` and ``payload``.
        """
        self._choices[event_id] = session_id, choices
        try:
            yield
        finally:
            self._choices.pop(event_id, None)

    def choices_of(self, session: Session) -> Choices:
        """Return what a user has to choose from.

        Users may press a button before its message is recorded as delivered.

        Args:
            session: As it was read before the user's message.
        """
        offered = [
            choices
            for session_id, choices in self._choices.values()
            if session_id == session.id and choices
        ]
        return offered[-1] if offered else session.choices or ()
