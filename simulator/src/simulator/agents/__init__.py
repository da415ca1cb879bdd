"""Actions of an agent in the Agent Workspace, one function each."""

from collections.abc import Callable

from .context import AgentContext, find_agent
from .messages import automation, read, send, survey, typing
from .tickets import (
    close,
    delete,
    end_by_user,
    end_session,
    merge,
    remove_user,
    solve,
    transfer_to_email,
)

__all__ = ["PLAIN", "AgentContext", "automation", "find_agent", "merge", "send", "typing"]

PLAIN: dict[str, Callable[[AgentContext], object]] = {
    "read": read,
    "solve": solve,
    "close": close,
    "end_session": end_session,
    "end_by_user": end_by_user,
    "transfer_to_email": transfer_to_email,
    "csat": survey,
    "delete": delete,
    "remove_user": remove_user,
}
"""Actions without arguments, by their name in the control API."""
