"""The secrets that Zendesk makes for a connector, and their variables in ``.env``.

A value that is there already is never replaced: something else may need it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from zendesk_handoff.adopt.env_file import with_variables
from zendesk_handoff.adopt.files import FileChange, read_text, write_all
from zendesk_handoff.adopt.gitignore import ignore_files
from zendesk_handoff.adopt.patch import applied
from zendesk_handoff.errors import CannotPatch, CannotSetUp
from zendesk_handoff.settings.env_file import ENV_FILE
from zendesk_handoff.settings.one_connector import OneConnector
from zendesk_handoff.settings.read import VARIABLE
from zendesk_handoff.zendesk.provisioning import Found, Made

_AGAIN = "and run the command again"


@dataclass(frozen=True)
class SecretsPlan:
    """Which variables are to be set, once their values are known.

    Args:
        webhook: The variable of the webhook's secret, if it is to be set.
        key: The variables of the key's id and secret, if they are to be set.
        problems: Sentences on what a person must do, since it must not be done for them.
        notes: Sentences on what a person should know.
    """

    webhook: str | None = None
    key: tuple[str, str] | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """The variables to set, and what each of them is."""
        key = zip(self.key or (), ("the id of the int_ key", "its secret"), strict=False)
        webhook = [(self.webhook, "the secret of the webhook")] if self.webhook else []
        return (*webhook, *key)

    def values(self, made: Made) -> dict[str, str]:
        """Return those values that are known by now."""
        found: dict[str, str] = {}
        if self.webhook and made.webhook and made.webhook.secret:
            found[self.webhook] = made.webhook.secret
        if self.key and made.key and made.key.secret:
            found |= zip(self.key, (made.key.id, made.key.secret), strict=True)
        return found


def plan_secrets(source: OneConnector, found: Found) -> SecretsPlan:
    """Plan which secrets are to be stored.

    Args:
        source: The connector, as it is written.
        found: The account.

    Raises:
        CannotSetUp: A secret that will be made could not be stored.
    """
    variable, problems, notes = _webhook_variable(source, found)
    if problems and found.webhook is None:
        raise CannotSetUp(f"No webhook was made, as its secret has no place. {problems[0]}")
    return SecretsPlan(variable, _missing_key(source, found), problems, notes)


def key_variables(connector_id: str) -> tuple[str, str]:
    """Name the variables of the integration's own key: its id and its secret.

    Args:
        connector_id: The connector's id: letters, digits, ``-`` and ``_``. A hyphen is written as
            two underscores, as a variable's name cannot have it.
    """
    name = _name_of(connector_id)
    return f"ZENDESK_KEY_ID_{name}", f"ZENDESK_KEY_SECRET_{name}"


def has_key(source: OneConnector, found: Found) -> bool:
    """Tell whether a key of the integration is stored, or is the connector's own."""
    if any(each.id == source.own_key_id for each in found.keys):
        return True
    names = key_variables(source.connector.id)
    key_id, secret = (source.variables.get(name) for name in names)
    return any(each.id == key_id and each.secret in (None, secret) for each in found.keys)


def _missing_key(source: OneConnector, found: Found) -> tuple[str, str] | None:
    """Name the key's variables, unless it is stored.

    An old value is replaced: its key does not exist any more, and setup alone writes it.
    """
    if has_key(source, found):
        return None
    names = key_variables(source.connector.id)
    if sum(key_variables(each) == names for each in source.ids) > 1:
        raise CannotSetUp(
            f"Two connectors would have the variables {' and '.join(names)}. Rename one of them: "
            "its webhook's address changes with it."
        )
    for name in names:
        if name in source.environ:
            raise CannotSetUp(
                f"{name} in the environment is no key of this integration, and takes precedence "
                f"over {ENV_FILE}. Take it out of the environment {_AGAIN}."
            )
    return names


def _webhook_variable(
    source: OneConnector, found: Found
) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """Find the variable to set, which the block names; or what keeps it from being set."""
    written, known = source.webhook_secret, source.connector.webhook_secrets
    if found.webhook is not None and found.webhook.secret is None:
        if known:
            note = "Zendesk does not show the webhook's secret: it was not compared with yours."
            return None, (), (note,)
        return (
            None,
            (
                f"Zendesk does not show the webhook's secret. Copy it from Admin Center > "
                f"Integrations > Conversations integrations into {ENV_FILE}, as "
                f"{_empty_variable(source, written)}=…",
            ),
            (),
        )
    secret = found.webhook.secret if found.webhook else None
    variable, problems = variable_of(
        source, "webhook_secret", written, known, secret=secret, example="ZENDESK_WEBHOOK_SECRET"
    )
    return variable, problems, ()


def variable_of(
    source: OneConnector,
    setting: str,
    written: object,
    known: Collection[str],
    *,
    secret: str | None,
    example: str,
) -> tuple[str | None, tuple[str, ...]]:
    """Find the variable to set, which a setting names; or what keeps it from being set.

    Args:
        source: The connector, as it is written.
        setting: The setting's name.
        written: Its value; a list, as while a secret is rotated, may hold the secret anywhere.
        known: The secrets that it has.
        secret: Zendesk's secret; ``None`` while it is not made.
        example: A name for a variable.

    Returns:
        The variable, if it is to be set, and sentences on what a person must do.
    """
    if secret is not None and secret in known:
        return None, ()
    if empty := _empty_variable(source, written):
        return empty, ()
    if names := _variables(written):
        where = "the environment" if names[-1] in source.environ else ENV_FILE
        problem = (
            f"{names[-1]} in {where} is not the secret of this webhook, and is left as it is. If "
            f"nothing else needs it, take it out {_AGAIN}; else let the connector's "
            f"`{setting}` name another variable."
        )
    else:
        problem = (
            f"`{setting}` in credentials.yml is not the secret of this webhook, and is left as "
            f'it is. Write `{setting}: "${{{example}}}"` instead, {_AGAIN}.'
        )
    return None, (problem,)


def own_variable(source: OneConnector, prefix: str) -> str:
    """Name a variable after a connector: letters, digits and ``_``.

    Args:
        source: The connector, as it is written.
        prefix: The beginning of the name.

    Raises:
        CannotSetUp: It would be another connector's variable, too.
    """
    name = _name_of(source.connector.id)
    if sum(_name_of(each) == name for each in source.ids) > 1:
        raise CannotSetUp(
            f"Two connectors would have the variable {prefix}_{name}. Rename one of them: "
            "its webhook's address changes with it."
        )
    return f"{prefix}_{name}"


def _name_of(connector_id: str) -> str:
    """Write a connector's id in a variable's name, which cannot have a hyphen."""
    return connector_id.replace("-", "__")


def _variables(written: object) -> list[str]:
    items = [str(each).strip() for each in (written if isinstance(written, list) else [written])]
    return [match[1] for match in map(VARIABLE.fullmatch, items) if match]


def _empty_variable(source: OneConnector, written: object) -> str | None:
    return next((name for name in _variables(written) if not source.variables.get(name)), None)


def check_can_write(file: Path) -> None:
    """Check that a file can be written.

    Args:
        file: The file, which may be missing.

    Raises:
        CannotPatch: It cannot.
    """
    is_writable = os.access(file.parent, os.W_OK | os.X_OK)
    if file.exists():
        # Root may write it nevertheless, but it was made read-only on purpose.
        is_writable = is_writable and bool(file.stat().st_mode & stat.S_IWUSR)
    if not is_writable:
        raise CannotPatch(file, "cannot be written. Make it, or its folder, writable.")


def store(file: Path, values: Mapping[str, str]) -> None:
    """Store secrets, and keep them out of the git checkout that the file may be in.

    Args:
        file: The ``.env``; it is made with mode 0600.
        values: The variables by name.

    Raises:
        CannotPatch: The file cannot be written; it is left as it is.
    """
    old = read_text(file)
    changes = [FileChange(file, old, with_variables(old or "", values), is_secret=True)]
    ignore = file.parent / ".gitignore"
    ignored = read_text(ignore)
    if edits := ignore_files(file.parent, ignored or ""):
        changes.insert(0, FileChange(ignore, ignored, applied(ignored or "", edits)))
    write_all(changes)
