"""Recognition of files that Zendesk hosts, which users cannot read without the API key."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from zendesk_handoff.settings import Connector

#: Zendesk's hosts of private attachments, besides the connector's own (Zendesk's page on private
#: attachments). None has letters beyond ASCII, whose encoding can be one that no client reads.
_ZENDESK_HOSTS = re.compile(
    r"(?=.{1,253}$)(?:(?!-|xn--)[a-z0-9-]{1,63}\.)*(?:zendesk\.com|zdusercontent\.com|smooch\.io)"
)
#: The path of an attachment, below the root of the connector's API (Conversations API:
#: `UploadAttachment`, example of `mediaUrl`): its version, its id, its name.
_ATTACHMENT = re.compile(r"/attachments/v[0-9]{1,2}/[0-9A-Za-z_-]{1,64}/(?P<name>[^/]{1,1024})")
#: What ends a segment, or is read so by some server.
_NO_SEGMENT = re.compile(r"[/\\\x00-\x1f\x7f]")


class MediaAddress(NamedTuple):
    """An address from which this server may read a file.

    Args:
        url: The address, written as it was checked; it is not to be normalised once more.
        takes_key: Whether the API key may be shown there.
    """

    url: str
    takes_key: bool


def media_address(url: str, connector: Connector) -> MediaAddress | None:
    """Return the address of a file that Zendesk hosts, so that this server reads it for the user.

    The key opens everything on the connector's host, other people's conversations too. It is shown
    to the path of an attachment there, and to nothing else.

    Any other address is passed on as a link: this server requests no other hosts, whatever their
    names resolve to.

    Args:
        url: A message's ``mediaUrl``, or the target of a redirect.
        connector: The session's.

    Returns:
        The address; ``None`` if this server must not request it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        path = _attachment_path(parts, connector)
        if path is not None:
            return MediaAddress(urlunsplit((parts.scheme, parts.netloc, path, "", "")), True)
        is_plain = parts.scheme == "https" and port in {None, 443} and "@" not in parts.netloc
        if not is_plain or not _ZENDESK_HOSTS.fullmatch(host):
            return None
        path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
        return MediaAddress(urlunsplit((parts.scheme, host, path, query, "")), False)
    except ValueError:  # not a URL, such as one with an unclosed bracket
        return None


def is_zendesk_media(url: str, connector: Connector) -> bool:
    """Tell whether Zendesk hosts a file, so that this server reads it for the user.

    Args:
        url: A message's ``mediaUrl``.
        connector: The session's.
    """
    return media_address(url, connector) is not None


def _attachment_path(parts: SplitResult, connector: Connector) -> str | None:
    """Return the path of one of the connector's own attachments, in its one safe spelling."""
    root = urlsplit(connector.base_url)
    is_own = _origin(parts) == _origin(root) and "@" not in parts.netloc
    if not is_own or parts.query or parts.fragment or not parts.path.startswith(root.path):
        return None
    found = _ATTACHMENT.fullmatch(parts.path.removeprefix(root.path))
    if found is None:
        return None
    name = unquote(found["name"], errors="strict")
    if not _is_segment(name):
        return None
    return parts.path[: -len(found["name"])] + quote(name, safe="")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port, however they are written: subdomains in capitals, too."""
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, default if parts.port is None else parts.port


def _is_segment(name: str) -> bool:
    """Tell whether a name is one segment of a path, however often a server decodes it."""
    while name not in {"", ".", ".."} and not _NO_SEGMENT.search(name):
        decoded = unquote(name)
        if decoded == name:
            return True
        name = decoded
    return False
