"""What to do about Zendesk's refusals: which of a connector's settings, or what of the account.

Zendesk's own words name neither (Conversations API: Errors). A hint names keys of the settings, the
host and the app, and never a secret.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from urllib.parse import urlsplit

import aiohttp

from zendesk_handoff.errors import ApiError, ConnectionFailed, ConversationsError
from zendesk_handoff.settings import Connector

_ADMIN = "Admin Center > Apps and integrations"
_PASS_CONTROL = ("passControl", "offerControl")


def hint_for(error: ConversationsError, connector: Connector) -> str:
    """Say what to do about an error; empty where a person has nothing to do.

    Args:
        error: Of a call to the API.
        connector: Whose call it was.
    """
    if isinstance(error, ConnectionFailed):
        return _of_connection(error, connector)
    if isinstance(error, ApiError):
        return _of_status(error, connector)
    return ""


def failure_of(error: BaseException) -> str:
    """Name the kind of a failed connection, for ``ConnectionFailed``.

    Args:
        error: aiohttp's.
    """
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return "timeout"
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError)):
        return "certificate"
    cause = getattr(error, "os_error", None)
    if isinstance(cause, socket.gaierror):
        return "name"
    return "refused" if getattr(cause, "errno", None) == errno.ECONNREFUSED else ""


def _of_connection(error: ConnectionFailed, connector: Connector) -> str:
    host, setting = _host(connector), _setting(connector)
    if error.failure == "name":
        return f"There is no such subdomain: {host} has no address. Correct {setting}."
    if error.failure == "refused":
        return f"Nothing answers at {host}. Correct {setting}, or start what should answer there."
    if error.failure == "certificate":
        return f"The certificate of {host} is not accepted. Correct {setting}, or this machine's."
    if error.failure == "timeout":
        return f"{host} did not answer in time. A firewall or proxy may be in between."
    return ""


def _of_status(error: ApiError, connector: Connector) -> str:
    host, setting = _host(connector), _setting(connector)
    if error.status == 401:
        return (
            "Zendesk does not accept the key, and does not tell whether `key_id` or `key_secret` "
            f"is wrong: copy both again from one key ({_ADMIN} > APIs > Conversations API)."
        )
    if error.status == 402:
        return "The account's plan does not include the Conversations API."
    if error.status == 403:
        return _of_scope(error, connector)
    if error.code == "app_not_found":
        return f"There is no app {connector.app_id} at {host}: correct `app_id`, or {setting}."
    if error.status == 404 and not error.code:
        return f"{host} does not answer as the API does: no such subdomain? Correct {setting}."
    if error.code in {"integration_not_found", "switchboard_not_found"}:
        return f"Look for it in {_ADMIN} > Integrations > Conversations integrations."
    is_control = error.call.endswith(_PASS_CONTROL)
    if is_control and (error.status == 400 or error.code.startswith("switchboard_integration")):
        own = connector.switchboard_integration
        names = f"`agent_workspace` ({connector.agent_workspace})"
        names += f" and `switchboard_integration` ({own})" if own else ""
        return f"Is {names} the name of an integration in the account's switchboard?"
    return ""


def _of_scope(error: ApiError, connector: Connector) -> str:
    kind = connector.key_id[:4]
    if kind == "int_":
        return (
            "A key of an integration (int_…) may use conversations only, and control only while "
            f"it has it: other calls need a key of the app (app_…), from {_ADMIN} > APIs."
        )
    return f"The key ({kind}…) is not one of the app {connector.app_id}: correct `app_id`."


def _host(connector: Connector) -> str:
    return urlsplit(connector.base_url).netloc


def _setting(connector: Connector) -> str:
    """Name the setting from which the host is."""
    usual = f"{connector.subdomain}.zendesk.com".lower()
    return "`subdomain`" if _host(connector).lower() == usual else "`base_url`"
