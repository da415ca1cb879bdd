"""One set of servers for the attacks of a worker, as the scenarios have it."""

from __future__ import annotations

from tests.scenarios.conftest import (
    command,
    hand_over,
    http,
    new_user,
    page,
    sim,
    status_of,
    user,
)

__all__ = [
    "command",
    "hand_over",
    "http",
    "new_user",
    "page",
    "sim",
    "status_of",
    "user",
]
