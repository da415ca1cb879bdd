"""Faults on request: rules that make API requests or webhook deliveries fail."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .ids import new_id

API_KINDS = ("latency", "status", "drop", "silence")
EVENT_KINDS = ("duplicate", "same_message", "delay", "reorder", "batch", "hold", "lose")


@dataclass
class Fault:
    """One rule. API kinds apply to requests, event kinds to webhook deliveries.

    Args:
        kind: API: `latency` (answer late), `status` (answer that status), `drop` (cut the
            connection), `silence` (no answer for `seconds`, then cut). Events: `duplicate`
            (the same event in a second call), `same_message` (a second event id for the same
            payload), `delay` (by `seconds`), `reorder` (collect `size`, deliver in reverse),
            `batch` (collect `size`, deliver in one call), `hold` (until released), `lose`.
        when: API kinds: `before` (the request has no effect) or `after` (it has its effect).
        app: Only this app.
        method: Only this HTTP method.
        path: Only paths that match, after the app id: `/conversations/*/messages`. `*` is
            anything.
        event: Only event types that match: `switchboard:*`.
        count: How often it applies; None is always.
        skip: How many matching requests or events it spares first.
        seconds: For latency, silence and delay; on the simulator's clock.
        status: For `status`.
        code: Error code of the body; by default the one usual for the status.
        retry_after: Value of the Retry-After header; None leaves the header out.
        size: How many events `reorder` and `batch` collect.
    """

    kind: str
    when: str = "before"
    app: str | None = None
    method: str | None = None
    path: str | None = None
    event: str | None = None
    count: int | None = None
    skip: int = 0
    seconds: float = 0.0
    status: int = 503
    code: str | None = None
    retry_after: float | str | None = None
    size: int = 2
    id: str = field(default_factory=new_id)
    hits: int = 0

    def __post_init__(self) -> None:
        """Refuse a rule that could never apply."""
        if self.kind not in API_KINDS + EVENT_KINDS:
            known = ", ".join(API_KINDS + EVENT_KINDS)
            raise ValueError(f"Unknown kind of fault {self.kind!r}; known are: {known}")
        if self.when not in ("before", "after"):
            raise ValueError(f"A fault applies 'before' or 'after', not {self.when!r}")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Fault:
        """Read a rule from JSON.

        Raises:
            ValueError: A field is unknown or missing.
        """
        known = {one.name for one in fields(cls)} - {"id", "hits"}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"A fault has no {', '.join(unknown)}; it has {sorted(known)}")
        if "kind" not in data:
            raise ValueError("A fault needs its kind")
        return cls(**data)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule with its id and how often it has applied."""
        return asdict(self)

    def applies(self) -> bool:
        """Count a match; return whether the rule applies to it."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count is not None and self.hits >= self.count:
            return False
        self.hits += 1
        return True


class Faults:
    """The active rules."""

    def __init__(self) -> None:
        """Start without rules."""
        self.rules: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Activate a rule."""
        self.rules.append(fault)
        return fault

    def remove(self, fault_id: str | None = None) -> None:
        """Remove one rule, or all."""
        self.rules = [one for one in self.rules if fault_id is not None and one.id != fault_id]

    def for_request(self, app: str, method: str, path: str) -> list[Fault]:
        """Return the faults of a request: any latencies, and at most one other."""
        applied: list[Fault] = []
        for fault in self.rules:
            if fault.kind not in API_KINDS or fault.app not in (None, app):
                continue
            if fault.method is not None and fault.method.upper() != method:
                continue
            if fault.path is not None and not fnmatch.fnmatchcase(path, fault.path):
                continue
            if any(one.kind != "latency" for one in applied) and fault.kind != "latency":
                continue
            if fault.applies():
                applied.append(fault)
        return applied

    def for_event(self, app: str, event_type: str) -> Fault | None:
        """Return the fault of an event: the first rule that applies."""
        for fault in self.rules:
            if fault.kind not in EVENT_KINDS or fault.app not in (None, app):
                continue
            if fault.event is not None and not fnmatch.fnmatchcase(event_type, fault.event):
                continue
            if fault.applies():
                return fault
        return None
