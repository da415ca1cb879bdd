"""Opening of a session at Zendesk, step by step; a retry resumes at the step that failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

import structlog

from zendesk_handoff.domain.identity import TRUSTED, Origin, requester_profile
from zendesk_handoff.domain.session import Session, State, Step
from zendesk_handoff.domain.user_ids import external_id
from zendesk_handoff.errors import ApiError
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

#: The author of the summary and of closing notes, as the agent sees it.
BOT_AUTHOR = {"type": "business", "displayName": "Bot"}


def opening_steps(connector: Connector) -> tuple[Step, ...]:
    """List the steps of opening a session, in order.

    Outside the switchboard, control is only passed by name. Inside, we take control first, so that
    the summary opens no ticket before its fields are known; after passing control to the agents we
    offer it to ourselves, since a pending integration keeps receiving the conversation's events.

    Args:
        connector: The connector of the account.
    """
    if connector.switchboard_integration is None:
        return (Step.USER, Step.CONVERSATION, Step.SUMMARY, Step.PASS_CONTROL)
    return (
        Step.USER,
        Step.CONVERSATION,
        Step.TAKE_CONTROL,
        Step.SUMMARY,
        Step.PASS_CONTROL,
        Step.OFFER_CONTROL,
    )


async def open_session(
    store: Store,
    client: ConversationsClient,
    session: Session,
    *,
    requester_origins: Collection[Origin] = TRUSTED,
) -> Session:
    """Carry out the remaining steps of opening a session, until the agents are in control.

    Each step is recorded before the next one begins. The outcome of a step that was begun and not
    recorded is unknown: the client looks for it before it tries again.

    Args:
        store: The store that records the steps; this process has the session's lease.
        client: The client of the session's connector.
        session: The session, as last read.
        requester_origins: The origins of values that may stand for the requester.

    Returns:
        The session after the last step; not open if it ended meanwhile.

    Raises:
        ConversationsError: Zendesk answered with an error, or not within the client's maximum
            elapsed time. The session keeps the steps that are done.
        LeaseLost: Another process has taken over the session.
        StoreUnavailable: A step could not be recorded.
    """
    steps = opening_steps(client.connector)
    done = steps.index(session.step) + 1 if session.step in steps else 0
    opening = _Opening(store, client, session, requester_origins)
    for step in steps[done:]:
        outcome_unknown = opening.session.pending_step == step
        opening.session = await store.sessions.begin_step(session.id, step)
        if not opening.session.state.is_open:
            return opening.session  # ended meanwhile, by the user or an operator
        result = await opening.carry_out(step, outcome_unknown=outcome_unknown)
        opening.session = await store.sessions.finish_step(session.id, step, **result)
    if opening.session.state in {State.REQUESTED, State.OPENING}:
        opening.session = await store.sessions.connect(session.id)
    return opening.session


class _Opening:
    """The calls of each step."""

    def __init__(
        self,
        store: Store,
        client: ConversationsClient,
        session: Session,
        requester_origins: Collection[Origin],
    ) -> None:
        self.store = store
        self.client = client
        self.session = session
        self.requester = requester_profile(
            session.profile, session.origins, allowed=requester_origins
        )

    async def carry_out(self, step: Step, *, outcome_unknown: bool) -> dict[str, Any]:
        """Carry out a step, and return the session's fields to record."""
        calls: dict[Step, Callable[[bool], Awaitable[dict[str, Any]]]] = {
            Step.USER: self._user,
            Step.CONVERSATION: self._conversation,
            Step.TAKE_CONTROL: self._take_control,
            Step.SUMMARY: self._summary,
            Step.PASS_CONTROL: self._pass_control,
            Step.OFFER_CONTROL: self._offer_control,
        }
        return await calls[step](outcome_unknown)

    async def _user(self, _outcome_unknown: bool) -> dict[str, Any]:
        user_id = external_id(
            self.session.channel,
            self.session.sender_id,
            subject=self.session.subject or None,
            existing=await self.store.sessions.known_external_id(self.session),
        )
        try:
            user = await self.client.create_or_find_user(user_id, profile=self.requester)
        except ApiError as error:
            if error.status != 400 or not self.requester:
                raise
            # A name or a language that Zendesk rejects must not make the handover fail.
            log.warning("handoff.profile.refused", session=self.session.id, error=str(error))
            user = await self.client.create_or_find_user(user_id)
        return {"user_id": user.id, "external_id": user_id}

    async def _conversation(self, outcome_unknown: bool) -> dict[str, Any]:
        conversation = await self.client.create_conversation(
            str(self.session.user_id), session_id=self.session.id, outcome_unknown=outcome_unknown
        )
        return {"conversation_id": conversation.id}

    async def _take_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        await self.client.switchboard.pass_control(
            self._conversation_id,
            str(self.client.connector.switchboard_integration),
            metadata=self._metadata,
        )
        return {}

    async def _summary(self, outcome_unknown: bool) -> dict[str, Any]:
        message_id = await self.client.post_message(
            self._conversation_id,
            {"type": "text", "text": self.session.summary},
            author=BOT_AUTHOR,
            marker=f"{self.session.id[:24]}-summary",
            outcome_unknown=outcome_unknown,
        )
        return {"summary_message_id": message_id or None}

    async def _pass_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        await self.client.switchboard.pass_control(
            self._conversation_id,
            self.client.connector.agent_workspace,
            metadata={**self._metadata, **self._ticket_fields()},
        )
        return {}

    async def _offer_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        try:
            await self.client.switchboard.offer_control(
                self._conversation_id,
                str(self.client.connector.switchboard_integration),
                metadata=self._metadata,
            )
        except ApiError as error:
            if error.retryable:
                raise
            # The agents have control: failing here would leave them without the user.
            log.warning("handoff.offer.refused", session=self.session.id, error=str(error))
        return {}

    @property
    def _conversation_id(self) -> str:
        return str(self.session.conversation_id)

    @property
    def _metadata(self) -> dict[str, Any]:
        # It comes back with the event, which tells our own control changes from an agent's.
        return {SESSION_KEY: self.session.id}

    def _ticket_fields(self) -> dict[str, Any]:
        """Ticket fields, as metadata of `PassControl` (Zendesk ignores unknown keys)."""
        profile = self.requester
        name = " ".join(filter(None, (profile.get("givenName"), profile.get("surname"))))
        values = {
            "dataCapture.systemField.tags": "rasa_handoff",
            "dataCapture.systemField.requester.name": name,
            "dataCapture.systemField.requester.email": profile.get("email"),
            "first_message_id": self.session.summary_message_id,
        }
        return {key: value for key, value in values.items() if value}
