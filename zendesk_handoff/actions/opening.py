"""The request of a session and its opening, within the time that a user waits."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from rasa_sdk import Tracker
from structlog.contextvars import bind_contextvars

from zendesk_handoff.actions.resources import Resources
from zendesk_handoff.actions.user import find_profile, find_workspace
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import HandoffError, LeaseLost, StoreUnavailable
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.summary import write_summary
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy


async def request_session(resources: Resources, tracker: Tracker, *, reason: str) -> Session:
    """Request a session for a conversation, and open it.

    Args:
        resources: Settings and store.
        tracker: The conversation; the summary is written from it.
        reason: The reason for asking for a human.

    Returns:
        The session as it is afterwards; another process may have opened, ended or failed it.

    Raises:
        HandoffError: The session could not be opened, and is marked as failed.
    """
    workspace = find_workspace(tracker)
    connector = resources.settings.connector_for(workspace)
    bind_contextvars(connector=connector.id)
    profile = find_profile(tracker)
    dialogue = dialogue_from_events(tracker.events, slots=tracker.slots)
    session = await resources.store.sessions.request(
        tracker.sender_id,
        connector.id,
        workspace=workspace,
        channel=tracker.get_latest_input_channel() or "",
        reason=reason,
        summary=await write_summary(
            dialogue,
            resources.settings.summary,
            reason=reason,
            locale=profile.get("locale"),
            redact=resources.settings.redact,
        ),
        profile=profile,
    )
    bind_contextvars(session=session.id)
    failpoint("opening.requested")
    if session.state in {State.REQUESTED, State.OPENING}:
        session = await _open_in_time(resources, connector, session)
    return session


async def _open_in_time(resources: Resources, connector: Connector, session: Session) -> Session:
    store, timeout = resources.store, resources.settings.open_timeout
    client = ConversationsClient(
        connector,
        timeout=min(resources.settings.request_timeout, timeout),
        retry=RetryPolicy(max_elapsed=timeout),
    )
    lease_keeper = asyncio.create_task(_keep_lease(store, session.id), name="handoff lease keeper")
    try:
        async with client:
            return await asyncio.wait_for(open_session(store, client, session), timeout)
    except Exception as error:
        try:
            failed = await store.sessions.fail(session.id, end_notified=True)
        except LeaseLost:
            # A Rasa server has taken over the opening, and notifies the user of its outcome.
            return await store.sessions.get(session.id) or session
        except StoreUnavailable:
            return session  # likewise, once the store answers again
        if failed.state is not State.FAILED:
            return failed
        if not isinstance(error, asyncio.TimeoutError):
            raise
        message = f"Zendesk did not connect the user within {timeout:g} s."
        raise HandoffError(message) from None
    finally:
        lease_keeper.cancel()
        with suppress(StoreUnavailable):  # the lease expires by itself
            await store.leases.release(session.id)


async def _keep_lease(store: Store, session_id: str) -> None:
    """Renew the lease during the opening; once this process dies, a Rasa server takes over."""
    while True:
        await asyncio.sleep(store.leases.lease / 3)
        with suppress(StoreUnavailable):
            await store.leases.renew(session_id)
