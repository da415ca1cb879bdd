"""The request for a session, and the wait for its outcome: the Rasa server opens it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from rasa_sdk import Tracker
from structlog.contextvars import bind_contextvars

from zendesk_handoff.actions.case import Case
from zendesk_handoff.actions.resources import Resources
from zendesk_handoff.actions.user import find_identity, find_workspace
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.domain.user_ids import is_shared
from zendesk_handoff.errors import ForeignSession, HandoffError, SharedSender, StoreUnavailable
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.sessions import TAKE_UP_WITHIN
from zendesk_handoff.store.topics import session_topic

_UNDECIDED = frozenset({State.REQUESTED, State.OPENING})
#: Seconds after ``open_timeout`` in which the opener still records the outcome.
_MARGIN = 5.0
#: Seconds between two looks at the session, should a signal be lost.
_LOOK_AGAIN = 1.0


def refuse_shared(resources: Resources, tracker: Tracker) -> None:
    """Refuse a conversation that several people may have.

    Args:
        resources: Settings and store.
        tracker: The conversation.

    Raises:
        SharedSender: Its sender id is one that clients send who have none of their own.
    """
    if is_shared(tracker.sender_id, resources.settings.shared_senders):
        raise SharedSender


async def request_session(
    resources: Resources, tracker: Tracker, *, message: str | None = None
) -> Session:
    """Request a session for a conversation, and wait until it is opened or has failed.

    Args:
        resources: Settings and store.
        tracker: The conversation; the summary is written from it.
        message: What the user leaves for the agents while nobody is there.

    Returns:
        The session. If it is not connected, it has ended, or the outcome is not known yet or known
        to the user: there is nothing to say.

    Raises:
        HandoffError: The handover has failed, and the user is to be told by the caller.
    """
    refuse_shared(resources, tracker)
    workspace = find_workspace(tracker)
    connector = resources.settings.connector_for(workspace, sender_id=tracker.sender_id)
    bind_contextvars(connector=connector.id)
    identity, channel = find_identity(tracker), tracker.get_latest_input_channel() or ""
    # In a thread, as its cost grows with the conversation.
    stack = getattr(tracker, "stack", None) or ()  # of a CALM bot
    dialogue = await asyncio.to_thread(
        dialogue_from_events, tracker.events, slots=tracker.slots, stack=stack
    )
    case = Case(
        connector,
        resources.settings,
        tracker,
        replace(dialogue, user_facts=identity.facts),
        workspace=workspace,
        channel=channel,
        message=message,
    )
    store, take_up_within = resources.store, min(TAKE_UP_WITHIN, resources.settings.open_timeout)
    with store.signals.hurry():
        session = await store.sessions.request(
            tracker.sender_id,
            connector.id,
            workspace=workspace,
            channel=channel,
            reason=case.reason,
            summary=await case.write_summary(),
            transcript=await asyncio.to_thread(case.write_transcript),
            ticket=(await asyncio.to_thread(case.fill_ticket)).to_json(),
            profile=identity.profile(),
            origins=identity.origins(),
            subject=identity.subject,
            message=message,
            take_up_within=take_up_within,
        )
        bind_contextvars(session=session.id)
        if channel and session.channel not in {"", channel}:
            # Found, not made: a server that shares no locks with the other let the message pass.
            raise ForeignSession
        if (session.message is None) != (message is None):
            raise HandoffError("Another session of this user is open.")  # found, not made
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
        if session.state is State.FAILED and await store.requests.claim_outcome(session.id):
            raise HandoffError("The Rasa server could not open the session; its log says why.")
