"""A call to Zendesk that has failed, as a finding."""

from __future__ import annotations

from zendesk_handoff.checks.finding import Finding, problem
from zendesk_handoff.errors import ConversationsError


def refusal(check: str, error: ConversationsError) -> Finding:
    """Make the finding: the call and Zendesk's answer, and which of the settings may be wrong.

    Args:
        check: The name of the check.
        error: Of a call to the API.
    """
    return problem(check, error.args[0], error.hint or "Run the check again in a few minutes.")
