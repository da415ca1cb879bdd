"""What a connector needs of its account."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from zendesk_handoff.errors import CannotSetUp
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.webhooks import triggers_of

#: Names in the switchboard (Conversations API: schema `switchboardIntegration`).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
#: Hosts that no public name server knows (RFC 6761, RFC 6762, RFC 8375), and those of examples.
_NOWHERE = re.compile(
    r"(?:.*\.)?(?:localhost|local|internal|home\.arpa|test|invalid|example(?:\.(?:com|net|org))?)"
)
#: Our name in the switchboard, where the settings have none.
DEFAULT_NAME = "rasa"
_NO_EVENTS = (
    "is where Zendesk is to send its events, and Zendesk cannot reach it. Write the address that "
    "this bot has on the internet (a tunnel's, while you try things out)."
)


@dataclass(frozen=True)
class Wanted:
    """What the account must have.

    Args:
        name: The integration's name for people, by which it is found again.
        targets: The addresses of the connector's webhook; the first is the one to register.
        triggers: The events that the webhook must send.
        agent_workspace: The switchboard integration of the agents, by id, name or type.
        switchboard_name: Our own name in the switchboard; ``None`` outside of it.
        is_native: Whether Zendesk is the users' channel: then events have the user's profile, and
            conversations begin with our integration.
        has_clients: Whether events have the user's client, which the settings ask for.
        integration_id: The integration to use, if the operator has chosen one.
        secrets: The webhook secrets of the settings, which tell webhooks apart.
    """

    name: str
    targets: tuple[str, ...]
    triggers: tuple[str, ...]
    agent_workspace: str
    switchboard_name: str | None = None
    is_native: bool = False
    has_clients: bool = False
    integration_id: str | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def is_target(self, address: str) -> bool:
        """Tell whether an address is the connector's webhook."""
        return any(same_address(address, each) for each in self.targets)


def wanted_by(
    connector: Connector,
    public_url: str,
    *,
    in_switchboard: bool = False,
    is_native: bool = False,
    integration_id: str | None = None,
) -> Wanted:
    """Tell what a connector needs.

    Args:
        connector: The connector.
        public_url: The address of the Rasa server.
        in_switchboard: Whether it is to have a place in the switchboard.
        is_native: Whether Zendesk is to be the users' channel, for which it needs the place.
        integration_id: The integration to use.

    Raises:
        CannotSetUp: Zendesk cannot reach the address, or refuses the name in the switchboard.
    """
    check_address(connector, public_url)
    is_native = is_native or connector.is_native
    in_switchboard = in_switchboard or is_native
    name = (connector.switchboard_integration or DEFAULT_NAME) if in_switchboard else None
    if name is not None and not _NAME.fullmatch(name):
        raise CannotSetUp(
            f"switchboard_integration is {name!r}; Zendesk takes letters, digits, `-` and `_` "
            "only, 128 at most. Write another name."
        )
    return Wanted(
        name=integration_name(connector.id),
        targets=connector.webhook_urls(public_url),
        triggers=triggers_of(is_native=is_native),
        agent_workspace=connector.agent_workspace,
        switchboard_name=name,
        is_native=is_native,
        has_clients=is_native and connector.client_info,
        integration_id=integration_id,
        secrets=connector.webhook_secrets,
    )


def check_address(connector: Connector, public_url: str) -> None:
    """Check that Zendesk can reach the Rasa server.

    Args:
        connector: The connector.
        public_url: The address of the Rasa server.

    Raises:
        CannotSetUp: It cannot.
    """
    # A simulator, which has no public address either, reaches its own network.
    if _is_public(connector.base_url) and not _is_public(public_url):
        raise CannotSetUp(f"public_url {public_url} {_NO_EVENTS}")


def same_address(one: str, other: str) -> bool:
    """Tell whether two addresses are the same, however they are written."""
    return _normal(one) == _normal(other)


def integration_name(connector_id: str) -> str:
    """Name a connector's integration, as Admin Center lists it.

    Args:
        connector_id: The connector's id. Its name for people may be that of another program's
            integration, which must not be taken for ours.
    """
    return f"Rasa handoff: {connector_id}"


def _is_public(address: str) -> bool:
    host = (urlsplit(address).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not _NOWHERE.fullmatch(host)


def _normal(address: str) -> tuple[object, ...]:
    """Reduce an address to what makes it the same: case and port of the host, a last slash."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
        return parts.scheme, parts.hostname, port, parts.path.rstrip("/"), parts.query
    except ValueError:
        return (address,)
