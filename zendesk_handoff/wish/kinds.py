"""Kinds of messages that speak of a person: some are requests for one."""

from __future__ import annotations

from enum import Enum


class Kind(str, Enum):
    """What a message says about a person."""

    EXPLICIT = "explicit"
    """A request for any: "agent", "let me talk to someone"."""
    ROLE = "role"
    """A request for one by role, team or name: "your manager", "put me through to billing"."""
    CALLBACK = "callback"
    """A request to be called or written to: "call me back"."""
    CONDITIONAL = "conditional"
    """One is wanted in some case, or later: "if this does not work I want a person"."""
    NEGATED = "negated"
    """No person is wanted: "I don't need an agent"."""
    PAST = "past"
    """Somebody whom the user had to do with: "the agent I spoke to said …"."""
    NUMBER = "number"
    """A question for the number or the way to reach one: "customer service number"."""
    OTHER = "other"
    """Anything else."""


#: The kinds that are requests for a person.
REQUESTS = frozenset({Kind.EXPLICIT, Kind.ROLE, Kind.CALLBACK})
