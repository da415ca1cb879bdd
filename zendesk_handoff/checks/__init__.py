"""The checks behind ``zendesk-handoff check``; the servers run the quick ones when they start.

Each check is a function that returns findings. None prints anything, and none changes anything but
the round trip, which deletes what it has made.
"""

from zendesk_handoff.checks.finding import Finding, Outcome, fine, problem, skipped, warning

__all__ = ["Finding", "Outcome", "fine", "problem", "skipped", "warning"]
