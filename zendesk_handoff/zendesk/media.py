"""Recognition of files that Zendesk hosts, which users cannot read without the API key."""

from __future__ import annotations

from urllib.parse import urlsplit

from zendesk_handoff.settings import Connector

#: Zendesk's hosts of private attachments, besides the connector's own (Zendesk's page on private
#: attachments).
_ZENDESK_HOSTS = ("zendesk.com", "zdusercontent.com", "smooch.io")


def is_zendesk_media(url: str, connector: Connector) -> bool:
    """Tell whether Zendesk hosts a file, so that this server reads it for the user.

    Any other address is passed on as a link: this server requests no other hosts.

    Args:
        url: A message's ``mediaUrl``.
        connector: The session's.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL, such as one with an unclosed bracket
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    if parts.netloc == urlsplit(connector.base_url).netloc:
        return True
    name = parts.hostname or ""
    return any(name == known or name.endswith(f".{known}") for known in _ZENDESK_HOSTS)
