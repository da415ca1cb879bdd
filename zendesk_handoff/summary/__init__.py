"""The summary of a conversation for the agent who takes it over, and the outcome for the bot."""

from zendesk_handoff.summary.budget import DEFAULT_MAX_WORDS
from zendesk_handoff.summary.context_lines import add_context
from zendesk_handoff.summary.extractive import summarize
from zendesk_handoff.summary.labels import labels_of
from zendesk_handoff.summary.llm import write_summary
from zendesk_handoff.summary.outcome import find_outcome
from zendesk_handoff.summary.transcript import write_transcript

__all__ = [
    "DEFAULT_MAX_WORDS",
    "add_context",
    "find_outcome",
    "labels_of",
    "summarize",
    "write_summary",
    "write_transcript",
]
