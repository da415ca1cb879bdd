"""Handling of user messages, with the router in front of the bot."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import LockError, LockStore
from rasa.core.processor import MessageProcessor

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.rasa.hook_context import HookContext, Method, Responses, collected
from zendesk_handoff.rasa.response_tracking import keep_request

log = structlog.get_logger(__name__)

_LOCK_ATTEMPTS = 3


def agent_handle_message(rasas: Method, context: HookContext) -> Method:
    """Handle a message; retry where the lock is refused, as Rasa would drop the message silently.

    A lock is refused when its ticket expired while waiting, when two processes took one at once
    from Rasa's own Redis lock store, or when Redis does not answer.

    Rasa calls ``sys.exit`` where its SQL tracker store cannot read an event, or refuses a sender
    id. One user's message would end the server for all, and again if it is stored or sent again:
    that is an error like any other here.
    """

    @wraps(rasas)
    async def handle_message(agent: Agent, message: UserMessage) -> Responses:
        async def handle() -> Responses:
            responses: Responses = await rasas(_with_lock_held(agent), message)
            return responses

        keep_request(message)
        if not context.is_installed:
            responses: Responses = await rasas(agent, message)
            return responses
        context.check_agent(agent)  # another model may have been loaded since the server started
        if await context.router.refuse_reserved(message):  # before the lock: it is the page's
            return collected(message)
        for _ in range(_LOCK_ATTEMPTS):
            try:
                async with agent.lock_store.lock(message.sender_id):
                    # Without a model Rasa drops the message; a human agent may be waiting for it.
                    return await context.route(message, agent.processor, handle)
            except LockError as error:
                refused = error
            except SystemExit as error:
                raise HandoffError("Rasa has called sys.exit for a message.") from error
        log.error("handoff.router.no_lock")
        # The bot needs the lock. Messages to human agents are ordered by the store instead.
        if await context.is_with_agents(message.sender_id):
            await context.router.route(message, agent.processor)
            return collected(message)
        raise refused

    return handle_message


class _HeldLocks(LockStore):
    """Stands for a lock store whose lock the caller holds."""

    @asynccontextmanager
    async def lock(self, *_arguments: Any, **_values: Any) -> AsyncIterator[None]:
        yield


_HELD_LOCKS = _HeldLocks()


def _with_lock_held(agent: Agent) -> Agent:
    """Copy an agent for one message; Rasa's own handling must not wait for the lock that we hold.

    Under its lock, Rasa Pro first looks for a repeated message and for a sub-agent at work, and
    answers such a message itself. So the lock is taken, and the message routed, before that.
    """
    view = copy.copy(agent)
    view.lock_store = _HELD_LOCKS
    return view


def processor_handle_message(rasas: Method, context: HookContext) -> Method:
    """Let the bot handle a message that may not have come through the agent."""

    @wraps(rasas)
    async def handle_message(processor: MessageProcessor, message: UserMessage) -> Responses:
        async def handle() -> Responses:
            responses: Responses = await rasas(processor, message)
            return responses

        return await context.route(message, processor, handle)

    return handle_message
