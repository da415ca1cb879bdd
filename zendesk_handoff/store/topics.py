"""Names of the signals that wake the workers of a session, in every process."""

from __future__ import annotations


def session_topic(session_id: str) -> str:
    """Name the signal for work on a session in either direction."""
    return f"session:{session_id}"


def outbox_topic(session_id: str) -> str:
    """Name the signal for a message to the agents."""
    return f"outbox:{session_id}"


def inbox_topic(session_id: str) -> str:
    """Name the signal for an event or a notice for the user."""
    return f"inbox:{session_id}"
