"""Comparison of what the running servers report, with each other and with the bot's files."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_handoff.checks.finding import Finding, fine, problem, skipped, warning
from zendesk_handoff.checks.offline import Known
from zendesk_handoff.checks.reports import ActionsReport, RasaReport

RASA, ACTIONS, _STORE = "Rasa server", "action server", "same store"


def compare(known: Known, rasa: RasaReport | None, actions: ActionsReport | None) -> list[Finding]:
    """Compare the servers that have reported.

    Args:
        known: What the offline checks have read.
        rasa: The Rasa server's report.
        actions: The action server's.
    """
    return [*_same_store(known, rasa, actions), *_of_rasa(known, rasa)]


def _same_store(
    known: Known, rasa: RasaReport | None, actions: ActionsReport | None
) -> Iterator[Finding]:
    """S1: an action server with another store promises agents who never hear of it."""
    if rasa is not None and actions is not None and actions.store is not None:
        if rasa.store != actions.store:
            cause = (
                f"The action server uses another store than the Rasa server ({rasa.store_name}): "
                "no request of a user is taken up."
            )
            cure = (
                "Start both in one folder, or set ZENDESK_HANDOFF_CREDENTIALS to the same file "
                "for both; the action server's log names its store (handoff.actions.ready)."
            )
            yield problem(_STORE, cause, cure)
        else:
            yield fine(_STORE, f"Both servers use {rasa.store_name}.")
    else:
        missing = [
            name for name, report in ((RASA, rasa), (ACTIONS, actions)) if report is None
        ] or [ACTIONS]
        yield skipped(_STORE, f"Not known: no answer of the {' and the '.join(missing)}.")
    if rasa is not None and known.store is not None and rasa.store != known.store.identity:
        cause = f"The Rasa server uses {rasa.store_name}, and these settings {known.store.name}."
        cure = (
            "Start it again with this credentials.yml, or check the one that it was started with."
        )
        yield warning(_STORE, cause, cure)


def _of_rasa(known: Known, rasa: RasaReport | None) -> Iterator[Finding]:
    if rasa is None or known.settings is None:
        return
    if rasa.model_id is None:
        yield problem(
            "loaded model", "The Rasa server has no model.", "Train one, and start it again."
        )
    elif known.model is not None and known.model.id != rasa.model_id:
        cause = f"The Rasa server has another model loaded than {known.model.file}."
        yield warning("loaded model", cause, "Start it again.")
    else:
        yield fine("loaded model", "The Rasa server has the newest model loaded.")
    if rasa.in_front:
        yield fine("router", "The plugin sees every message before the bot.")
    else:
        cause = "The plugin does not see every message before the bot."
        cure = "Take out what replaces Rasa's Agent or MessageProcessor."
        yield problem("router", cause, cure)
    if set(rasa.connectors) != set(known.settings.connectors):
        cause = f"The Rasa server has the connectors {', '.join(rasa.connectors)}."
        yield warning("connectors", cause, "Start it again with this credentials.yml.")
    yield from _channels(rasa)


def _channels(rasa: RasaReport) -> Iterator[Finding]:
    for channel in rasa.channels:
        name = f"channel {channel.name}"
        push = "Agents' messages are pushed."
        if not channel.can_push:
            push = "Agents' messages reach users with their own next message."
        words = " ".join([push, *channel.limitations])
        if channel.can_push and not channel.limitations:
            yield fine(name, words)
        else:
            yield warning(name, words, "docs/channels.md says what to use instead.")
