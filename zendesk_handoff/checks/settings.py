"""Checks of the plugin's block of ``credentials.yml``, and of the file with its secrets."""

from __future__ import annotations

import stat
from pathlib import Path

from zendesk_handoff.checks.finding import Finding, fine, problem, warning
from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.settings import Settings, load_settings
from zendesk_handoff.settings.native import OFF
from zendesk_handoff.settings.values import is_loopback

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def check_settings(file: Path) -> tuple[list[Finding], Settings | None]:
    """Check the block, and report each of its problems.

    Args:
        file: The ``credentials.yml``.

    Returns:
        The findings, and the settings if they can be used.
    """
    try:
        settings = load_settings(file)
    except SettingsError as error:
        return [_unusable(each, file) for each in error.problems], None
    connectors = ", ".join(sorted(settings.connectors))
    return [fine("settings", f"{file}, connectors: {connectors}")], settings


def _unusable(found: Problem, file: Path) -> Finding:
    cause = f"{found.key}: {found.message}"
    if not file.exists():
        cause = f"There is no {file.absolute()}."
        cure = "Run this in the bot's folder, name the file with --credentials, or begin with: "
        return problem("settings", cause, f"{cure}zendesk-handoff init")
    if "environment variable" in found.message:
        return problem("settings", cause, f"Write it into {file.parent / '.env'}.")
    return problem("settings", cause, f"Change it in {file}.")


def check_secrets_file(file: Path) -> list[Finding]:
    """Check that only its owner can read the file with the secrets.

    Args:
        file: The ``.env``; it need not exist.
    """
    try:
        mode = file.stat().st_mode
    except OSError:
        return []
    if mode & _OTHERS:
        cause = f"{file} can be read by other users of this machine."
        return [warning("secrets", cause, f"Run: chmod 600 {file}")]
    return [fine("secrets", f"{file} is readable for its owner alone.")]


def check_addresses(settings: Settings) -> list[Finding]:
    """Check that Zendesk, which is not on this machine, can reach the webhook's address."""
    remote = [each.id for each in settings.connectors.values() if not is_loopback(each.base_url)]
    if remote and is_loopback(settings.public_url):
        cause = f"public_url is {settings.public_url}, which Zendesk cannot reach."
        cure = "Write the address of this server on the internet, as a proxy or a tunnel gives it."
        return [problem("public address", cause, cure)]
    return [fine("public address", settings.public_url)]


def check_native(settings: Settings) -> list[Finding]:
    """Warn where the summary of a native conversation may reach the user, or nobody."""
    found = []
    for each in settings.connectors.values():
        name = f"summary ({each.id})"
        if each.is_native and each.summary_field is not None:
            cause = f"The ticket field {each.summary_field} gets it, and users may see that field."
            cure = "Write `summary_to: note` with a support_token, unless they may read it."
            found.append(warning(name, cause, cure))
        elif each.is_native and each.summary_to == OFF:
            cause = "The agents get none: in the conversation the user would read it."
            found.append(warning(name, cause, "Write support_token, with which it is a note."))
    return found
