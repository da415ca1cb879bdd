"""The steps from what an account has to what a connector needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zendesk_handoff.errors import CannotSetUp
from zendesk_handoff.zendesk.models import SwitchboardIntegration
from zendesk_handoff.zendesk.provisioning import steps
from zendesk_handoff.zendesk.provisioning.observe import Found
from zendesk_handoff.zendesk.provisioning.steps import Step
from zendesk_handoff.zendesk.provisioning.wanted import Wanted


@dataclass(frozen=True)
class Plan:
    """What is there, what is to be changed, and what a person should know.

    Args:
        present: What is as it should be: subject and words.
        steps: The changes, in order.
        notes: Sentences.
    """

    present: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...]


def plan(found: Found, wanted: Wanted, *, has_key: bool) -> Plan:
    """Plan the steps; nothing is changed.

    Args:
        found: The account.
        wanted: What the connector needs.
        has_key: Whether a key of the integration is stored.

    Raises:
        CannotSetUp: The account is such that only a person can decide.
    """
    present: list[tuple[str, str]] = []
    todo: list[Step] = []
    webhook = found.webhook
    if found.integration is None:
        todo.append(steps.create_integration(wanted))
    else:
        name = found.integration.display_name or "without a name"
        present.append(("integration", f"{name!r}, {found.integration.id}"))
        if webhook is None:
            todo.append(steps.create_webhook(wanted))
        elif change := steps.update_webhook(webhook, wanted):
            todo.append(change)
        else:
            present.append(("webhook", f"to {webhook.target}, with every event that is needed"))
    if wanted.switchboard_name is not None:
        place = _place(found, wanted, wanted.switchboard_name)
        if isinstance(place, Step):
            todo.append(place)
        else:
            next_ = _agents(found, wanted).name
            present.append(("switchboard", f"{place.name!r}, next {next_}, no standby events"))
        if wanted.is_native:
            first = _answer_first(found, wanted.switchboard_name)
            if first is None:
                present.append(("switchboard", "conversations begin with the bot"))
            else:
                todo.append(first)
    if has_key:
        present.append(("key", "an int_ key of the integration is stored"))
    elif found.unused_key(wanted.name) is None:
        # Last: an integration with ten keys already works without another one.
        todo.append(steps.create_key(wanted.name))
    return Plan(tuple(present), tuple(todo), tuple(_notes(found, wanted)))


def _place(found: Found, wanted: Wanted, name: str) -> Step | SwitchboardIntegration:
    """Plan the integration's place in the switchboard, or return the one that is right."""
    if found.switchboard is None:
        raise CannotSetUp(
            "The account has no switchboard. Turn on messaging and the Agent Workspace in Admin "
            "Center, which make one, or leave --switchboard out."
        )
    agents = _agents(found, wanted)
    taken = next((each for each in found.places if each.name == name), None)
    if taken is not None and (
        found.integration is None or taken.integration_id != found.integration.id
    ):
        raise CannotSetUp(
            f"The name {name!r} in the switchboard belongs to another integration, "
            f"{taken.integration_id} ({taken.integration_type}). Write another name into "
            "`switchboard_integration`; if that integration is this bot's, name it with "
            "--integration."
        )
    if found.place is None:
        return steps.join_switchboard(found.switchboard.id, name, agents)
    if taken is None:
        raise CannotSetUp(
            f"The integration is in the switchboard already, as {found.place.name!r}. Write "
            f"`switchboard_integration: {found.place.name}`: a new name would break what passes "
            "control to the old one."
        )
    return steps.update_place(found.switchboard.id, taken, agents) or taken


def _answer_first(found: Found, name: str) -> Step | None:
    """Plan that conversations begin with the bot, unless they do."""
    board = found.switchboard
    assert board is not None, "the place is planned before"
    default_id = board.default_switchboard_integration_id
    if found.place is not None and found.place.id == default_id and board.enabled:
        return None
    default = next((each.name for each in found.places if each.id == default_id), "nobody")
    return steps.answer_first(board, name, found.place, instead_of=default)


def _agents(found: Found, wanted: Wanted) -> SwitchboardIntegration:
    agents = found.place_called(wanted.agent_workspace)
    if agents is None:
        names = ", ".join(each.name for each in found.places) or "nothing"
        raise CannotSetUp(
            f"The switchboard has no {wanted.agent_workspace!r}; it has {names}. Write the name of "
            "the agents' workspace into `agent_workspace`."
        )
    return agents


def _notes(found: Found, wanted: Wanted) -> Iterator[str]:
    integration = found.integration
    if integration is not None and not steps.is_whole(integration):
        yield (
            f"Zendesk calls the integration {integration.status}: look at it in Admin Center > "
            "Integrations > Conversations integrations."
        )
    for other in found.others:
        yield (
            f"A further integration, {other.display_name!r} ({other.id}), is left as it is. If it "
            "sends to this bot, its events are refused for their secret: delete it."
        )
    for webhook in integration.webhooks if integration else ():
        if found.webhook is None or webhook.id != found.webhook.id:
            yield f"A further webhook of the integration, to {webhook.target}, is left as it is."
    if not found.app.has_multi_conversations:
        yield (
            "The account allows a user one conversation, which each handover uses again. For one "
            "ticket each, turn on multi-conversations: Messaging > Manage settings."
        )
    yield from _switchboard_notes(found, wanted)


def _switchboard_notes(found: Found, wanted: Wanted) -> Iterator[str]:
    if found.switchboard is None or found.place_called(wanted.agent_workspace) is None:
        yield (
            f"The switchboard has no {wanted.agent_workspace!r}, to which control is passed: turn "
            "on messaging and the Agent Workspace, or correct `agent_workspace`."
        )
        return
    if not found.switchboard.enabled and not wanted.is_native:
        yield "The switchboard is disabled: every integration receives all events."
    if wanted.switchboard_name is None and found.place is not None:
        yield (
            f"The integration is in the switchboard, as {found.place.name!r}: write "
            f"`switchboard_integration: {found.place.name}`, and give --switchboard."
        )
    if wanted.switchboard_name is not None and not wanted.is_native:
        default_id = found.switchboard.default_switchboard_integration_id
        default = next((each.name for each in found.places if each.id == default_id), "nobody")
        yield f"Who answers first in new conversations is left as it is: {default}."
