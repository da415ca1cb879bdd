"""Users' ids: the one that Zendesk sees, and sender ids that are reserved or shared.

On channels whose clients choose their sender ids (``rest``, ``callback``, ``socketio``) a sender id
is all that opens a conversation. Agents, exports and other integrations of the account see a user's
``externalId``. So the one is made of the other in one direction only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from zendesk_handoff.domain.native import NATIVE_PREFIX

#: Beginning of the sender ids of the chat page: no other channel may speak for them.
PAGE_PREFIX = "webchat-"
#: Beginning of every ``externalId`` that is not proven.
_PREFIX = "rasa-"
_MAX_LENGTH = 1024  # Conversations API: schema `userCreateBody`


def external_id(
    channel: str, sender_id: str, *, subject: str | None = None, existing: str | None = None
) -> str:
    """Make the ``externalId`` of a user, by which Zendesk knows them again.

    A proven subject is used as it stands, because Zendesk links a user to its own customer by that
    alone. Every other id is a digest under a prefix: it does not reveal the sender id, is no other
    channel's, and nobody can choose a sender id that becomes somebody's subject or digest.

    Args:
        channel: The Rasa channel by which the user came.
        sender_id: Rasa's id of the user.
        subject: Who the user is, if that is proven: the ``sub`` of a verified token.
        existing: The ``externalId`` that the user has at this account from an earlier session.

    Returns:
        1 to 1,024 characters.
    """
    if subject:
        # One that looks like a digest could be that of another user.
        is_usable = len(subject) <= _MAX_LENGTH and not subject.startswith(_PREFIX)
        return subject if is_usable else _digest("subject", subject)
    return existing or _digest("sender", channel, sender_id)


def legacy_external_id(sender_id: str) -> str:
    """Return the ``externalId`` that a user was given before schema revision 0008.

    Args:
        sender_id: Rasa's id of the user.
    """
    if len(sender_id) <= _MAX_LENGTH:
        return sender_id
    return hashlib.sha256(sender_id.encode()).hexdigest()


def reserved_prefix(sender_id: str) -> str | None:
    """Return the prefix for which a sender id is reserved for one channel, if it has one.

    Args:
        sender_id: Of any channel. Databases of trackers may ignore case and spaces around it.
    """
    bare = sender_id.strip().casefold()
    return next((each for each in (PAGE_PREFIX, NATIVE_PREFIX) if bare.startswith(each)), None)


def is_shared(sender_id: str, shared_senders: Collection[str]) -> bool:
    """Tell whether several people may have a sender id, because their clients have left it out.

    Args:
        sender_id: Of any channel.
        shared_senders: The ids that are shared, compared without case and spaces around them.
    """
    return sender_id.strip().casefold() in {"", *(each.casefold() for each in shared_senders)}


def _digest(*parts: str) -> str:
    # As JSON, so that no two lists of parts make the same text, whatever characters they hold.
    return _PREFIX + hashlib.sha256(json.dumps(parts).encode()).hexdigest()
