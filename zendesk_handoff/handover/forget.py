"""Deletion of a user at Zendesk."""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient


async def delete_at_zendesk(
    store: Store, connectors: Mapping[str, Connector], sender_id: str
) -> dict[str, int]:
    """Delete the users that a sender has at Zendesk, with all their conversations.

    They are those of the sender's sessions in the store. Where these are purged, Zendesk's own
    deletion is left: an id that is guessed could be another user's.

    Args:
        store: The store.
        connectors: Those of the settings, by their ids.
        sender_id: Rasa's id of the user.

    Returns:
        The numbers of deleted users by connector.

    Raises:
        ConversationsError: Zendesk refused, or did not answer; what is deleted stays so.
    """
    known = await store.personal_data.zendesk_users(sender_id)
    deleted = {}
    for connector_id, connector in connectors.items():
        ids = [user_id for at, user_id in known if at == connector_id]
        async with ConversationsClient(connector) as client:
            found = [await client.delete_user(each) for each in ids]
        deleted[connector_id] = sum(found)
    return deleted
