"""Creation of an app from a description: keys, agents, switchboard, custom integrations.

The description is the JSON of `POST /sim/apps`, of the kit and of `demo.yml`:

    id, label, display_name, multi_conversations, switches, agents, keys, integrations,
    default_integration, switchboard, triggers, support_email, support_token,
    support_role, support_records

As a new Zendesk account does, the app has a switchboard with `zd-answerBot` and
`zd-agentWorkspace`. Control starts at `zd-answerBot` unless `default_integration` names another.
"""

from __future__ import annotations

import secrets
from typing import Any

from . import triggers, validation
from .ids import new_id, new_ulid
from .records import (
    AGENT_WORKSPACE,
    ANSWER_BOT,
    Agent,
    App,
    Integration,
    Json,
    Key,
    Switchboard,
    SwitchboardIntegration,
    TicketWebhook,
    Webhook,
)
from .state import State

_FIELDS = frozenset(
    """
    id label display_name multi_conversations switches agents keys integrations
    default_integration switchboard triggers support_email support_token
    support_role support_records
    """.split()
)
_INTEGRATION_FIELDS = frozenset(
    """
    id name target secret triggers include_full_user include_full_source
    switchboard_name deliver_standby_events next key
    """.split()
)


_TRIGGER_FIELDS = frozenset("status target secret body".split())


def add_app(state: State, description: Json) -> App:
    """Create an app and add it to the state.

    Raises:
        ValueError: The description has an unknown field, or something in it is missing.
    """
    _reject_unknown(description, _FIELDS, "An app")
    app_id = description.get("id") or new_id()
    if app_id in state.apps:
        raise ValueError(f"There is an app {app_id} already")
    label = description.get("label") or f"acme-{len(state.apps) + 1}"
    app = App(
        id=app_id,
        label=label,
        display_name=description.get("display_name") or label,
        settings={
            "multiConvoEnabled": bool(description.get("multi_conversations", True)),
            "echoPostback": False,
            "maskCreditCardNumbers": False,
            "useAnimalNames": False,
            "appLocalizationEnabled": True,
        },
    )
    app.switches.update(description.get("switches") or {})
    app.support_email = description.get("support_email")
    app.support_token = description.get("support_token")
    app.support_role = description.get("support_role") or "agent"
    if app.support_role not in ("agent", "admin"):
        raise ValueError("support_role is agent or admin")
    app.support_records = description.get("support_records") or {}
    for one in description.get("keys") or [{}]:
        add_key(state, app, one)
    app.agents = [_agent(number, one) for number, one in enumerate(description.get("agents") or [])]
    if description.get("switchboard", True):
        _add_switchboard(app)
    for one in description.get("integrations") or []:
        add_integration(state, app, one)
    for one in description.get("triggers") or []:
        _add_trigger(app, one)
    if app.switchboard is not None:
        name = description.get("default_integration", "zd-answerBot")
        default = next(
            (one for one in app.switchboard.integrations.values() if one.name == name), None
        )
        if default is None:
            raise ValueError(f"default_integration {name!r} is not in the switchboard")
        app.switchboard.default_id = default.id
        app.switchboard.enabled = True
    state.apps[app.id] = app
    state.record_change("app", app)
    return app


def add_key(state: State, app: App, description: Json, *, integration_id: str | None = None) -> Key:
    """Add an API key to an app: `id` and `secret`, generated where absent.

    Raises:
        ValueError: The id is taken, or has the wrong prefix.
    """
    _reject_unknown(description, frozenset({"id", "secret"}), "A key")
    prefix = "int_" if integration_id else "app_"
    key_id = description.get("id") or prefix + new_id()
    if not key_id.startswith(prefix):
        raise ValueError(f"The key id {key_id!r} should begin with {prefix}")
    if any(key_id in one.keys for one in state.apps.values()) or key_id in app.keys:
        raise ValueError(f"There is a key {key_id} already")
    key = Key(key_id, description.get("secret") or secrets.token_urlsafe(48), "API key")
    key.integration_id = integration_id
    app.keys[key.id] = key
    return key


def add_integration(state: State, app: App, description: Json) -> Integration:
    """Add a custom integration with its webhook; link it to the switchboard if it is named.

    Raises:
        ValueError: A field is unknown, or `target` is missing.
    """
    _reject_unknown(description, _INTEGRATION_FIELDS, "An integration")
    if not description.get("target"):
        raise ValueError("An integration needs its webhook's target")
    webhook = Webhook(
        id=new_id(),
        target=description["target"],
        triggers=list(description.get("triggers") or sorted(validation.TRIGGERS)),
        secret=description.get("secret") or secrets.token_urlsafe(48),
        include_full_user=bool(description.get("include_full_user")),
        include_full_source=bool(description.get("include_full_source")),
    )
    if unknown := set(webhook.triggers) - validation.TRIGGERS:
        raise ValueError(f"Unknown triggers: {', '.join(sorted(unknown))}")
    integration = Integration(
        id=description.get("id") or new_id(),
        type="custom",
        display_name=description.get("name") or "Custom integration",
        webhooks={webhook.id: webhook},
    )
    app.integrations[integration.id] = integration
    if "key" in description:
        add_key(state, app, description["key"] or {}, integration_id=integration.id)
    if name := description.get("switchboard_name"):
        _link(app, name, integration, description)
    return integration


def _add_switchboard(app: App) -> None:
    app.switchboard = Switchboard(new_id())
    for name, type_ in (("zd-answerBot", ANSWER_BOT), ("zd-agentWorkspace", AGENT_WORKSPACE)):
        integration = Integration(new_id(), type_, name)
        app.integrations[integration.id] = integration
        _link(app, name, integration, {"deliver_standby_events": False})


def _link(app: App, name: str, integration: Integration, description: Json) -> None:
    switchboard = app.switchboard
    if switchboard is None:
        raise ValueError(f"{name!r} cannot be linked: the app has no switchboard")
    names = {one.name: one.id for one in switchboard.integrations.values()}
    after = description.get("next")
    if after is not None and after not in names:
        raise ValueError(f"next {after!r} is not in the switchboard; there are {sorted(names)}")
    switchboard_integration = SwitchboardIntegration(
        id=new_id(),
        name=name,
        integration_id=integration.id,
        integration_type=integration.type,
        deliver_standby_events=bool(description.get("deliver_standby_events", False)),
        next_id=None if after is None else names[after],
    )
    switchboard.integrations[switchboard_integration.id] = switchboard_integration


def _add_trigger(app: App, description: Json) -> None:
    _reject_unknown(description, _TRIGGER_FIELDS, "A trigger")
    status = description.get("status", "solved")
    if status not in triggers.STATUSES or not description.get("target"):
        known = ", ".join(triggers.STATUSES)
        raise ValueError(f"A trigger needs a target, and one of the statuses {known}")
    webhook = TicketWebhook(
        id=new_ulid(),
        name=f"Tickets that are {status}",
        endpoint=description["target"],
        secret=description.get("secret") or secrets.token_urlsafe(48),
    )
    body = description.get("body") or triggers.default_body(status)
    triggers.add(app, webhook, status=status, body=body)


def _agent(number: int, given: str | Json) -> Agent:
    described = {"name": given} if isinstance(given, str) else given
    return Agent(
        id=str(described.get("id") or 900000000001 + number),
        name=described["name"],
        avatar_url=described.get("avatar_url"),
    )


def _reject_unknown(description: Json, known: frozenset[str], what: str) -> None:
    if unknown := sorted(set(description) - known):
        raise ValueError(f"{what} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")


def describe(app: App) -> dict[str, Any]:
    """Return the full description of an app, secrets included."""
    switchboard_integrations = app.switchboard.integrations.values() if app.switchboard else []
    return {
        "id": app.id,
        "label": app.label,
        "display_name": app.display_name,
        "multi_conversations": app.multi_conversations,
        "switches": app.switches.as_dict(),
        "agents": [vars(agent) for agent in app.agents],
        "triggers": [vars(trigger) for trigger in app.triggers.values()],
        "ticket_webhooks": [vars(webhook) for webhook in app.ticket_webhooks.values()],
        "keys": [
            {"id": key.id, "secret": key.secret, "integration": key.integration_id}
            for key in app.keys.values()
        ],
        "integrations": [
            {
                "id": one.id,
                "type": one.type,
                "name": one.display_name,
                "webhooks": [
                    {
                        "id": webhook.id,
                        "target": webhook.target,
                        "secret": webhook.secret,
                        "triggers": webhook.triggers,
                    }
                    for webhook in one.webhooks.values()
                ],
            }
            for one in app.integrations.values()
        ],
        "switchboard": [
            {
                "id": switchboard_integration.id,
                "name": switchboard_integration.name,
                "integration": switchboard_integration.integration_id,
                "type": switchboard_integration.integration_type,
                "default": app.switchboard is not None
                and switchboard_integration.id == app.switchboard.default_id,
            }
            for switchboard_integration in switchboard_integrations
        ],
    }
