"""The summary of a conversation for the agent who takes it over."""

from zendesk_handoff.summary.budget import DEFAULT_MAX_WORDS
from zendesk_handoff.summary.extractive import summarize
from zendesk_handoff.summary.labels import labels_of
from zendesk_handoff.summary.llm import write_summary

__all__ = ["DEFAULT_MAX_WORDS", "labels_of", "summarize", "write_summary"]
