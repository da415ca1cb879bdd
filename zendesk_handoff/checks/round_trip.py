"""A message to Zendesk and its event back: the one check that makes something, and deletes it.

A user and a conversation are created, a message is posted there, and its event is awaited in the
store, where the Rasa server that Zendesk posts to records it. Control is not passed to the agents.
Deleting the user deletes the conversation, too; it is the user's first one, which Zendesk deletes
in no other way (Conversations API: `DeleteConversation`).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress

from zendesk_handoff.checks.finding import Finding, fine, problem, skipped
from zendesk_handoff.checks.refusal import refusal
from zendesk_handoff.errors import ConversationsError, StoreUnavailable
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.store import Store, open_store
from zendesk_handoff.store.engine.inspect import StoreState
from zendesk_handoff.zendesk.client import ConversationsClient
from zendesk_handoff.zendesk.models import PROBE_PREFIX

#: Seconds for which an event is awaited; Zendesk usually takes less than one.
WAIT = 30.0
_LOOK_AGAIN = 0.2
_FORGET_WITHIN = 5.0
_PROFILE = {"givenName": "zendesk-handoff", "surname": "check"}
_AUTHOR = {"type": "business", "displayName": "zendesk-handoff check"}
_TEXT = "A test message of zendesk-handoff check, which is deleted in a moment."


async def check_round_trip(
    settings: Settings, state: StoreState | None, *, wait: float = WAIT
) -> list[Finding]:
    """Send a message through every connector, one after the other.

    Args:
        settings: The plugin's.
        state: The store's state; its tables must be of this package's version.
        wait: Seconds for which each event is awaited.
    """
    if state is None or state.version != state.newest:
        cause = "The store has no tables of this version yet: start the Rasa server first."
        return [skipped("round trip", cause)]
    try:
        async with await open_store(settings.store_url) as store:
            found: list[Finding] = []
            for connector in settings.connectors.values():
                found += await _check(store, connector, settings.public_url, wait)
            return found
    except StoreUnavailable as error:
        return [problem("round trip", str(error), "Correct the store first.")]


async def _check(store: Store, connector: Connector, public_url: str, wait: float) -> list[Finding]:
    name, probe = f"round trip ({connector.id})", f"{PROBE_PREFIX}{uuid.uuid4().hex}"
    user, found, may_exist = f"zendesk-handoff-{probe}", list[Finding](), True
    async with ConversationsClient(connector) as client:
        try:
            await store.probes.expect(probe)
            made = await client.create_or_find_user(user, profile=_PROFILE)
            posted_at = await _post(client, made.id, probe)
            found.append(await _await_event(store, connector, probe, posted_at, public_url, wait))
        except ConversationsError as error:
            may_exist = error.retryable or not error.call.startswith("POST /users")
            found.append(refusal(name, error))
        finally:
            # Also after Ctrl-C, which cancels this task.
            if may_exist:
                found += await _delete(client, user, name)
            with suppress(StoreUnavailable, asyncio.TimeoutError):  # forgotten in an hour
                await asyncio.wait_for(store.probes.end(probe), _FORGET_WITHIN)
    return found


async def _post(client: ConversationsClient, user_id: str, probe: str) -> float:
    """Post a message in a new conversation, and return the time at which it was."""
    conversation = await client.create_conversation(user_id, session_id=probe)
    own = client.connector.switchboard_integration
    if own is not None:  # as a handover does: the message then opens no ticket
        await client.switchboard.pass_control(conversation.id, own)
    began = time.monotonic()
    content = {"type": "text", "text": _TEXT}
    await client.post_message(conversation.id, content, author=_AUTHOR, marker=probe)
    return began


async def _await_event(
    store: Store, connector: Connector, probe: str, since: float, public_url: str, wait: float
) -> Finding:
    name = f"round trip ({connector.id})"
    while not await store.probes.is_heard(probe):
        if time.monotonic() - since > wait:
            cause = f"Zendesk took a message, and its event did not come in {wait:g} s."
            cure = (
                "Is a Rasa server running on this store, and does "
                f"{connector.webhook_url(public_url)} answer from the internet (curl -I gives "
                "200)? Does its log name handoff.webhook.invalid_key?"
            )
            return problem(name, cause, cure)
        await asyncio.sleep(_LOOK_AGAIN)
    took = time.monotonic() - since
    return fine(name, f"The event of a test message came after {took:.1f} s; all is deleted again.")


async def _delete(client: ConversationsClient, user: str, name: str) -> list[Finding]:
    try:
        await client.delete_user(user)
    except ConversationsError as error:
        cause = f"The test user {user} is not deleted: {error.args[0]}"
        return [problem(name, cause, "Delete the user at Zendesk.")]
    return []
