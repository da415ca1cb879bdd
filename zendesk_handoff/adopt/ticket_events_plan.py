"""Everything that `setup --ticket-events` changes: webhook and trigger, the signing secret."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from zendesk_handoff.adopt import connector_secrets
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.setup_plan import Line, block_lines, patched_block
from zendesk_handoff.errors import CannotSetUp
from zendesk_handoff.settings.env_file import ENV_FILE
from zendesk_handoff.settings.one_connector import OneConnector
from zendesk_handoff.zendesk.provisioning.ticket_events import (
    MadeTrigger,
    TriggerPlan,
    WantedTrigger,
    plan_trigger,
)
from zendesk_handoff.zendesk.support_administration import SupportAdministration

_SETTING = "webhook_signing_secret"
_VARIABLE = "ZENDESK_SIGNING_SECRET"


@dataclass(frozen=True)
class TicketEventsPlan:
    """What is there, and what is to be done.

    Args:
        source: The connector, as it is written.
        account: The changes of the account.
        variable: The variable that gets the signing secret, if it is to be set.
        problems: Sentences on what a person must do, since it must not be done for them.
        settings: The settings to write into the connector's block.
        quoted: Values of the block that get quotes.
    """

    source: OneConnector
    account: TriggerPlan
    variable: str | None
    problems: tuple[str, ...]
    settings: Mapping[str, str]
    quoted: tuple[str, ...] = ()

    @property
    def present(self) -> tuple[Line, ...]:
        """What is as it should be."""
        return self.account.present

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is to be done."""
        steps = [(step.subject, step.change) for step in self.account.steps]
        if self.variable:
            steps.append((ENV_FILE, f"{self.variable}, the signing secret of the webhook"))
        return (*steps, *block_lines(self.source, self.settings, self.quoted))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        if "solved" in self.source.connector.end_on:
            return self.account.notes
        ignored = "`end_on` leaves out `solved`: what the trigger tells is ignored."
        return (*self.account.notes, ignored)

    async def carry_out(self, admin: SupportAdministration) -> AsyncIterator[Line]:
        """Make the changes one by one, and store the secret as soon as it is known.

        The bot's own files come last: they name what is there by then.

        Yields:
            What is done.

        Raises:
            CannotPatch: A file cannot be written.
            ConversationsError: A call has failed.
        """
        made = MadeTrigger(self.account.webhook_id, self.account.secret)
        is_stored = self.variable is None
        for step in (None, *self.account.steps):
            if step is not None:
                await step.apply(admin, made)
                yield step.subject, step.change
            if self.variable and made.secret and not is_stored:
                connector_secrets.store(self.source.env_file, {self.variable: made.secret})
                is_stored = True
                yield ENV_FILE, self.variable
        if lines := block_lines(self.source, self.settings, self.quoted):
            change, _ = patched_block(self.source, self.settings)
            write_all([change])
            for line in lines:
                yield line

    def check_files(self) -> None:
        """Check that every file can be written, before there is something to write.

        Raises:
            CannotPatch: One cannot be.
        """
        if self.variable:
            connector_secrets.check_can_write(self.source.env_file)
        if self.settings or self.quoted:
            connector_secrets.check_can_write(self.source.file)


async def plan_ticket_events(
    admin: SupportAdministration, source: OneConnector, wanted: WantedTrigger
) -> TicketEventsPlan:
    """Look at the account and the bot's files, and plan; nothing is changed.

    Args:
        admin: The account's administration.
        source: The connector, as it is written.
        wanted: What it needs.

    Raises:
        CannotPatch: The connector's block has a form that cannot be patched.
        CannotSetUp: Only a person can decide.
        ConversationsError: A call has failed.
    """
    account = await plan_trigger(admin, wanted)
    settings: dict[str, str] = {}
    problems: tuple[str, ...] = ()
    variable: str | None
    if source.signing_secret is None:
        variable = connector_secrets.own_variable(source, _VARIABLE)
        settings[_SETTING] = f"${{{variable}}}"
        if account.secret is not None and source.variables.get(variable) == account.secret:
            variable = None
        elif variable in source.environ:
            raise CannotSetUp(
                f"{variable} in the environment is not the secret of this webhook, and takes "
                f"precedence over {ENV_FILE}. Take it out of the environment, and run the command "
                "again."
            )
    else:
        variable, problems = connector_secrets.variable_of(
            source,
            _SETTING,
            source.signing_secret,
            source.connector.signing_secrets,
            secret=account.secret,
            example=_VARIABLE,
        )
    if problems and not account.webhook_id:
        raise CannotSetUp(f"No webhook was made, as its secret has no place. {problems[0]}")
    _, quoted = patched_block(source, settings)
    return TicketEventsPlan(source, account, variable, problems, settings, quoted)
