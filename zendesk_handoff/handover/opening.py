"""Opening a session at Zendesk, step by step: a retry goes on where the last one stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from zendesk_handoff.domain.session import Session, State, Step
from zendesk_handoff.errors import ApiError
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

_MAX_EXTERNAL_ID = 1024  # SPEC userCreateBody
#: Who the summary is from, in the agent's eyes.
BOT_AUTHOR = {"type": "business", "displayName": "Bot"}


def plan(connector: Connector) -> tuple[Step, ...]:
    """List the steps for an account.

    Outside the switchboard control is passed by name and that is all. Inside, control comes to us
    first, so that the summary opens no ticket before its fields are known; after it has gone to
    the agents it is offered to ourselves, since who is pending keeps hearing the conversation.

    Args:
        connector: Whose account.
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


def external_id(sender_id: str) -> str:
    """Give the user's id for Zendesk; a sender too long for it becomes its digest."""
    if len(sender_id) <= _MAX_EXTERNAL_ID:
        return sender_id
    return hashlib.sha256(sender_id.encode()).hexdigest()


async def open_session(store: Store, client: ConversationsClient, session: Session) -> Session:
    """Do what is left of opening a session, up to the agents being in control.

    Each step is recorded before the next one begins. One that was begun and never recorded is in
    doubt: the client looks for its outcome before it tries again.

    Args:
        store: Where the steps are recorded; this process has claimed the session.
        client: The session's connector's.
        session: As last read.

    Raises:
        ConversationsError: Zendesk refused, or did not answer for as long as the client's policy
            has patience. The session stays where it is.
        StoreUnavailable: A step could not be recorded.
    """
    steps = plan(client.connector)
    done = steps.index(session.step) + 1 if session.step in steps else 0
    opening = _Opening(client, session)
    for step in steps[done:]:
        outcome_unknown = opening.session.pending_step == step
        opening.session = await store.sessions.begin_step(session.id, step)
        failpoint(f"opening.{step.value}.begun")
        if not opening.session.state.is_open:
            return opening.session  # ended meanwhile, by the user or an operator
        learned = await opening.take(step, outcome_unknown=outcome_unknown)
        failpoint(f"opening.{step.value}.taken")
        opening.session = await store.sessions.finish_step(session.id, step, **learned)
        failpoint(f"opening.{step.value}.noted")
    if opening.session.state in {State.REQUESTED, State.OPENING}:
        opening.session = await store.sessions.connect(session.id)
        failpoint("opening.connected")
    return opening.session


class _Opening:
    """The steps themselves."""

    def __init__(self, client: ConversationsClient, session: Session) -> None:
        self.client = client
        self.session = session

    async def take(self, step: Step, *, outcome_unknown: bool) -> dict[str, Any]:
        """Take a step, and return what is to be remembered of it."""
        ways: dict[Step, Callable[[bool], Awaitable[dict[str, Any]]]] = {
            Step.USER: self._user,
            Step.CONVERSATION: self._conversation,
            Step.TAKE_CONTROL: self._take_control,
            Step.SUMMARY: self._summary,
            Step.PASS_CONTROL: self._pass_control,
            Step.OFFER_CONTROL: self._offer_control,
        }
        return await ways[step](outcome_unknown)

    async def _user(self, _doubtful: bool) -> dict[str, Any]:
        name = external_id(self.session.sender_id)
        try:
            user = await self.client.create_or_find_user(name, profile=self.session.profile)
        except ApiError as refused:
            if refused.status != 400 or not self.session.profile:
                raise
            # A name or a language that Zendesk does not take must not cost the user the agent.
            log.warning("handoff.profile.refused", session=self.session.id, error=str(refused))
            user = await self.client.create_or_find_user(name)
        return {"user_id": user.id}

    async def _conversation(self, outcome_unknown: bool) -> dict[str, Any]:
        conversation = await self.client.create_conversation(
            str(self.session.user_id), session_id=self.session.id, outcome_unknown=outcome_unknown
        )
        return {"conversation_id": conversation.id}

    async def _take_control(self, _doubtful: bool) -> dict[str, Any]:
        await self.client.pass_control(
            self._conversation_id,
            str(self.client.connector.switchboard_integration),
            metadata=self._mark,
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

    async def _pass_control(self, _doubtful: bool) -> dict[str, Any]:
        await self.client.pass_control(
            self._conversation_id,
            self.client.connector.agent_workspace,
            metadata={**self._mark, **self._ticket_fields()},
        )
        return {}

    async def _offer_control(self, _doubtful: bool) -> dict[str, Any]:
        try:
            await self.client.offer_control(
                self._conversation_id,
                str(self.client.connector.switchboard_integration),
                metadata=self._mark,
            )
        except ApiError as refused:
            if refused.retryable:
                raise
            # The agents have control: to call this a failure would leave them with nobody.
            log.warning("handoff.offer.refused", session=self.session.id, error=str(refused))
        return {}

    @property
    def _conversation_id(self) -> str:
        return str(self.session.conversation_id)

    @property
    def _mark(self) -> dict[str, Any]:
        # It comes back with the event, so that we know our own moves from an agent's.
        return {SESSION_KEY: self.session.id}

    def _ticket_fields(self) -> dict[str, Any]:
        """What the ticket takes from the call (facts sheet 9.4; unknown keys are harmless)."""
        profile = self.session.profile
        name = " ".join(filter(None, (profile.get("givenName"), profile.get("surname"))))
        values = {
            "dataCapture.systemField.tags": "rasa_handoff",
            "dataCapture.systemField.requester.name": name,
            "dataCapture.systemField.requester.email": profile.get("email"),
            "first_message_id": self.session.summary_message_id,
        }
        return {key: value for key, value in values.items() if value}
