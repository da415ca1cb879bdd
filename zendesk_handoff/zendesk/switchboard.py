"""Switchboard actions of the Conversations API: pass, offer, accept and release control."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any


class Switchboard:
    """The switchboard actions of one connector.

    Every method raises a ``ConversationsError``, and retries by the policy of ``call``.

    Args:
        call: Makes a call, as ``Transport.call`` does.
    """

    def __init__(self, call: Callable[..., Awaitable[dict[str, Any]]]) -> None:
        """Make the actions available on a connector's transport."""
        self._call = call

    async def pass_control(
        self, conversation_id: str, to: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Pass control by name, which is safe to repeat (Conversations API: `PassControl`).

        Args:
            conversation_id: The conversation.
            to: A switchboard integration's name; ``next`` with an ``int_`` key alone: for an
                ``app_`` key it is not idempotent.
            metadata: Flat, up to 4 KB; ``dataCapture.*`` keys reach the ticket.
        """
        await self._hand_to("passControl", conversation_id, to, metadata)

    async def offer_control(
        self, conversation_id: str, to: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Offer control (Conversations API: `OfferControl`).

        An integration that control is offered to keeps receiving the conversation's events.

        Args:
            conversation_id: The conversation.
            to: A switchboard integration's name.
            metadata: As for ``pass_control``.
        """
        await self._hand_to("offerControl", conversation_id, to, metadata)

    async def accept_control(self, conversation_id: str) -> None:
        """Accept the control that was offered to us (Conversations API: `AcceptControl`)."""
        await self._call("POST", "/conversations/{}/acceptControl", conversation_id, json={})

    async def release_control(
        self, conversation_id: str, *, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Release control of a conversation (Conversations API: `ReleaseControl`)."""
        body = {"metadata": dict(metadata)} if metadata else {}
        await self._call("POST", "/conversations/{}/releaseControl", conversation_id, json=body)

    async def _hand_to(
        self, action: str, conversation_id: str, to: str, metadata: Mapping[str, Any] | None
    ) -> None:
        body: dict[str, Any] = {"switchboardIntegration": to}
        if metadata:
            body["metadata"] = dict(metadata)
        await self._call("POST", "/conversations/{}/" + action, conversation_id, json=body)
