"""The custom actions that hand a conversation to Zendesk's agents, and take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ConversationPaused, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from structlog.contextvars import bind_contextvars, bound_contextvars

from zendesk_handoff import metrics
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.domain.profile import MAX_EMAIL, MAX_LOCALE, MAX_NAME, is_email, is_locale
from zendesk_handoff.domain.responses import FAILED, STARTED, default_response
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import HandoffError, LeaseLost, StoreUnavailable
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.logs import describe_error
from zendesk_handoff.settings import DEFAULT_WORKSPACE, Connector, Settings, load_settings
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.summary import labels_of, write_summary
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Resources:
    """What an action server keeps open between two runs."""

    settings: Settings
    store: Store


_resources: dict[asyncio.AbstractEventLoop, asyncio.Task[_Resources]] = {}


async def _open_resources() -> _Resources:
    """Read the settings and open the store, once in each of the server's event loops.

    A failure is not kept: the next run tries again.
    """

    async def open_up() -> _Resources:
        settings = load_settings()
        return _Resources(
            settings, await open_store(settings.store_url, lease=settings.takeover_after)
        )

    loop = asyncio.get_running_loop()
    task = _resources.get(loop)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = _resources[loop] = loop.create_task(open_up())
    return await asyncio.shield(task)


class ActionHumanHandoff(Action):
    """Hand the conversation to an agent: ``action_human_handoff``.

    The user hears ``utter_handoff_started`` only once the agents have control; until then nothing
    is promised. When Zendesk refuses, or does not answer within ``open_timeout``, they hear
    ``utter_handoff_failed``, and the bot goes on.
    """

    def __init__(self) -> None:
        """Begin, once in an action server: it is asked for metrics where it has a port for them."""
        metrics.serve_if_asked()

    def name(self) -> str:
        """Give the name that the domain uses."""
        return "action_human_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Open the session, and pause the conversation if that has worked.

        Args:
            dispatcher: Takes what the user is told.
            tracker: The conversation; the summary is made of it.
            domain: The bot's, with its responses.
        """
        reason = _reason(tracker)
        with bound_contextvars(session=None, connector=None):
            try:
                session = await _hand_over(tracker, reason)
            except Exception as error:
                # A foreign error's text may quote the user; and whatever it is, they are told.
                log.error("handoff.session.failed", error=describe_error(error))
                _say(dispatcher, FAILED, tracker, domain)
                return [*_slots(tracker, State.FAILED, reason)]
        if not session.state.is_open or session.connected_at is None:
            # It was ended while it was opened, and whoever ended it has told the user; or it is
            # still being opened, by another process, and nothing may be promised yet.
            return []
        log.info("handoff.session.opened", session=session.id, connector=session.connector_id)
        _say(dispatcher, STARTED, tracker, domain)
        return [*_slots(tracker, session.state, reason), ConversationPaused()]


class ActionEndHandoff(Action):
    """Take the conversation back from the agents: ``action_end_handoff``.

    The agents are told after the user's last message; the Rasa server tells the user, writes the
    human part into the tracker and resumes it.
    """

    def name(self) -> str:
        """Give the name that the domain uses."""
        return "action_end_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """End the session that is open for this sender, if one is.

        Args:
            dispatcher: Not used: the end is told where the session is known.
            tracker: Whose session.
            domain: Not used.
        """
        try:
            resources = await _open_resources()
            session = await resources.store.sessions.current(tracker.sender_id)
            if session is not None and session.state.is_open:
                await resources.store.sessions.end_by_us(session.id, EndReason.BOT)
                log.info(
                    "handoff.session.taken_back", session=session.id, connector=session.connector_id
                )
        except HandoffError as error:
            log.error("handoff.end.failed", error=str(error))
        return []


async def _hand_over(tracker: Tracker, reason: str) -> Session:
    resources = await _open_resources()
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


async def _open_in_time(resources: _Resources, connector: Connector, session: Session) -> Session:
    timeout = resources.settings.open_timeout
    client = ConversationsClient(
        connector,
        timeout=min(resources.settings.request_timeout, timeout),
        retry=RetryPolicy(max_elapsed=timeout),
    )
    keeping = asyncio.create_task(_keep_claim(resources.store, session.id), name="handoff claim")
    try:
        async with client:
            return await asyncio.wait_for(open_session(resources.store, client, session), timeout)
    except Exception as error:
        try:
            failed = await resources.store.sessions.fail(session.id, end_notified=True)
        except LeaseLost:
            # A server of Rasa's has gone on with it, and tells the user what comes of it.
            return await resources.store.sessions.get(session.id) or session
        except StoreUnavailable:
            return session  # likewise, as soon as the store is there again
        if failed.state is not State.FAILED:
            return failed
        if not isinstance(error, asyncio.TimeoutError):
            raise
        message = f"Zendesk did not connect the user within {timeout:g} s."
        raise HandoffError(message) from None
    finally:
        keeping.cancel()
        with suppress(StoreUnavailable):  # it runs out by itself
            await resources.store.leases.release(session.id)


async def _keep_claim(store: Store, session_id: str) -> None:
    """Stay the owner while opening; a Rasa server takes over soon after this process has died."""
    while True:
        await asyncio.sleep(store.leases.lease / 3)
        with suppress(StoreUnavailable):
            await store.leases.renew(session_id)


def find_workspace(tracker: Tracker) -> str:
    """Find the tenant: the message's metadata, else the slot, else ``default``.

    Args:
        tracker: The conversation.
    """
    named = _metadata(tracker).get("workspace") or tracker.slots.get("workspace")
    return str(named) if named else DEFAULT_WORKSPACE


def find_profile(tracker: Tracker) -> dict[str, str]:
    """Find what Zendesk may know of the user, in its own terms (SPEC ``profile``).

    The message's metadata comes before the slots: the site around the chat knows its users, the
    slots hold what they said.

    Args:
        tracker: The conversation.

    Returns:
        ``givenName``, ``surname``, ``email``, ``locale``, those that are known.
    """
    metadata = _metadata(tracker)

    def find(name: str, limit: int) -> str:
        value = metadata.get(name) or tracker.slots.get(name)
        return str(value).strip()[:limit] if value else ""

    given, _, surname = find("name", 2 * MAX_NAME).partition(" ")
    email, locale = find("email", MAX_EMAIL), find("locale", MAX_LOCALE)
    profile = {
        "givenName": given[:MAX_NAME],
        "surname": surname.strip()[:MAX_NAME],
        "email": email if is_email(email) else "",
        "locale": locale if is_locale(locale) else "",
    }
    return {key: value for key, value in profile.items() if value}


def _reason(tracker: Tracker) -> str:
    """Say why a human is asked for, where neither a policy nor the bot has."""
    told = tracker.get_slot("handoff_reason")
    return str(told or labels_of(find_profile(tracker).get("locale")).asked_for_human)


def _metadata(tracker: Tracker) -> Mapping[str, Any]:
    metadata = (tracker.latest_message or {}).get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _slots(tracker: Tracker, state: State, reason: str) -> list[EventType]:
    values = {
        "handoff_status": state.value,
        "handoff_reason": reason if state.is_open else None,
        "handoff_end_reason": None,
    }
    return [SlotSet(name, value) for name, value in values.items() if name in tracker.slots]


def _say(
    dispatcher: CollectingDispatcher, response: str, tracker: Tracker, domain: Mapping[str, Any]
) -> None:
    if response in (domain.get("responses") or {}):
        dispatcher.utter_message(response=response)
    else:
        locale = find_profile(tracker).get("locale")
        dispatcher.utter_message(text=default_response(response, locale))
