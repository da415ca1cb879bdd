"""The summary that an agent reads when a conversation is handed over."""

from zendesk_handoff.summary.budget import DEFAULT_MAX_WORDS
from zendesk_handoff.summary.extractive import summarize
from zendesk_handoff.summary.labels import labels_of
from zendesk_handoff.summary.llm import write_summary

__all__ = ["DEFAULT_MAX_WORDS", "labels_of", "summarize", "write_summary"]
