"""``zendesk-handoff setup --ticket-events``: webhook and trigger that tell of solved tickets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zendesk_handoff.adopt.ticket_events_plan import plan_ticket_events
from zendesk_handoff.cli.setup_work import RETRY, Mode, asked_secret, do, raise_problems
from zendesk_handoff.errors import CannotSetUp, ConversationsError, HandoffError
from zendesk_handoff.settings.one_connector import OneConnector, load_connector
from zendesk_handoff.zendesk.provisioning.ticket_events import WantedTrigger, wanted_trigger
from zendesk_handoff.zendesk.provisioning.trigger_cures import (
    ADMIN_NEEDED,
    SUPPORT_TOKEN_VARIABLE,
    trigger_cure_of,
)
from zendesk_handoff.zendesk.support_administration import SupportAdministration
from zendesk_handoff.zendesk.transport import open_http


def set_up_ticket_events(
    connector_id: str,
    credentials: Path | None,
    *,
    support_email: str | None,
    others: Sequence[str],
    mode: Mode,
) -> None:
    """Make webhook and trigger, and store the signing secret.

    Args:
        connector_id: The connector's id.
        credentials: The ``credentials.yml``.
        support_email: An admin for this command alone.
        others: Options of the other set-up that were given, too.
        mode: Whether to ask, and whether to do something.

    Raises:
        HandoffError: Something is left to a person.
    """
    if others:
        raise CannotSetUp(
            f"--ticket-events makes webhook and trigger alone. Run setup with {' '.join(others)} "
            "for itself."
        )
    source = load_connector(connector_id, credentials)
    if support_email is not None:
        token = asked_secret(f"Support API token of {support_email}", SUPPORT_TOKEN_VARIABLE)
        admin = replace(source.connector, support_email=support_email, support_token=token)
        source = replace(source, connector=admin)
    if source.connector.support_token is None:
        raise CannotSetUp(f"The connector has no `support_token`. {ADMIN_NEEDED}")
    wanted = wanted_trigger(source.connector, source.public_url)
    asyncio.run(_set_up(source, wanted, mode))


async def _set_up(source: OneConnector, wanted: WantedTrigger, mode: Mode) -> None:
    async with open_http() as http:
        admin = SupportAdministration(source.connector, session=http, retry=RETRY)
        try:
            work = await plan_ticket_events(admin, source, wanted)
            await do(work, lambda: work.carry_out(admin), mode)
        except ConversationsError as error:
            cure = trigger_cure_of(error, source.connector)
            raise HandoffError(f"{error}\n{cure}") from None
    raise_problems(work)
