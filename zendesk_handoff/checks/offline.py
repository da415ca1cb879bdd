"""The checks that need neither a server nor Zendesk, in the order of the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from zendesk_handoff.checks.archive import Model
from zendesk_handoff.checks.bot_files import (
    check_actions,
    check_config,
    check_credentials,
    check_endpoints,
    has_model_server,
    importer_intent,
    names_importer,
)
from zendesk_handoff.checks.calm import check_calm
from zendesk_handoff.checks.calm_files import is_calm
from zendesk_handoff.checks.environment import check_environment
from zendesk_handoff.checks.finding import Finding, skipped
from zendesk_handoff.checks.forms import check_own_forms
from zendesk_handoff.checks.model import check_model
from zendesk_handoff.checks.placeholders import check_placeholders
from zendesk_handoff.checks.settings import (
    check_addresses,
    check_native,
    check_secrets_file,
    check_settings,
)
from zendesk_handoff.checks.store import check_store
from zendesk_handoff.settings import Settings
from zendesk_handoff.store.engine.inspect import StoreState


@dataclass(frozen=True)
class Place:
    """The files of a bot.

    Args:
        credentials: The ``credentials.yml``.
        endpoints: The ``endpoints.yml``; by default the one beside it.
        model: A model, or a folder of models; by default ``models`` beside it.
    """

    credentials: Path
    endpoints: Path | None = None
    model: Path | None = None

    @property
    def folder(self) -> Path:
        """The bot's folder."""
        return self.credentials.absolute().parent


@dataclass
class Known:
    """What the offline checks have read, for the checks of the servers and of Zendesk."""

    findings: list[Finding] = field(default_factory=list)
    settings: Settings | None = None
    store: StoreState | None = None
    model: Model | None = None
    action_url: str | None = None


async def check_offline(place: Place) -> Known:
    """Run the checks; each runs even if others have found errors."""
    known = Known()
    add = known.findings.extend
    add(check_environment())
    found, known.settings = check_settings(place.credentials)
    add(found)
    add(check_secrets_file(place.folder / ".env"))
    if known.settings is not None:
        add(check_addresses(known.settings))
        add(check_native(known.settings))
        found, known.store = await check_store(known.settings.store_url)
        add(found)
    add(check_credentials(place.credentials))
    endpoints = place.endpoints or place.folder / "endpoints.yml"
    found, known.action_url = check_endpoints(endpoints)
    add(found)
    add(check_actions(place.folder))
    add(check_calm(place.folder) if is_calm(place.folder) else check_config(place.folder))
    if place.model is None and has_model_server(endpoints):
        add([skipped("model", "It comes from a model server: name one with --model to check it.")])
    else:
        found, known.model = check_model(
            place.folder,
            place.model,
            has_importer=names_importer(place.folder),
            intent=importer_intent(place.folder),
            learns=known.settings is not None and known.settings.learn == "summary",
        )
        add(found)
        if known.model is not None and known.settings is not None:
            add(check_own_forms(known.model, known.settings))
            add(check_placeholders(known.model, known.settings))
    return known
