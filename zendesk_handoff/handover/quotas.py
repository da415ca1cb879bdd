"""Quotas: what a process admits within a minute or an hour, by the settings of ``limits``."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

import structlog

from zendesk_handoff import metrics
from zendesk_handoff.domain.addresses import client_address
from zendesk_handoff.domain.rates import HOUR, MINUTE, Rate
from zendesk_handoff.domain.session import Session
from zendesk_handoff.settings import LimitSettings

log = structlog.get_logger(__name__)

#: Senders whose address is remembered until they are handed over.
_MAX_SENDERS = 10_000
#: Lines a minute about wrong keys, from all addresses together.
_KEY_LINES = 30


class Quotas:
    """The rates of one process.

    Args:
        limits: The settings.
        clock: Seconds that never go backwards.
    """

    def __init__(
        self, limits: LimitSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with every allowance whole."""

        def rate(allowance: int | None, period: float = MINUTE) -> Rate:
            return Rate(allowance, period=period, clock=clock)

        self.limits = limits
        self._conversations = {
            "conversations_per_address": rate(limits.conversations_per_address),
            "conversations": rate(limits.conversations),
        }
        self._messages = {
            "messages_per_conversation": rate(limits.messages_per_conversation),
            "messages_per_conversation_and_hour": rate(
                limits.messages_per_conversation_and_hour, HOUR
            ),
            "messages_per_address": rate(limits.messages_per_address),
        }
        self._handovers = {
            "handovers_per_address": rate(limits.handovers_per_address),
            "handovers_per_connector": rate(limits.handovers_per_connector),
            "handovers": rate(limits.handovers),
        }
        self._wrong_keys = rate(limits.wrong_keys_per_address)
        self._key_lines = rate(_KEY_LINES)
        self._limit_lines = rate(1)
        self._addresses: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._knows_proxy = bool(limits.trusted_proxies)

    def address_of(self, peer: str, forwarded_for: Iterable[str]) -> str:
        """Find out where a request comes from.

        Args:
            peer: The address of the connection.
            forwarded_for: The lines of ``X-Forwarded-For``.
        """
        lines = list(forwarded_for)
        if lines and not self._knows_proxy:
            self._knows_proxy = True  # said once
            log.warning(
                "handoff.limits.proxy_not_declared",
                meaning="all users behind a proxy count as one address; name the proxy's network "
                "in `limits.trusted_proxies`",
            )
        return client_address(peer, lines, self.limits.trusted_proxies)

    def note_address(self, channel: str, sender_id: str, address: str) -> None:
        """Remember where a sender writes from, should they be handed over.

        Args:
            channel: The channel's name. The same id on another one may be another person's, who
                must not pay for this one.
            sender_id: Rasa's sender id.
            address: As ``address_of`` returns it.
        """
        self._addresses[channel, sender_id] = address
        self._addresses.move_to_end((channel, sender_id))
        if len(self._addresses) > _MAX_SENDERS:
            self._addresses.popitem(last=False)

    def begin_conversation(self, address: str) -> float:
        """Count a new conversation; return 0, or the seconds until it would be admitted.

        Args:
            address: As ``address_of`` returns it.
        """
        keys = {"conversations_per_address": address}
        return self._take(self._conversations, keys)

    def send_message(self, sender_id: str, address: str) -> float:
        """Count a message; return 0, or the seconds until it would be admitted.

        Args:
            sender_id: Rasa's sender id.
            address: As ``address_of`` returns it.
        """
        keys = {
            "messages_per_conversation": sender_id,
            "messages_per_conversation_and_hour": sender_id,
            "messages_per_address": address,
        }
        return self._take(self._messages, keys)

    def hand_over(self, session: Session) -> bool:
        """Count a handover; return whether it is admitted.

        Args:
            session: Requested, and not taken up yet; with the channel that its user is on.
        """
        keys = {"handovers_per_connector": session.connector_id}
        rates = dict(self._handovers)
        address = self._addresses.get((session.channel, session.sender_id))
        if address is None:  # of a channel whose requests do not come from its users
            del rates["handovers_per_address"]
        else:
            keys["handovers_per_address"] = address
        return not self._take(rates, keys)

    def refuse_key(self, address: str) -> float:
        """Count a call with a wrong key; return 0, or the seconds for which to refuse the next.

        Args:
            address: As ``address_of`` returns it.
        """
        return self._take({"wrong_keys_per_address": self._wrong_keys}, {}, default=address)

    def may_log_key(self) -> bool:
        """Tell whether another line about a wrong key may be logged: an attack must not fill it."""
        return not self._key_lines.take()

    def count(self, limit: str) -> None:
        """Count what a limit has refused, and log it, once a minute for each limit.

        Args:
            limit: The name of the setting.
        """
        metrics.count_limited(limit)
        if not self._limit_lines.take(limit):
            log.warning("handoff.limit.reached", limit=limit)

    def _take(self, rates: dict[str, Rate], keys: dict[str, str], *, default: str = "") -> float:
        for limit, rate in rates.items():
            wait = rate.take(keys.get(limit, default))
            if wait:
                self.count(limit)
                return wait
        return 0.0
