"""Names of the signals that wake workers, in every process."""

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


def user_topic(sender_id: str) -> str:
    """Name the signal for a user's message in a native conversation, for the bot."""
    return f"user:{sender_id}"


def bot_topic(sender_id: str) -> str:
    """Name the signal for the bot's message in a native conversation, for Zendesk."""
    return f"bot:{sender_id}"
