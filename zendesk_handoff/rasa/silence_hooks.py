"""Silence of the bot during a session, whatever else than a user message would make it speak."""

from __future__ import annotations

from functools import wraps
from typing import Any

import structlog
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.rasa.hook_context import HookContext, Method

log = structlog.get_logger(__name__)

#: The action that may be executed from outside during a session.
_END_ACTION = "action_end_handoff"


def trigger_external_user_uttered(rasas: Method, context: HookContext) -> Method:
    """Trigger an intent unless a session is open."""

    @wraps(rasas)
    async def trigger(
        processor: MessageProcessor,
        intent_name: str,
        entities: Any,
        tracker: DialogueStateTracker,
        output_channel: Any,
    ) -> None:
        sender_id = tracker.sender_id
        if await context.is_with_agents(sender_id):
            log.info("handoff.trigger.ignored", intent=intent_name)
            return
        with context.turn_from_outside(sender_id, output_channel):
            await rasas(processor, intent_name, entities, tracker, output_channel)

    return trigger


def execute_action(rasas: Method, context: HookContext) -> Method:
    """Execute an action in a turn; while a session is open, only the action that ends it."""

    @wraps(rasas)
    async def execute(
        processor: MessageProcessor,
        sender_id: str,
        action_name: str,
        output_channel: Any,
        *arguments: Any,
        **values: Any,
    ) -> Any:
        if action_name != _END_ACTION and await context.is_with_agents(sender_id):
            log.info("handoff.execute.ignored")
            return None
        with context.turn_from_outside(sender_id, output_channel):
            return await rasas(
                processor, sender_id, action_name, output_channel, *arguments, **values
            )

    return execute


def update_tracker_session(rasas: Method, context: HookContext) -> Method:
    """Start a Rasa session where it is time for one, but not while a session is open.

    Rasa's API looks for it whatever it is asked to do. ``action_session_start`` may greet the user,
    and a new session forgets the pause.
    """

    @wraps(rasas)
    async def update(
        processor: MessageProcessor, tracker: DialogueStateTracker, *arguments: Any, **values: Any
    ) -> None:
        if not await context.is_out_of_turn(tracker.sender_id):
            await rasas(processor, tracker, *arguments, **values)

    return update


def execute_side_effects(rasas: Method, context: HookContext) -> Method:
    """Send the bot's messages among new events, but not while a session is open.

    Events come from actions, and from ``POST /conversations/{id}/tracker/events``.
    """

    @wraps(rasas)
    async def execute(
        processor: MessageProcessor, events: Any, tracker: DialogueStateTracker, output_channel: Any
    ) -> None:
        if await context.is_out_of_turn(tracker.sender_id):
            events = [each for each in events if not isinstance(each, BotUttered)]
            log.info("handoff.events.silenced")
        await rasas(processor, events, tracker, output_channel)

    return execute


def process_tracker(rasas: Method, context: HookContext) -> Method:
    """Let the bot go on where a sub-agent has finished, but not while a session is open."""

    @wraps(rasas)
    async def process(
        processor: MessageProcessor,
        output_channel: Any,
        tracker: DialogueStateTracker,
        *arguments: Any,
        **values: Any,
    ) -> None:
        sender_id = tracker.sender_id
        if await context.is_out_of_turn(sender_id):
            log.info("handoff.update.ignored")
            return
        with context.turn_from_outside(sender_id, output_channel):
            await rasas(processor, output_channel, tracker, *arguments, **values)

    return process


def deliver_pending_async_update(rasas: Method, context: HookContext) -> Method:
    """Deliver a sub-agent's answer unless a session is open.

    This is decided before the lock is taken, and saves the user the announcement of an answer that
    does not come. A session may be opened while the lock is awaited: see `process_tracker`.
    """

    @wraps(rasas)
    async def deliver(
        processor: MessageProcessor, conversation_id: str, *arguments: Any, **values: Any
    ) -> bool:
        if await context.is_with_agents(conversation_id):
            log.info("handoff.update.ignored")
            return False
        return bool(await rasas(processor, conversation_id, *arguments, **values))

    return deliver
