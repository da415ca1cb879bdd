"""Addresses from outside: which of them may become links."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Network, ip_address
from unicodedata import normalize
from urllib.parse import quote, urlsplit

#: Everything that is not a letter, a digit or punctuation of an address: spaces, quotes, angle
#: brackets, control and direction marks. Written as it is, it would end or disguise the address.
_UNSAFE = re.compile(r"[^\w!#$%&'()*+,\-./:;=?@\[\]~]")

#: Lengths of a host's name and of its labels, in bytes (RFC 1035, section 2.3.4).
_MAX_HOST, _MAX_LABEL = 253, 63
#: A last label that makes a host an IPv4 address (WHATWG URL Standard, section 3.5).
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_LONE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_NOT_IN_HOSTS = re.compile(r"[^\w.-]|_")
#: Names that mean something in one network alone (RFC 6761, 6762, 8375, and ICANN's `internal`).
_PRIVATE_DOMAINS = frozenset(
    "local localhost internal intranet private corp home lan localdomain test invalid onion".split()
)
_HOME = ["home", "arpa"]
_NAT64 = IPv6Network("64:ff9b::/96")


def web_address(value: object) -> str | None:
    """Return an address that may become a link, without characters that end or disguise it.

    Args:
        value: From outside.

    Returns:
        The address; ``None`` unless it is one of ``http`` or ``https``. Other schemes run code
        (``javascript:``), hold content (``data:``) or mean something on the reader's own machine.
    """
    if not isinstance(value, str):
        return None
    address = value.strip()
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # such as an unbalanced bracket
        return None
    if not is_web or not address.isprintable():
        return None
    return _UNSAFE.sub(lambda found: quote(found[0], safe=""), address)


def is_public(url: str) -> bool:
    """Tell whether a server elsewhere may reach an address: it has a host name with a dot in it.

    No name is looked up: nothing is requested on the strength of the answer.

    Args:
        url: From the settings, or from outside.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and _is_public_host(host)


def user_media_address(url: object, *, from_here: bool = False) -> str | None:
    """Return the address of a user's file that others may be told to read.

    Args:
        url: From outside.
        from_here: Whether the reader is on this machine, as the local Zendesk of the demo is: then
            its own addresses are allowed, too.

    Returns:
        The address; ``None`` unless it is a public one of the web. Somebody else's server must not
        be sent into its own network, nor to a script.
    """
    address = web_address(url)
    if address is None or not (is_public(address) or (from_here and is_loopback(address))):
        return None
    return _LONE_PERCENT.sub("%25", address)


def is_loopback(url: str) -> bool:
    """Tell whether an address is one of this machine.

    Args:
        url: From the settings, or from outside.
    """
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public_host(host: str) -> bool:
    # Full-width digits and ideographic dots are read as ASCII ones (RFC 3490, section 3.1).
    host = normalize("NFKC", host).replace("\u3002", ".").removesuffix(".")
    if ":" in host:
        return is_global(host)
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return is_global(host)
    is_name = len(host) <= _MAX_HOST and all(0 < len(each) <= _MAX_LABEL for each in labels)
    return is_name and not _NOT_IN_HOSTS.search(host) and _has_public_name(labels)


def _has_public_name(labels: list[str]) -> bool:
    return len(labels) > 1 and labels[-1] not in _PRIVATE_DOMAINS and labels[-2:] != _HOME


def is_global(host: str) -> bool:
    """Tell whether an IP address in its usual notation is one of the public internet.

    Args:
        host: The address; one of IPv6 may name its interface.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:  # ``127.1`` and ``0x7f000001`` are addresses, too, for some programs
        return False
    if address.version == 6:
        # An address of IPv4 in it is where the packets go in the end.
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None or address.teredo is not None:
            return inner is not None and is_global(str(inner))
    return address.is_global and not address.is_multicast
