"""Passing on of native conversations that the bot does not serve: somebody gets each of them."""

from __future__ import annotations

import asyncio

import structlog

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.errors import ApiError, NotAuthorized
from zendesk_handoff.handover.native_control import NativeControl
from zendesk_handoff.handover.reconcile import CONTROL_DELAY
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: Recorded where Zendesk has answered with success, and control has not moved.
_NOT_MOVED = "Zendesk has taken the call, and control has not moved."


class PassOn:
    """Passes control to the integration of the settings, or else to the agents.

    A call may be answered with 200 and fail nevertheless: only an event tells then (Conversations
    API: `switchboardPassControlFailure`), which may be lost. So Zendesk is asked who has control.

    Args:
        clients: The Conversations API clients.
        control: Tells who has control.
    """

    def __init__(self, clients: Clients, control: NativeControl) -> None:
        """Keep the collaborators."""
        self._clients = clients
        self._control = control

    async def pass_on(
        self, conversation: NativeConversation, connector: Connector, *, to_agents: bool = False
    ) -> bool:
        """Pass a conversation on; repeating it is safe.

        Args:
            conversation: The bot has control of it.
            connector: The conversation's.
            to_agents: Whether only the agents are to get it.

        Returns:
            Whether somebody has it now; if not, nobody will answer the user.

        Raises:
            ConversationsError: Zendesk did not answer, or not to this key; it is done again.
        """
        client = self._clients.interactive(connector.id)
        assert client is not None, "there is the connector"
        agents = connector.agent_workspace
        first = agents if to_agents else connector.only.otherwise or agents
        for target in dict.fromkeys((first, agents)):
            error = await self._try(client, conversation, target)
            if error is None:
                log.info("handoff.native.passed_on", connector=connector.id, to=target)
                return True
            log.error(
                "handoff.native.not_passed_on", connector=connector.id, to=target, error=error
            )
        return False

    async def _try(
        self, client: ConversationsClient, conversation: NativeConversation, target: str
    ) -> str | None:
        """Pass control to one party; return why it does not have it, if Zendesk refuses."""
        try:
            await client.switchboard.pass_control(conversation.conversation_id, target)
        except ApiError as error:
            if error.retryable or isinstance(error, NotAuthorized):
                raise
            return str(error)
        self._control.forget(conversation.conversation_id)
        # Just after a call, what Zendesk says of control may be from before it.
        for pause in (0.0, CONTROL_DELAY / 5, CONTROL_DELAY):
            await asyncio.sleep(pause)
            if not await self._control.is_ours(conversation, is_certain=True):
                return None
        return _NOT_MOVED
