"""A store in use, as the version with schema revision 0003 left it."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy.engine import Connection

from tests.support.migrations import reflect, upgrade_to

REVISION = "0003"
#: Ids of processes: one is gone, the other runs.
GONE, RUNNING = "d" * 32, "e" * 32
#: Ids of sessions, by what is special in each.
REQUESTED, OPENING, WAITING, ACTIVE, UNNOTIFIED, ENDED_BY_USER, FAILED, CLOSED = (
    f"{number:032x}" for number in range(8)
)
#: Zendesk's words for a refused message.
REFUSAL = "POST /conversations/{id}/messages: 400 bad_request"
PICTURE = bytes(range(256))
UPLOAD = "f" * 32
_LONG_AGO = 1_700_000_000.0


def fill(connection: Connection) -> None:
    """Create the tables of revision 0003, and rows in every state that the store can be left in."""
    upgrade_to(connection, REVISION)
    tables = reflect(connection)
    for name, rows in _rows().items():
        for row in rows:
            connection.execute(tables[name].insert().values(row))


def _rows() -> dict[str, list[dict[str, Any]]]:
    return {
        "sessions": _sessions(),
        "outbox": _outbox(),
        "inbox": _inbox(),
        "held": _held(),
        "chat": _chat(),
        "uploads": [
            {
                "id": UPLOAD,
                "sender_id": "page",
                "name": "crème brûlée.png",
                "media_type": "image/png",
                "data": PICTURE,
                "created_at": _LONG_AGO,
            }
        ],
    }


def _sessions() -> list[dict[str, Any]]:
    def session(session_id: str, state: str, **values: Any) -> dict[str, Any]:
        return {
            "id": session_id,
            "connector_id": "support",
            "workspace": "default",
            "sender_id": f"sender {session_id[-1]}",
            "channel": "rest",
            "state": state,
            "profile": {"givenName": "Zoë"},
            "created_at": _LONG_AGO + int(session_id, 16),
            **values,
        }

    def with_agents(session_id: str, state: str, **values: Any) -> dict[str, Any]:
        before = {"step": "pass_control", "user_id": f"u{session_id[-1]}"}
        before |= {"conversation_id": f"c{session_id[-1]}", "connected_at": _LONG_AGO + 10}
        return session(session_id, state, **{**before, "announced": True, **values})

    over = {"ended_at": _LONG_AGO + 100}
    return [
        session(REQUESTED, "requested", owner=GONE, owned_until=_LONG_AGO),
        session(
            *(OPENING, "opening"),
            **{"step": "user", "user_id": "u1", "trying": "conversation"},
            **{"owner": GONE, "owned_until": _LONG_AGO},
        ),
        with_agents(WAITING, "waiting", reminded_at=_LONG_AGO + 20, user_spoke_at=_LONG_AGO + 30),
        with_agents(
            *(ACTIVE, "active"),
            **{"agent_id": "a1", "agent_name": "Ana Smith", "agent_spoke_at": _LONG_AGO + 40},
            **{"owner": RUNNING, "owned_until": time.time() + 3600},
        ),
        with_agents(UNNOTIFIED, "ended", end_reason="agent", **over),
        with_agents(ENDED_BY_USER, "ended", end_reason="user", told=True, **over),
        with_agents(FAILED, "failed", announced=False, connected_at=None, **over),
        with_agents(CLOSED, "ended", end_reason="agent", told=True, closed=True, **over),
    ]


def _outbox() -> list[dict[str, Any]]:
    def message(session_id: str, body: dict[str, Any], **values: Any) -> dict[str, Any]:
        number = next(numbers)
        created_at = _LONG_AGO + 50 + number
        row = {"session_id": session_id, "marker": f"{number:032x}", "body": body}
        return {**row, "created_at": created_at, **values}

    def text(words: str) -> dict[str, Any]:
        return {"type": "text", "text": words}

    numbers = iter(range(100))
    sent = {"state": "done", "done_at": _LONG_AGO + 99}
    refused = {"state": "failed", "fault": REFUSAL, "done_at": _LONG_AGO + 99}
    return [
        message(OPENING, text("before the agent")),
        message(WAITING, text("sent"), **sent),
        message(WAITING, text("one")),
        message(ENDED_BY_USER, text("bye")),
        message(WAITING, text("two")),
        message(WAITING, {"type": "upload", "upload_id": UPLOAD}),
        message(ENDED_BY_USER, {"type": "leave", "reason": "user"}),
        message(FAILED, text("is anybody there?")),
        message(FAILED, {"type": "leave", "reason": "failed"}),
        message(CLOSED, text("too long"), **refused),
        message(CLOSED, {"type": "leave", "reason": "no_agent"}, **sent),
    ]


def _inbox() -> list[dict[str, Any]]:
    def event(session_id: str, kind: str, second: int, **values: Any) -> dict[str, Any]:
        number = next(numbers)
        of_kind = {"message_id": f"m{second}"} if kind == "message" else {}
        return {
            "connector_id": "support",
            "event_id": f"e{number}",
            "session_id": session_id,
            "kind": kind,
            "body": {"second": second},
            "sent_at": f"2026-01-01T10:00:{second:02}Z",
            "created_at": _LONG_AGO + 60 + number,
            **of_kind,
            **values,
        }

    numbers = iter(range(100))
    return [
        event(ACTIVE, "message", 1, state="done", done_at=_LONG_AGO + 61, media_token="t1"),
        event(ACTIVE, "message", 3),
        event(ACTIVE, "message", 2),
        event(ACTIVE, "aside", 4, state="aside"),
        event(UNNOTIFIED, "end", 5, body={"reason": "agent"}),
        event(UNNOTIFIED, "message", 6),
    ]


def _held() -> list[dict[str, Any]]:
    def held(words: str, **values: Any) -> dict[str, Any]:
        return {
            "sender_id": "pull",
            "key": f"key {words}",
            "body": {"text": words},
            "created_at": _LONG_AGO,
            **values,
        }

    return [
        held("arrived", given_at=_LONG_AGO + 1, gone_at=_LONG_AGO + 2),
        held("lost with its server", given_at=_LONG_AGO + 1),
        held("not given yet"),
        held("neither"),
    ]


def _chat() -> list[dict[str, Any]]:
    def item(body: dict[str, Any], **values: Any) -> dict[str, Any]:
        return {"sender_id": "page", "body": body, "created_at": _LONG_AGO, **values}

    work = {"text": "a human, please", "metadata": {"email": "zoe@example.com"}}
    return [
        item({"role": "start", "profile": {"email": "zoe@example.com"}}, starts=True),
        item({"role": "user", "text": "hello", "request_id": "r1"}, request_id="r1"),
        item({"role": "bot", "text": "Hi."}),
        item({"role": "user", "text": work["text"]}, request_id="r2", work=work),
    ]
