"""The custom actions that hand a conversation to Zendesk's agents, and take it back."""

from __future__ import annotations

import asyncio
import re
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
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy
from zendesk_handoff.failpoints import reach
from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.errors import ClaimLost, HandoffError, StoreDown
from zendesk_handoff.logs import fault_of
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.domain.responses import FAILED, STARTED, default_response
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.settings import DEFAULT_WORKSPACE, Connector, Settings, load_settings
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.summary import labels_of, write_summary

log = structlog.get_logger(__name__)

#: What Zendesk takes as an e-mail address and as a language (SPEC ``profile``), roughly.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class _Desk:
    """What an action server keeps open between two runs."""

    settings: Settings
    store: Store


_desks: dict[asyncio.AbstractEventLoop, asyncio.Task[_Desk]] = {}


async def _open_desk() -> _Desk:
    """Read the settings and open the store, once in each of the server's event loops.

    A failure is not kept: the next run tries again.
    """

    async def open_up() -> _Desk:
        settings = load_settings()
        return _Desk(settings, await open_store(settings.store_url, lease=settings.takeover_after))

    loop = asyncio.get_running_loop()
    task = _desks.get(loop)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = _desks[loop] = loop.create_task(open_up())
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
                log.error("handoff.session.failed", fault=fault_of(error))
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
            desk = await _open_desk()
            session = await desk.store.sessions.unclosed(tracker.sender_id)
            if session is not None and session.state.is_open:
                await desk.store.sessions.leave(session.id, EndReason.BOT)
                log.info(
                    "handoff.session.taken_back", session=session.id, connector=session.connector_id
                )
        except HandoffError as error:
            log.error("handoff.end.failed", fault=str(error))
        return []


async def _hand_over(tracker: Tracker, reason: str) -> Session:
    desk = await _open_desk()
    workspace = find_workspace(tracker)
    connector = desk.settings.connector_for(workspace)
    bind_contextvars(connector=connector.id)
    profile = find_profile(tracker)
    dialogue = dialogue_from_events(tracker.events, slots=tracker.slots)
    session = await desk.store.sessions.request(
        tracker.sender_id,
        connector.id,
        workspace=workspace,
        channel=tracker.get_latest_input_channel() or "",
        reason=reason,
        summary=await write_summary(
            dialogue,
            desk.settings.summary,
            reason=reason,
            locale=profile.get("locale"),
            redact=desk.settings.redact,
        ),
        profile=profile,
    )
    bind_contextvars(session=session.id)
    reach("opening.requested")
    if session.state in {State.REQUESTED, State.OPENING}:
        session = await _open_in_time(desk, connector, session)
    return session


async def _open_in_time(desk: _Desk, connector: Connector, session: Session) -> Session:
    timeout = desk.settings.open_timeout
    client = ConversationsClient(
        connector,
        timeout=min(desk.settings.request_timeout, timeout),
        retry=RetryPolicy(patience=timeout),
    )
    keeping = asyncio.create_task(_keep_claim(desk.store, session.id), name="handoff claim")
    try:
        async with client:
            return await asyncio.wait_for(open_session(desk.store, client, session), timeout)
    except Exception as error:
        try:
            failed = await desk.store.sessions.fail(session.id, told=True)
        except ClaimLost:
            # A server of Rasa's has gone on with it, and tells the user what comes of it.
            return await desk.store.sessions.get(session.id) or session
        except StoreDown:
            return session  # likewise, as soon as the store is there again
        if failed.state is not State.FAILED:
            return failed
        if not isinstance(error, asyncio.TimeoutError):
            raise
        message = f"Zendesk did not connect the user within {timeout:g} s."
        raise HandoffError(message) from None
    finally:
        keeping.cancel()
        with suppress(StoreDown):  # it runs out by itself
            await desk.store.claims.let_go(session.id)


async def _keep_claim(store: Store, session_id: str) -> None:
    """Stay the owner while opening; a Rasa server takes over soon after this process has died."""
    while True:
        await asyncio.sleep(store.claims.lease / 3)
        with suppress(StoreDown):
            await store.claims.renew(session_id)


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

    given, _, surname = find("name", 256).partition(" ")
    email, locale = find("email", 128), find("locale", 64)
    profile = {
        "givenName": given[:128],
        "surname": surname.strip()[:128],
        "email": email if _EMAIL.fullmatch(email) else "",
        "locale": locale if _LOCALE.fullmatch(locale) else "",
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
