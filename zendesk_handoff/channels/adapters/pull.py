"""Channels that answer a request and cannot reach the user otherwise: ``rest`` and others."""

from __future__ import annotations

from zendesk_handoff.rasa.adapter import Address, ChannelAdapter


class PullAdapter(ChannelAdapter):
    """The base of adapters of channels that only answer requests.

    Messages for the user wait in the store, and go with the response to the next request.
    """

    can_push = False

    def default_address(self, recipient_id: str) -> Address | None:
        """Return ``None``: there is no way to a user."""
        return None


class RestAdapter(PullAdapter):
    """The adapter of ``rest`` and ``cmdline``."""

    is_called_by_users = True
