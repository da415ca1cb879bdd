"""Notices: responses for the user that a server puts into the inbox by itself.

They go through the inbox so that they keep their place among the agents' messages.
"""

from __future__ import annotations

from typing import Any

from zendesk_handoff.store.engine.schema import inbox
from zendesk_handoff.store.engine.statement import new_rows

#: The insert of rows made by ``notice_row``; a notice that is there already is left alone.
insert_notices = new_rows(
    inbox, "connector_id", "event_id", "session_id", "kind", "body", "sent_at", "created_at"
)


def notice_row(
    connector_id: str, session_id: str, name: str, response: str, now: float
) -> dict[str, Any]:
    """Make the inbox row of a notice.

    Args:
        connector_id: The session's connector.
        session_id: The session's id.
        name: The notice's id in place of an event's; a second notice with it is not stored.
        response: The name of the response for the user.
        now: Seconds since the epoch.
    """
    return {
        "connector_id": connector_id,
        "event_id": name,
        "session_id": session_id,
        "kind": "notice",
        "body": {"response": response},
        "sent_at": "",  # sorts before Zendesk's undelivered events
        "created_at": now,
    }
