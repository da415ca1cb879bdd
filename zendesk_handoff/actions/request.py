"""The request for a session, and the wait for its outcome: the Rasa server opens it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from rasa_sdk import Tracker
from structlog.contextvars import bind_contextvars

from zendesk_handoff.actions.reason import reason_for_agents
from zendesk_handoff.actions.resources import Resources
from zendesk_handoff.actions.user import find_identity, find_language, find_workspace
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.domain.user_ids import is_shared
from zendesk_handoff.errors import ForeignSession, HandoffError, SharedSender, StoreUnavailable
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.sessions import TAKE_UP_WITHIN
from zendesk_handoff.store.topics import session_topic
from zendesk_handoff.summary import write_summary

_UNDECIDED = frozenset({State.REQUESTED, State.OPENING})
#: Seconds after ``open_timeout`` in which the opener still records the outcome.
_MARGIN = 5.0
#: Seconds between two looks at the session, should a signal be lost.
_LOOK_AGAIN = 1.0


async def request_session(resources: Resources, tracker: Tracker) -> Session:
    """Request a session for a conversation, and wait until it is opened or has failed.

    Args:
        resources: Settings and store.
        tracker: The conversation; the summary is written from it.

    Returns:
        The session. If it is not connected, it has ended, or the outcome is not known yet or known
        to the user: there is nothing to say.

    Raises:
        HandoffError: The handover has failed, and the user is to be told by the caller.
    """
    if is_shared(tracker.sender_id, resources.settings.shared_senders):
        raise SharedSender
    workspace = find_workspace(tracker)
    connector = resources.settings.connector_for(workspace)
    bind_contextvars(connector=connector.id)
    identity, channel = find_identity(tracker), tracker.get_latest_input_channel() or ""
    profile = identity.profile()
    # In a thread, as its cost grows with the conversation.
    dialogue = await asyncio.to_thread(dialogue_from_events, tracker.events, slots=tracker.slots)
    dialogue = replace(dialogue, user_facts=identity.facts)
    reason = reason_for_agents(tracker, connector.agent_language)
    store, take_up_within = resources.store, min(TAKE_UP_WITHIN, resources.settings.open_timeout)
    with store.signals.hurry():
        session = await store.sessions.request(
            tracker.sender_id,
            connector.id,
            workspace=workspace,
            channel=channel,
            reason=reason,
            summary=await write_summary(
                dialogue,
                resources.settings.summary,
                reason=reason,
                locale=find_language(tracker),
                agent_language=connector.agent_language,
                redact=resources.settings.redact,
            ),
            profile=profile,
            origins=identity.origins(),
            subject=identity.subject,
            take_up_within=take_up_within,
        )
        bind_contextvars(session=session.id)
        if channel and session.channel not in {"", channel}:
            # Found, not made: a server that shares no locks with the other let the message pass.
            raise ForeignSession
        session = await _wait(store, session, _is_taken_up, take_up_within)
        await _withdraw_if_requested(store, session)
        timeout = resources.settings.open_timeout + _MARGIN
        session = await _wait(store, session, _is_decided, timeout)
    await _withdraw_if_requested(store, session)
    await _raise_failure(store, session)
    return session


def _is_taken_up(session: Session) -> bool:
    return session.state is not State.REQUESTED


def _is_decided(session: Session) -> bool:
    return session.state not in _UNDECIDED


async def _wait(
    store: Store, session: Session, is_over: Callable[[Session], bool], seconds: float
) -> Session:
    """Wait until a session satisfies a condition, and return it as last read."""
    deadline = time.monotonic() + seconds
    with store.signals.watch(session_topic(session.id)) as changed:
        while True:
            changed.clear()
            with suppress(StoreUnavailable):
                session = await store.sessions.get(session.id) or session
            left = deadline - time.monotonic()
            if is_over(session) or left <= 0:
                return session
            await is_set_within(changed, min(left, _LOOK_AGAIN))


async def _withdraw_if_requested(store: Store, session: Session) -> None:
    """Withdraw a request that no server has taken up, so that it cannot be opened later."""
    with suppress(StoreUnavailable):  # the servers withdraw it once the store answers again
        if session.state is State.REQUESTED and await store.requests.withdraw(session.id):
            raise HandoffError(
                f"No Rasa server with the plugin on this store ({store.database.name}) has the "
                "conversation in hand. Is `zendesk_handoff.channels.ZendeskInput` in the "
                "credentials of the server that runs this bot, and is its store_url this one?"
            )


async def _raise_failure(store: Store, session: Session) -> None:
    """Raise the failure of a session, unless another process notifies the user of it."""
    with suppress(StoreUnavailable):
        if session.state is State.FAILED and await store.requests.claim_failure(session.id):
            raise HandoffError("The Rasa server could not open the session; its log says why.")
