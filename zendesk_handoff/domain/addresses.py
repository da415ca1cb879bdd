"""Addresses of clients, as limits count them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network
#: Shared by all clients whose address cannot be read: on a Unix socket, for example.
UNKNOWN = "unknown"

#: Some proxies add the port, an IPv6 address then stands in brackets.
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def client_address(peer: str, forwarded_for: Iterable[str], trusted: Sequence[Network]) -> str:
    """Find out where a request comes from, believing no one but trusted proxies.

    Each proxy appends to ``X-Forwarded-For`` the address that it was called from. The header is
    read from its end, as long as the address before was a trusted proxy's: what a client has
    written itself stands further in front and is never reached.

    Args:
        peer: The address of the connection.
        forwarded_for: The lines of ``X-Forwarded-For``, in order.
        trusted: The networks of the proxies.

    Returns:
        The address; for IPv6 its network of 64 bits, which is the smallest that one customer of a
        provider is given (RFC 6177). ``UNKNOWN`` where the peer has none.
    """
    address = _parse(peer)
    if not trusted or address is None:
        return _group(address)
    hops = [hop for line in forwarded_for for hop in line.split(",")]
    while hops and any(address in network for network in trusted):
        nearer_to_client = _parse(hops.pop())
        if nearer_to_client is None:
            break
        address = nearer_to_client
    return _group(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    found = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address((found[1] or found[2] or "") if found else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _group(address: IPv4Address | IPv6Address | None) -> str:
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), 64), strict=False))
    return str(address)
