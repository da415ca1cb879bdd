"""Checks of the account at Zendesk: key, app, integration, webhook and switchboard."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zendesk_handoff.checks.finding import Finding, fine, problem, skipped, warning
from zendesk_handoff.checks.refusal import refusal
from zendesk_handoff.checks.tickets import (
    check_existing_tickets,
    check_support_api,
    check_who_answers_first,
    skip_account,
)
from zendesk_handoff.errors import ApiError, ConversationsError, NotAuthorized, NotFound
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.zendesk.account import CUSTOM, Integration, Webhook
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.client import ConversationsClient
from zendesk_handoff.zendesk.models import SwitchboardIntegration
from zendesk_handoff.zendesk.provisioning.wanted import same_address
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.webhooks import SIGNS, triggers_of

#: One repetition or two: a person waits.
_RETRY = RetryPolicy(max_elapsed=3.0)
_TIMEOUT = 10.0
#: An id that no user has: asking for it shows whether the key opens the app.
_NOBODY = "0" * 24
_SETUP = "Or run: zendesk-handoff setup {}"


@dataclass(frozen=True)
class _Hook:
    """A webhook, with the integration that it belongs to."""

    integration: Integration | None
    webhook: Webhook


async def check_zendesk(settings: Settings) -> list[Finding]:
    """Check the account of every connector; nothing is changed there.

    Args:
        settings: The plugin's.
    """
    each = (check_connector(one, settings.public_url) for one in settings.connectors.values())
    return [finding for found in await asyncio.gather(*each) for finding in found]


async def check_connector(connector: Connector, public_url: str) -> list[Finding]:
    """Check the account of a connector.

    Args:
        connector: The connector.
        public_url: The address of the Rasa server for Zendesk.
    """
    try:
        async with ConversationsClient(connector, timeout=_TIMEOUT, retry=_RETRY) as client:
            found = await _check_key(client)
        async with Administration(connector, timeout=_TIMEOUT, retry=_RETRY) as api:
            found += await _check_account(api, connector, public_url)
        return [*found, *await check_support_api(connector)]
    except ConversationsError as error:
        return [refusal(_name("key", connector), error)]


async def _check_key(client: ConversationsClient) -> list[Finding]:
    """Make a call that every key of the app may make.

    Raises:
        ConversationsError: The key does not open the app.
    """
    connector = client.connector
    try:
        await client.list_conversations(_NOBODY)
    except ApiError as error:
        # 404 and 400 are about the user, whom nobody may look for with a key that is refused.
        if error.code not in {"user_not_found", "bad_request"}:
            raise
    words = f"{connector.key_id[:4]}… opens the app {connector.app_id} at {connector.base_url}."
    return [fine(_name("key", connector), words)]


async def _check_account(
    api: Administration, connector: Connector, public_url: str
) -> list[Finding]:
    is_app = connector.scope == "app"
    found: list[Finding] = []
    if is_app:
        app = await api.get_app()
        found += _multi_conversations(connector, multi=app.has_multi_conversations)
        found += check_existing_tickets(connector, multi=app.has_multi_conversations)
    else:
        found += skip_account(connector)
    hooks = await _hooks(api, is_app=is_app)
    if hooks is None:
        cause = "This key may not read the account's webhooks and switchboard."
        cure = "Run the check once with an `app_` key in its place."
        return [*found, skipped(_name("webhook", connector), cause, cure)]
    found += _webhook(connector, public_url, hooks)
    if is_app:
        ours = _ours(connector, public_url, hooks)
        found += await _switchboard(api, connector, ours[0].integration if ours else None)
    else:
        cause = "An `int_` key may not read the switchboard."
        cure = "Run the check once with an `app_` key in its place."
        found.append(skipped(_name("switchboard", connector), cause, cure))
    return found


async def _hooks(api: Administration, *, is_app: bool) -> list[_Hook] | None:
    """List the webhooks that the key may read; ``None`` if there are none that it may."""
    if not is_app:
        try:
            return [_Hook(None, each) for each in await api.list_webhooks("me")]
        except (NotAuthorized, NotFound):  # `me` is documented for OAuth
            return None
    integrations = await api.list_integrations(types=[CUSTOM])
    return [
        _Hook(integration, webhook)
        for integration in integrations
        for webhook in integration.webhooks or await api.list_webhooks(integration.id)
    ]


def _multi_conversations(connector: Connector, *, multi: bool) -> Iterator[Finding]:
    name = _name("multi-conversations", connector)
    if connector.is_native:
        number = "several conversations" if multi else "one conversation"
        yield fine(name, f"A user may have {number}; a handover takes place in the user's own.")
    elif multi:
        yield fine(name, "On: each handover has a conversation and a ticket of its own.")
    else:
        cause = "Off: all handovers of a user share one conversation, and what was said before."
        cure = "Turn it on in Admin Center > Messaging > Manage settings; it cannot be turned off."
        yield warning(name, cause, cure)


def _ours(connector: Connector, public_url: str, hooks: Sequence[_Hook]) -> list[_Hook]:
    addresses = connector.webhook_urls(public_url)
    return [
        each for each in hooks if any(same_address(each.webhook.target, own) for own in addresses)
    ]


def _webhook(connector: Connector, public_url: str, hooks: Sequence[_Hook]) -> Iterator[Finding]:
    """S9: without its webhook, no agent's word reaches a user."""
    name = _name("webhook", connector)
    ours, setup = _ours(connector, public_url, hooks), _SETUP.format(connector.id)
    if not ours:
        paths = tuple(each.removeprefix(public_url) for each in connector.webhook_urls(public_url))
        elsewhere = [each.webhook.target for each in hooks if each.webhook.target.endswith(paths)]
        cause = f"No webhook has the target {connector.webhook_url(public_url)}"
        cause += f"; there is {', '.join(elsewhere)}." if elsewhere else "."
        yield problem(
            name,
            cause,
            f"{'Correct public_url' if elsewhere else 'Make it in Admin Center'}. {setup}",
        )
        return
    if len(ours) > 1:
        cause = f"{len(ours)} webhooks have our address: each event comes more than once."
        yield warning(name, cause, "Delete all but one of them in Admin Center.")
    if not _accepted(connector, ours):
        cause = "Its secret is not this connector's webhook_secret: every event is refused."
        cure = "Write the webhook's own secret as webhook_secret. "
        yield problem(name, cause, cure + setup)
    needed = triggers_of(is_native=connector.is_native)
    missing = [each for each in needed if each not in ours[0].webhook.triggers]
    if missing and set(missing) <= {*SIGNS}:
        cause = f"It lacks {', '.join(missing)}: users do not see that an agent types, or has read."
        yield warning(name, cause, f"Add the triggers in Admin Center. {setup}")
    elif missing:
        cause = f"It lacks the triggers {', '.join(missing)}: these events never come."
        yield problem(name, cause, f"Add them in Admin Center. {setup}")
    elif connector.is_native and not ours[0].webhook.include_full_user:
        cause = "It sends no names and languages of users, which the bot would get."
        yield warning(name, cause, f"Set includeFullUser. {setup}")
    elif connector.is_native and connector.client_info and not ours[0].webhook.include_full_source:
        cause = "It sends nothing of users' clients, which `client_info` asks for."
        yield warning(name, cause, f"Set includeFullSource. {setup}")
    elif _accepted(connector, ours):
        shown = ours[0].webhook.secret is not None
        words = "with every trigger" + (" and the same secret" if shown else "")
        yield fine(name, f"{ours[0].webhook.target}, {words}.")


def _accepted(connector: Connector, hooks: Sequence[_Hook]) -> bool:
    """Tell whether the connector accepts every webhook's secret that Zendesk shows."""
    shown = [each.webhook.secret for each in hooks if each.webhook.secret is not None]
    return all(
        any(hmac.compare_digest(secret.encode(), own.encode()) for own in connector.webhook_secrets)
        for secret in shown
    )


async def _switchboard(
    api: Administration, connector: Connector, ours: Integration | None
) -> list[Finding]:
    name, wanted = _name("switchboard", connector), connector.agent_workspace
    board = await api.switchboard.get()
    if board is None:
        cause = "The account has no switchboard: control cannot be passed to the agents."
        return [problem(name, cause, "Turn the Agent Workspace and messaging on in Admin Center.")]
    places = await api.switchboard.list_integrations(board.id)
    found: list[Finding] = []
    names = ", ".join(each.name for each in places)
    agents = next((each for each in places if each.is_called(wanted)), None)
    if agents is None:
        cause = f"agent_workspace is {wanted}, and the switchboard has {names}."
        cure = "Write the name of the agents' place, usually zd-agentWorkspace."
        found.append(problem(name, cause, cure))
    if not board.enabled:
        cause = "The switchboard is not enabled: control cannot be passed."
        found.append(
            problem(name, cause, "Enable it in Admin Center, or with `UpdateSwitchboard`.")
        )
    found += _place(connector, places, agents, ours)
    first = board.default_switchboard_integration_id
    if connector.is_native:
        found += _is_first(connector, next((each for each in places if each.id == first), None))
    else:
        is_agents = agents is not None and agents.id == first
        found += check_who_answers_first(connector, is_agents=is_agents)
    if not any(each.check == name for each in found):
        found.insert(0, fine(name, f"{wanted} is there" + _with(connector) + "."))
    return found


def _is_first(connector: Connector, default: SwitchboardIntegration | None) -> Iterator[Finding]:
    """Check that new conversations begin with the bot."""
    own = str(connector.switchboard_integration)
    if default is None or not default.is_called(own):
        cause = f"New conversations begin with {default.name if default else 'nobody'}, not {own}."
        cure = (
            "Make it the default responder of the bot's channels in Admin Center, or of all: "
            f"zendesk-handoff setup {connector.id} --native"
        )
        yield warning(_name("switchboard", connector), cause, cure)


def _with(connector: Connector) -> str:
    own = connector.switchboard_integration
    return "" if own is None else f", and {own}, to which control can be offered"


def _place(
    connector: Connector,
    places: Sequence[SwitchboardIntegration],
    agents: SwitchboardIntegration | None,
    ours: Integration | None,
) -> Iterator[Finding]:
    """Check our own place: what the settings say of it, and what the account has."""
    name, wanted = _name("switchboard", connector), connector.switchboard_integration
    linked = [each for each in places if ours is not None and each.integration_id == ours.id]
    if wanted is None:
        deaf = [each.name for each in linked if not each.deliver_standby_events]
        if deaf:
            cause = (
                f"Our integration is in the switchboard as {deaf[0]}, and hears nothing of a "
                "conversation once the agents have it."
            )
            yield problem(name, cause, f"Write `switchboard_integration: {deaf[0]}`.")
        return
    place = next((each for each in places if each.is_called(wanted)), None)
    if place is None:
        cause = f"switchboard_integration is {wanted}, and the switchboard has no such place."
        cure = f"Run: zendesk-handoff setup {connector.id} --switchboard; or leave the key out."
        yield problem(name, cause, cure)
    elif agents is not None and place.id == agents.id:
        cause = f"switchboard_integration and agent_workspace are the same place, {wanted}."
        yield problem(name, cause, "Control cannot be offered to the agents: name our own place.")
    elif ours is not None and place.integration_id != ours.id:
        cause = f"{wanted} belongs to another integration than the webhook: its events go there."
        cure = f"Run: zendesk-handoff setup {connector.id} --switchboard"
        yield problem(name, cause, cure)


def _name(check: str, connector: Connector) -> str:
    return f"{check} ({connector.id})"
