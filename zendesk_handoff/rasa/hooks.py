"""Replacement of Rasa's message handling, so that the router sees every user message.

Rasa's channels share one handler, ``Agent.handle_message``. It takes the sender's lock and calls
``MessageProcessor.handle_message``, where the bot answers. ``REPLACEMENTS`` lists what of this is
replaced, and why. The router runs inside the lock: a message that arrives while the handover
requested by an earlier one is under way waits for its outcome.

The turns of the bot are counted (`rasa.in_hand`): a session is opened by the process whose turn has
requested it.

The classes are patched, not the objects: ``PUT /model`` and ``DELETE /model`` create a new agent,
and a model server creates a new processor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.bounds import check_bounds, check_method, check_wrapped
from zendesk_handoff.rasa.bot import rasa_handle_message
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router

log = structlog.get_logger(__name__)

Responses = list[dict[str, Any]] | None
Method = Callable[..., Awaitable[Any]]

_LOCK_ATTEMPTS = 3


@dataclass(frozen=True)
class Replacement:
    """One method of Rasa's that is replaced while the router is installed.

    Args:
        owner: The class.
        method: The method's name.
        original: Rasa's method.
        replacement: The method that runs in its place.
        reason: The purpose of the replacement.
    """

    owner: type
    method: str
    original: Method
    replacement: Method
    reason: str


_router: Router | None = None
_in_hand: InHand | None = None


async def _agent_handle_message(agent: Agent, message: UserMessage) -> Responses:
    """Handle a message; retry where the lock is refused, as Rasa would drop the message silently.

    A lock is refused when its ticket expired while waiting, when two processes took one at once
    from Rasa's own Redis lock store, or when Redis does not answer.
    """
    if _router is not None:
        check_agent(agent)  # another model may have been loaded since the server started
    for _ in range(_LOCK_ATTEMPTS):
        try:
            return await _handle_with_or_without_model(agent, message)
        except LockError as error:
            refused = error
    log.error("handoff.router.no_lock")
    # The bot needs the lock. Messages to human agents are ordered by the store instead.
    if _router is not None and await _router.has_open_session(message.sender_id):
        await _router.route(message, agent.processor)
        return _collected(message)
    raise refused


async def _handle_with_or_without_model(agent: Agent, message: UserMessage) -> Responses:
    handle: Callable[..., Awaitable[Responses]] = _rasa_agent_handle_message
    if _router is None or agent.is_ready():
        return await handle(agent, message)
    # Without a model Rasa drops the message; a human agent may be waiting for it.
    async with agent.lock_store.lock(message.sender_id):
        if await _router.route(message, None):
            return _collected(message)
    return await handle(agent, message)


async def _processor_handle_message(processor: MessageProcessor, message: UserMessage) -> Responses:
    """Let the bot handle a message unless the router has routed it elsewhere."""
    if _router is not None and await _router.route(message, processor):
        return _collected(message)
    with _turn(message.sender_id):
        return await rasa_handle_message(processor, message)


async def _trigger_external_user_uttered(
    processor: MessageProcessor,
    intent_name: str,
    entities: Any,
    tracker: DialogueStateTracker,
    output_channel: Any,
) -> None:
    """Trigger an intent unless a session is open."""
    if _router is not None and await _router.has_open_session(tracker.sender_id):
        log.info("handoff.trigger.ignored", intent=intent_name)
        return
    with _turn(tracker.sender_id):
        await _rasa_trigger(processor, intent_name, entities, tracker, output_channel)


async def _execute_action(
    processor: MessageProcessor, sender_id: str, *arguments: Any, **values: Any
) -> Any:
    """Execute an action, as Rasa does, in a turn."""
    with _turn(sender_id):
        return await _rasa_execute_action(processor, sender_id, *arguments, **values)


def _turn(sender_id: str) -> AbstractContextManager[None]:
    return nullcontext() if _in_hand is None else _in_hand.turn(sender_id)


_rasa_agent_handle_message = Agent.handle_message
_rasa_trigger = MessageProcessor.trigger_external_user_uttered
_rasa_execute_action = MessageProcessor.execute_action

#: Everything of Rasa's that is replaced.
REPLACEMENTS = (
    Replacement(
        Agent,
        "handle_message",
        _rasa_agent_handle_message,
        _agent_handle_message,
        reason="no message to a human agent is lost where a lock is refused or no model is loaded",
    ),
    Replacement(
        MessageProcessor,
        "handle_message",
        rasa_handle_message,
        _processor_handle_message,
        reason="the router decides, under the sender's lock, whether the bot sees a message",
    ),
    Replacement(
        MessageProcessor,
        "trigger_external_user_uttered",
        _rasa_trigger,
        _trigger_external_user_uttered,
        reason="reminders and external triggers do not make the bot speak during a session",
    ),
    Replacement(
        MessageProcessor,
        "execute_action",
        _rasa_execute_action,
        _execute_action,
        reason="an action that is executed from outside may request a session",
    ),
)


def check_rasa() -> None:
    """Check that this Rasa is supported, and that the replaced methods are the ones that run.

    Raises:
        UnsupportedEnvironment: Messages would bypass the router.
    """
    check_bounds()
    for each in REPLACEMENTS:
        check_method(each.owner, each.method)


def install(router: Router, in_hand: InHand) -> None:
    """Put the router in front of the bot, in this process.

    Args:
        router: Decides about every user message from now on.
        in_hand: Counts the bot's turns.

    Raises:
        UnsupportedEnvironment: Messages would bypass the router.
    """
    check_rasa()
    global _router, _in_hand
    _router, _in_hand = router, in_hand
    for each in REPLACEMENTS:
        setattr(each.owner, each.method, each.replacement)


def check_agent(agent: Agent) -> None:
    """Check that the loaded bot uses the replaced methods.

    Args:
        agent: Rasa's ``Agent``, with or without a model.

    Raises:
        UnsupportedEnvironment: The class of ``Agent``, or its processor's, overrides one of them.
    """
    for each in REPLACEMENTS:
        used = agent if each.owner is Agent else agent.processor
        if used is not None:
            check_wrapped(type(used), each.method, each.replacement)


def uninstall() -> None:
    """Restore Rasa's methods."""
    global _router, _in_hand
    _router = _in_hand = None
    for each in REPLACEMENTS:
        setattr(each.owner, each.method, each.original)


def _collected(message: UserMessage) -> Responses:
    output = message.output_channel
    return output.messages if isinstance(output, CollectingOutputChannel) else None
