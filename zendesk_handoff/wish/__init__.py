"""Requests for a person, recognised by linear models that ship with the package."""

from zendesk_handoff.wish.kinds import REQUESTS, Kind
from zendesk_handoff.wish.model import LANGUAGES
from zendesk_handoff.wish.reading import Wish, read

__all__ = ["LANGUAGES", "REQUESTS", "Kind", "Wish", "read"]
