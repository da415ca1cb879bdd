"""Opening of a session at Zendesk, step by step; a retry resumes at the step that failed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Any

import structlog

from zendesk_handoff.domain.identity import TRUSTED, Origin, requester_profile
from zendesk_handoff.domain.session import Session, State, Step
from zendesk_handoff.domain.ticket import Ticket, join
from zendesk_handoff.domain.ticket_metadata import (
    TicketMetadata,
    custom_key,
    fallbacks,
    ticket_metadata,
)
from zendesk_handoff.domain.user_ids import external_id
from zendesk_handoff.errors import ApiError
from zendesk_handoff.handover.native_opening import NativeOpening
from zendesk_handoff.handover.ticket_events import reference_part
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.models import SESSION_KEY

log = structlog.get_logger(__name__)

#: Of each ticket; and of one with a message that was left while nobody was there.
MESSAGE_TAG = "rasa_offline_message"
#: The author of the summary and of closing notes, as the agent sees it.
BOT_AUTHOR = {"type": "business", "displayName": "Bot"}


def opening_steps(
    connector: Connector,
    *,
    is_native: bool = False,
    has_transcript: bool = False,
    has_message: bool = False,
) -> tuple[Step, ...]:
    """List the steps of opening a session, in order.

    Outside the switchboard, control is only passed by name. Inside, we take control first, so that
    the summary opens no ticket before its fields are known; after passing control to the agents we
    offer it to ourselves, since a pending integration keeps receiving the conversation's events.

    In a native conversation everything is there, and we are in control: only that is passed. What
    agents alone may read is written into the ticket afterwards, or with control.

    Args:
        connector: The connector of the account.
        is_native: Whether user, bot and agents share one conversation.
        has_transcript: Whether there is a transcript to be posted before the summary.
        has_message: Whether the user leaves a message: nobody waits for events then.
    """
    is_inside = connector.switchboard_integration is not None
    is_made = not is_native
    steps = {
        Step.USER: is_made,
        Step.CONVERSATION: True,
        Step.TAKE_CONTROL: is_inside and is_made,
        Step.TRANSCRIPT: has_transcript and is_made,
        Step.SUMMARY: is_made,
        Step.MESSAGE: has_message and is_made,
        Step.PASS_CONTROL: True,
        Step.OFFER_CONTROL: is_inside and not has_message,
    }
    return tuple(step for step, is_needed in steps.items() if is_needed)


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
        The session after the last step; not open if it ended meanwhile, or with the message that
        the user has left.

    Raises:
        ConversationsError: Zendesk answered with an error, or not within the client's maximum
            elapsed time. The session keeps the steps that are done.
        LeaseLost: Another process has taken over the session.
        StoreUnavailable: A step could not be recorded.
    """
    has_message = session.message is not None
    steps = opening_steps(
        client.connector,
        is_native=session.is_native,
        has_transcript=bool(session.transcript),
        has_message=has_message,
    )
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
        finish = store.sessions.leave_message if has_message else store.sessions.connect
        opening.session = await finish(
            session.id, has_ticket_to_set=client.connector.support_token is not None
        )
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
        self.native = NativeOpening(store, client, session)
        if session.message is not None:
            # It is answered by e-mail, to the address that the user has given for that.
            requester_origins = {*requester_origins, Origin.TOLD}
        self.requester = requester_profile(
            session.profile, session.origins, allowed=requester_origins
        )

    async def carry_out(self, step: Step, *, outcome_unknown: bool) -> dict[str, Any]:
        """Carry out a step, and return the session's fields to record."""
        calls: dict[Step, Callable[[bool], Awaitable[dict[str, Any]]]] = {
            Step.USER: self._user,
            Step.CONVERSATION: self._conversation,
            Step.TAKE_CONTROL: self._take_control,
            Step.TRANSCRIPT: self._transcript,
            Step.SUMMARY: self._summary,
            Step.MESSAGE: self._message,
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
        if self.session.is_native:
            return await self.native.find()

        async def create(metadata: Mapping[str, Any]) -> dict[str, Any]:
            conversation = await self.client.create_conversation(
                str(self.session.user_id),
                session_id=self.session.id,
                metadata=metadata,
                outcome_unknown=outcome_unknown,
            )
            return {"conversation_id": conversation.id}

        own = self._own_metadata
        return await self._with_ticket(create, own, self._metadata(own).metadata)

    async def _take_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        await self.client.switchboard.pass_control(
            self._conversation_id,
            str(self.client.connector.switchboard_integration),
            metadata=self._own_metadata,
        )
        return {}

    async def _transcript(self, outcome_unknown: bool) -> dict[str, Any]:
        ids = [
            await self._post(text, f"talk{number}", outcome_unknown=outcome_unknown)
            for number, text in enumerate(self.session.transcript)
        ]
        return {"transcript_message_id": next(iter(ids), None) or None}

    async def _summary(self, outcome_unknown: bool) -> dict[str, Any]:
        message_id = await self._post(
            self.session.summary, "summary", outcome_unknown=outcome_unknown
        )
        return {"summary_message_id": message_id or None}

    async def _message(self, outcome_unknown: bool) -> dict[str, Any]:
        author = {"type": "user", "userId": str(self.session.user_id)}
        await self._post(
            str(self.session.message), "message", author=author, outcome_unknown=outcome_unknown
        )
        return {}

    async def _post(
        self,
        text: str,
        name: str,
        *,
        author: Mapping[str, str] = BOT_AUTHOR,
        outcome_unknown: bool,
    ) -> str:
        """Post a message once; return its id."""
        return await self.client.post_message(
            self._conversation_id,
            {"type": "text", "text": text},
            author=author,
            marker=f"{self.session.id[:24]}-{name}",
            outcome_unknown=outcome_unknown,
        )

    async def _pass_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        async def pass_control(metadata: Mapping[str, Any]) -> dict[str, Any]:
            await self.client.switchboard.pass_control(
                self._conversation_id, self.client.connector.agent_workspace, metadata=metadata
            )
            return {}

        if self.session.is_native and not await self.native.may_pass():
            return {}  # the agents have taken it themselves
        first = self.session.transcript_message_id or self.session.summary_message_id
        own = {**self._own_metadata, "first_message_id": first}
        metadata, left_out = self._metadata(own)
        metadata |= self.native.summary_metadata(metadata)
        if left_out:
            log.warning("handoff.ticket.too_long", session=self.session.id, keys=list(left_out))
        result = await self._with_ticket(pass_control, own, metadata)
        await self.native.mark_passed()
        return result

    async def _offer_control(self, _outcome_unknown: bool) -> dict[str, Any]:
        try:
            await self.client.switchboard.offer_control(
                self._conversation_id,
                str(self.client.connector.switchboard_integration),
                metadata=self._own_metadata,
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
    def _own_metadata(self) -> dict[str, str | None]:
        # It comes back with the event, which tells our own control changes from an agent's.
        return {SESSION_KEY: self.session.id}

    async def _with_ticket(
        self,
        call: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]],
        own: Mapping[str, str | None],
        metadata: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Make a call with metadata that has the ticket's fields, or with fewer if it is refused.

        Zendesk takes them from the conversation if a message makes the ticket, else from
        `PassControl`. A field that it rejects must not make the handover fail, nor cost more
        fields than need be.
        """
        try:
            return await call(metadata)
        except ApiError as error:
            if error.status != 400:
                raise
            refused = error
        field_id = self.client.connector.summary_field
        for left in fallbacks(
            metadata,
            own,
            reference=reference_part(self.client.connector, self.session),
            summary_key=field_id and custom_key(field_id),
        ):
            try:
                result = await call(left)
            except ApiError as error:
                if error.status != 400:
                    raise
                continue
            log.warning(
                "handoff.ticket.refused",
                session=self.session.id,
                error=str(refused),
                left_out=sorted(key for key, value in metadata.items() if left.get(key) != value),
            )
            return result
        raise refused

    def _metadata(self, own: Mapping[str, str | None]) -> TicketMetadata:
        """Put keys of our own, and the parts of the ticket, into one object."""
        reference = reference_part(self.client.connector, self.session)
        return ticket_metadata(own, join(self._ticket_parts()), needed=reference)

    def _ticket_parts(self) -> Iterator[Ticket]:
        """Yield the parts of the ticket, each from another place."""
        yield Ticket.from_json(self.session.ticket)
        profile = self.requester
        name = " ".join(filter(None, (profile.get("givenName"), profile.get("surname"))))
        values = {"requester.name": name, "requester.email": profile.get("email")}
        yield Ticket({key: value for key, value in values.items() if value})
        if self.session.message is not None:
            yield Ticket(tags=(MESSAGE_TAG,))
