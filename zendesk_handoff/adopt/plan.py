"""What `init` would change in a bot's folder, and what `init --undo` would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from zendesk_handoff.adopt.account import Account
from zendesk_handoff.adopt.actions import import_actions, imports_actions
from zendesk_handoff.adopt.calm import calm_files
from zendesk_handoff.adopt.config import name_importer, replace_own_answers
from zendesk_handoff.adopt.credentials import add_channels, has_account
from zendesk_handoff.adopt.endpoints import name_action_server
from zendesk_handoff.adopt.env_file import with_variables, without_variables
from zendesk_handoff.adopt.files import FileChange, read_text
from zendesk_handoff.adopt.gitignore import ignore_files
from zendesk_handoff.adopt.lines import is_blank
from zendesk_handoff.adopt.patch import NOTHING, Edits, Patch, applied, edits_between
from zendesk_handoff.adopt.record import RECORD_FILE, FileRecord, Record, taken_back
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.checks.action_modules import rivals
from zendesk_handoff.checks.calm_files import MANTLE_FILE, is_calm
from zendesk_handoff.errors import CannotPatch
from zendesk_handoff.settings.env_file import ENV_FILE, env_file

CREDENTIALS_FILE = "credentials.yml"
_PACKAGE, _MODULE = "actions/__init__.py", "actions.py"


@dataclass(frozen=True)
class Plan:
    """Changes to the files of a bot.

    Args:
        changes: Those that people see.
        record: That of the record.
        left: Files with lines that cannot be taken out, because somebody has changed them, each
            with the first of these lines as it was put in.
    """

    changes: tuple[FileChange, ...]
    record: FileChange
    left: tuple[tuple[str, str], ...] = ()


def check_is_bot(folder: Path) -> None:
    """Check that a folder is a Rasa bot's, and of a bot that can be handed over.

    Raises:
        CannotPatch: It is not.
    """
    if not folder.is_dir():
        raise CannotPatch(folder, "is no folder.")
    if (folder / MANTLE_FILE).exists():
        raise CannotPatch(
            folder / MANTLE_FILE,
            "is of a bot on Rasa's engine Mantle, which cannot be paused while an agent talks to "
            "the user; use a CALM bot (config.yml).",
        )
    if not any((folder / name).exists() for name in ("config.yml", "domain.yml", "domain")):
        raise CannotPatch(
            folder,
            "is not the folder of a Rasa bot: it has neither config.yml nor a domain. Go there, "
            "name it with --folder, or make a bot with `rasa init`.",
        )


def needs_account(folder: Path) -> bool:
    """Tell whether an account must be named; every file is read, and a broken one reported.

    Raises:
        CannotPatch: The folder is no bot's, or one of its files cannot be patched.
    """
    check_is_bot(folder)
    plan_init(folder, None, webchat=True)
    path = folder / CREDENTIALS_FILE
    return not has_account(path, read_text(path) or "")


def variables_of(folder: Path) -> dict[str, str]:
    """Read the variables that ``.env`` in the bot's folder sets already.

    Raises:
        SettingsError: The file cannot be read.
    """
    return env_file(folder)


def plan_init(
    folder: Path,
    account: Account | None,
    *,
    webchat: bool,
    files: Mapping[str, str] | None = None,
    replace_own: bool = False,
) -> Plan:
    """Plan to put the plugin's lines into a bot's files.

    Args:
        folder: The bot's folder.
        account: The account; may be missing if ``credentials.yml`` names one.
        webchat: Whether the chat page is wanted.
        files: Files that the bot is to own in place of the importer, by path in the folder; a CALM
            bot always has such files, which are made here.
        replace_own: Whether the importer is to leave out the bot's own answers to the request.

    Raises:
        CannotPatch: A file cannot be read or patched, or the bot has an action of the plugin's
            name.
    """
    _check_no_rivals(folder)
    if is_calm(folder):
        files = calm_files(folder)
    path = folder / RECORD_FILE
    old_record = read_text(path)
    record = Record.read(path, old_record)
    changes: list[FileChange] = []

    def channels(file: Path, text: str) -> Edits:
        return add_channels(file, text, account, webchat=webchat)

    patches: dict[str, Callable[[Path, str], Edits]] = {
        "config.yml": _name_and_replace if replace_own else name_importer,
        CREDENTIALS_FILE: channels,
        "endpoints.yml": name_action_server,
        _actions_file(folder): _import_once(folder),
    }
    if files is not None:
        record = replace(record, as_files=True)
    if record.as_files:
        if replace_own:
            raise CannotPatch(
                folder / "config.yml",
                "names no importer, as the bot's own files have the rules: delete there what "
                "answers the request otherwise.",
            )
        del patches["config.yml"]
    for name, text in (files or {}).items():
        patches[name] = _rewritten(text)
    secrets = _missing_secrets(folder, account)
    if secrets:
        patches[".gitignore"] = lambda file, text: ignore_files(file.parent, text)
    for name, patch in patches.items():
        file = folder / name
        old = read_text(file)
        edits = patch(file, old or "")
        if edits:
            changes.append(FileChange(file, old, applied(old or "", edits)))
            done = FileRecord(edits, is_ours=old is None, is_in_new_folder=not file.parent.exists())
            record = record.with_file(name, done)
    if secrets:
        file = folder / ENV_FILE
        old = read_text(file)
        changes.append(FileChange(file, old, with_variables(old or "", secrets), is_secret=True))
        done = FileRecord(is_ours=old is None, variables=tuple(secrets))
        record = record.with_file(ENV_FILE, done)
    return Plan(tuple(changes), FileChange(path, old_record, record.text))


def plan_undo(folder: Path) -> Plan:
    """Plan to take out what was put in, and nothing else.

    A file that was made is removed if nothing else is in it by now.

    Args:
        folder: The bot's folder.

    Raises:
        CannotPatch: A file cannot be read.
    """
    path = folder / RECORD_FILE
    old_record = read_text(path)
    record = Record.read(path, old_record)
    changes: list[FileChange] = []
    left: dict[str, FileRecord] = {}
    for name, done in record.files.items():
        file = folder / name
        old = read_text(file)
        if old is None:
            continue
        new, stays = taken_back(old, done.edits)
        if not _is_readable(file, new):
            new, stays = old, done.edits
        new = without_variables(new, set(done.variables))
        if stays:
            left[name] = replace(done, edits=stays, variables=())
        if new != old:
            changes.append(
                FileChange(
                    file,
                    old,
                    None if done.is_ours and is_blank(new) else new,
                    is_secret=name == ENV_FILE,
                    with_folder=done.is_in_new_folder,
                )
            )
    new_record = replace(record, files=left).text
    return Plan(tuple(changes), FileChange(path, old_record, new_record), _shown(left))


def _is_readable(file: Path, text: str) -> bool:
    """Tell whether a YAML file is one still, after somebody has changed the lines around ours."""
    try:
        return file.suffix != ".yml" or bool(YamlText.read(file, text))
    except CannotPatch:
        return False


def _shown(left: Mapping[str, FileRecord]) -> tuple[tuple[str, str], ...]:
    first = [(name, line.strip()) for name, done in left.items() for line in done.edits[0].new]
    return tuple({name: line for name, line in reversed(first) if line}.items())


def _check_no_rivals(folder: Path) -> None:
    for file, name in rivals(folder):
        raise CannotPatch(
            file,
            f"defines {name} as the plugin does, and which of the two would run is left to chance; "
            "delete that class, or give its action another name, and run the command again.",
        )


def _actions_file(folder: Path) -> str:
    """Find the module that Python imports as ``actions``: a package comes before a module."""
    if (folder / _PACKAGE).exists() or not (folder / _MODULE).exists():
        return _PACKAGE
    return _MODULE


def _name_and_replace(path: Path, text: str) -> Edits:
    patch = Patch(text).then(name_importer(path, text))
    return patch.then(replace_own_answers(path, patch.text)).edits


def _import_once(folder: Path) -> Callable[[Path, str], Edits]:
    """Import the actions, unless any module of the package does."""

    def patch(path: Path, text: str) -> Edits:
        edits = import_actions(path, text)
        others = sorted((folder / "actions").rglob("*.py"))
        return NOTHING if edits and any(map(_imports_actions, others)) else edits

    return patch


def _imports_actions(module: Path) -> bool:
    try:
        return imports_actions(read_text(module) or "")
    except CannotPatch:
        return False


def _rewritten(text: str) -> Callable[[Path, str], Edits]:
    """Turn a file's whole new text into edits of its lines."""

    def patch(_: Path, old: str) -> Edits:
        return edits_between(old, text)

    return patch


def _missing_secrets(folder: Path, account: Account | None) -> Mapping[str, str]:
    """List the secrets that ``.env`` does not have yet.

    Raises:
        CannotPatch: It has another value for one of them, which may exist nowhere else.
    """
    if account is None:
        return {}
    present = variables_of(folder)
    for name, value in account.secrets.items():
        if present.get(name, value) not in ("", value):
            raise CannotPatch(
                folder / ENV_FILE, f"sets {name} to another value; take it out first."
            )
    return {name: value for name, value in account.secrets.items() if not present.get(name)}
