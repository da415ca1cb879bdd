"""Requests for a person, recognised by a linear model that ships with the package."""

from zendesk_handoff.wish.reading import Wish, read

__all__ = ["Wish", "read"]
