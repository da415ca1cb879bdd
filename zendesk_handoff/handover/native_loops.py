"""Loops in native conversations: two machines that answer each other, without any person."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from zendesk_handoff.domain.native import LISTED, NativeConversation, count_turn
from zendesk_handoff.domain.rates import HOUR, Rate
from zendesk_handoff.store import Store
from zendesk_handoff.store.native import UserMessageRow

#: What a machine in a user's place does not do: it presses no button, and sends no file.
_OF_PERSONS = frozenset({"title", "attachments", "location", "form"})
#: The user's last texts, with which a new one is compared; shorter ones, as "yes", repeat anyway.
_TEXTS = 3
_LONG = 30
#: Times in an hour that another integration may give a conversation back that was passed to it.
_PASSES = 3
_MAX_SENDERS = 10_000


@dataclass
class _Last:
    """The user's last messages, as far as this process has handled them."""

    written_at: float | None = None
    texts: deque[bytes] = field(default_factory=lambda: deque(maxlen=_TEXTS))
    #: The last message with which the conversation was passed on, and whether it might be.
    passing: tuple[int, bool] | None = None


class LoopGuard:
    """Counts turns without a sign of a person, and conversations that come back.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        """Begin without knowledge: what was handled by another process is not compared."""
        self._native = store.native
        self._last: OrderedDict[str, _Last] = OrderedDict()
        self._passes = Rate(_PASSES, period=HOUR, max_keys=_MAX_SENDERS)

    async def count(self, conversation: NativeConversation, row: UserMessageRow) -> int:
        """Count the points of a message, with those of the turns before it.

        Args:
            conversation: As it was after the bot's last turn.
            row: What the user has done; each is counted once.
        """
        if row.event_id.startswith(LISTED):
            return 0  # of what was read later nobody knows how fast it came
        last = self._of(conversation.sender_id)
        before, last.written_at = last.written_at, row.created_at
        is_repeat = _is_repeat(last, str(row.body["text"]))
        if row.kind != "message" or _OF_PERSONS & row.body["metadata"].keys():
            return 0
        is_answer = before is None or await self._native.has_said(
            conversation.sender_id, since=before, until=row.created_at
        )
        return count_turn(
            conversation, now=row.created_at, is_answer=is_answer, is_repeat=is_repeat
        )

    def may_pass(self, row: UserMessageRow) -> bool:
        """Tell whether a conversation may be passed to another integration once more.

        One that gives it back each time would keep its user from everybody.

        Args:
            row: The user's message; a repeated attempt with it counts once.
        """
        last = self._of(row.sender_id)
        if last.passing is None or last.passing[0] != row.id:
            last.passing = (row.id, not self._passes.take(row.sender_id))
        return last.passing[1]

    def _of(self, sender_id: str) -> _Last:
        last = self._last.setdefault(sender_id, _Last())
        self._last.move_to_end(sender_id)
        if len(self._last) > _MAX_SENDERS:
            self._last.popitem(last=False)
        return last


def _is_repeat(last: _Last, text: str) -> bool:
    """Tell whether a text is one of the last ones, as an automatic reply is; note it."""
    words = " ".join(text.lower().split())
    if len(words) < _LONG:
        return False
    digest = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=16).digest()
    is_known = digest in last.texts
    last.texts.append(digest)
    return is_known
