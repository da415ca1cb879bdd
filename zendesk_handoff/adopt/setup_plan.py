"""Everything that `setup` changes: the account, the secrets in ``.env``, the connector's block."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass

from zendesk_handoff.adopt import connector_secrets
from zendesk_handoff.adopt.connector_block import quote_variables, set_values
from zendesk_handoff.adopt.connector_secrets import SecretsPlan
from zendesk_handoff.adopt.files import FileChange, read_text, write_all
from zendesk_handoff.adopt.patch import applied
from zendesk_handoff.settings.env_file import ENV_FILE
from zendesk_handoff.settings.one_connector import OneConnector
from zendesk_handoff.zendesk import provisioning
from zendesk_handoff.zendesk.administration import Administration
from zendesk_handoff.zendesk.provisioning import Found, Made, Wanted

#: What is changed, or there, in a word, and how.
Line = tuple[str, str]
_TICKET_EVENTS = "With --ticket-events, setup makes what ends a session when its ticket is solved."
_WHY_QUOTES = f", as Rasa looks for one without them in the environment, and not in {ENV_FILE}"


@dataclass(frozen=True)
class SetupPlan:
    """What is there, and what is to be done.

    Args:
        source: The connector, as it is written.
        wanted: What it needs.
        found: The account.
        account: The changes of the account.
        secrets: The secrets to store.
        settings: The settings to write into the connector's block.
        quoted: Values of the block that get quotes.
    """

    source: OneConnector
    wanted: Wanted
    found: Found
    account: provisioning.Plan
    secrets: SecretsPlan
    settings: Mapping[str, str]
    quoted: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is to be done."""
        steps = [(step.subject, step.change) for step in self.account.steps]
        secrets = [(ENV_FILE, f"{name}, {what}") for name, what in self.secrets.variables]
        return (*steps, *secrets, *self._block_lines)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        connector = self.source.connector
        is_untold = connector.support_token is not None and not connector.signing_secrets
        return self.account.notes + self.secrets.notes + ((_TICKET_EVENTS,) if is_untold else ())

    @property
    def present(self) -> tuple[Line, ...]:
        """What is as it should be."""
        return self.account.present

    @property
    def problems(self) -> tuple[str, ...]:
        """What a person must do, since it must not be done for them."""
        return self.secrets.problems

    @property
    def _block_lines(self) -> list[Line]:
        return block_lines(self.source, self.settings, self.quoted)

    async def carry_out(self, admin: Administration) -> AsyncIterator[Line]:
        """Make the changes one by one, and store each secret as soon as it is known.

        The bot's own files come last: they name what is there by then.

        Yields:
            What is done.

        Raises:
            CannotPatch: A file cannot be written.
            ConversationsError: A call has failed.
        """
        made = Made(
            integration_id=self.found.integration.id if self.found.integration else "",
            webhook=self.found.webhook,
            key=self.found.unused_key(self.wanted.name),
        )
        stored: set[str] = set()
        for step in (None, *self.account.steps):
            if step is not None:
                await step.apply(admin, made)
                yield step.subject, step.change
            values = self.secrets.values(made)
            if new := {name: values[name] for name in values if name not in stored}:
                connector_secrets.store(self.source.env_file, new)
                stored |= set(new)
                yield ENV_FILE, ", ".join(new)
        if self._block_lines:
            change, _ = patched_block(self.source, self.settings)
            write_all([change])
            for line in self._block_lines:
                yield line

    def check_files(self) -> None:
        """Check that every file can be written, before there is something to write.

        Raises:
            CannotPatch: One cannot be.
        """
        if self.secrets.variables:
            connector_secrets.check_can_write(self.source.env_file)
        if self._block_lines:
            connector_secrets.check_can_write(self.source.file)


async def plan_setup(
    admin: Administration, source: OneConnector, wanted: Wanted, *, with_own_key: bool = False
) -> SetupPlan:
    """Look at the account and the bot's files, and plan; nothing is changed.

    Args:
        admin: The account's administration.
        source: The connector, as it is written.
        wanted: What it needs.
        with_own_key: Whether the bot is to run with the integration's own key.

    Raises:
        CannotPatch: The connector's block has a form that cannot be patched.
        CannotSetUp: Only a person can decide.
        ConversationsError: A call has failed.
    """
    found = await provisioning.observe(admin, wanted)
    has_key = connector_secrets.has_key(source, found)
    settings: dict[str, str] = {}
    if wanted.switchboard_name and source.connector.switchboard_integration is None:
        settings["switchboard_integration"] = wanted.switchboard_name
    if wanted.is_native and not source.connector.is_native:
        settings["mode"] = "native"
    if with_own_key and not any(key.id == source.own_key_id for key in found.keys):
        key_id, secret = connector_secrets.key_variables(source.connector.id)
        settings |= {"key_id": f"${{{key_id}}}", "key_secret": f"${{{secret}}}"}
    _, quoted = patched_block(source, settings)
    return SetupPlan(
        source=source,
        wanted=wanted,
        found=found,
        account=provisioning.plan(found, wanted, has_key=has_key),
        secrets=connector_secrets.plan_secrets(source, found),
        settings=settings,
        quoted=quoted,
    )


def patched_block(
    source: OneConnector, settings: Mapping[str, str]
) -> tuple[FileChange, tuple[str, ...]]:
    """Patch the connector's block, and return the values that get quotes, too."""
    file, connector_id = source.file, source.connector.id
    old = read_text(file) or ""
    new = applied(old, set_values(file, old, connector_id, settings))
    quoted, edits = quote_variables(file, new, connector_id, source.environ)
    return FileChange(file, old, applied(new, edits)), tuple(quoted)


def block_lines(
    source: OneConnector, settings: Mapping[str, str], quoted: Iterable[str]
) -> list[Line]:
    """Say what is to be changed in the connector's block.

    Args:
        source: The connector, as it is written.
        settings: The settings to write.
        quoted: Values that get quotes.
    """
    name = source.file.name
    lines = [(name, f"{key}: {value}") for key, value in settings.items()]
    return lines + [(name, f"quotes around {each}{_WHY_QUOTES}") for each in quoted]
