"""Questions about a Zendesk account, asked in a terminal or answered by options and environment."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import typer

from zendesk_handoff.adopt.account import KEY_SECRET, WEBHOOK_SECRET
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.settings.schema import settings_of
from zendesk_handoff.settings.values import is_loopback

_KEYS = "Admin Center > Apps and integrations > APIs > Conversations API > Create API key"
_INTEGRATIONS = "Admin Center > Apps and integrations > Integrations > Conversations integrations"
#: Characters of a webhook secret, at least.
_LEAST_SECRET = 16


@dataclass(frozen=True)
class Question:
    """One thing to know about the account.

    Args:
        name: Its name among the answers: a field of the account, or a secret's variable.
        label: The question.
        hint: Where to find the answer.
        option: The option that answers it without a terminal.
        variable: The variable that does.
        read: Checks an answer and returns it; raises ``ValueError`` with the remedy.
        is_secret: Whether the answer is not shown while it is typed.
        may_be_empty: Whether it may be left for later.
        read_local: The check instead, for an account on this machine.
    """

    name: str
    label: str
    hint: str
    option: str
    variable: str
    read: Callable[[str], str]
    is_secret: bool = False
    may_be_empty: bool = False
    read_local: Callable[[str], str] | None = None

    def reader(self, *, is_local: bool) -> Callable[[str], str]:
        """Return the check for an account."""
        return (is_local and self.read_local) or self.read


def answers_to(
    given: Mapping[str, str | None], *, may_ask: bool, is_local: bool = False
) -> dict[str, str]:
    """Gather the answers: options first, then the environment, then the person at the terminal.

    Without a terminal every missing or wrong answer is reported at once, and the command ends.

    Args:
        given: The options' values, by the questions' names.
        may_ask: Whether a person may be asked.
        is_local: Whether the account is on this machine, such as another simulator's.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for question in QUESTIONS:
        answer = given.get(question.name) or os.environ.get(question.variable)
        if answer is None and may_ask:
            found[question.name] = _ask(question, question.reader(is_local=is_local))
            continue
        if answer is None and question.may_be_empty:
            continue
        try:
            if answer is None:
                raise ValueError(f"is missing: name it there or in {question.variable}.")
            found[question.name] = question.reader(is_local=is_local)(answer)
        except ValueError as error:
            problems.append(f"{question.option}: {error} {question.hint}")
    if problems:
        exit_with_error("\n".join(["The account is not known:", *problems]))
    return {name: answer for name, answer in found.items() if answer}


def checked_base_url(option: str | None) -> str | None:
    """Check the option for the root of the API, which nobody is asked for."""
    try:
        return None if option is None else _setting(Connector, "base_url")(option)
    except ValueError as error:
        exit_with_error(f"--base-url: {error}")


def has_terminal() -> bool:
    """Tell whether a person can be asked."""
    return sys.stdin.isatty()


def _ask(question: Question, read: Callable[[str], str]) -> str:
    """Ask until the answer has the right form."""
    typer.echo(f"\n{question.hint}")
    while True:
        typed: str = typer.prompt(
            question.label,
            default="" if question.may_be_empty else None,
            show_default=False,
            hide_input=question.is_secret,
        )
        if question.may_be_empty and not typed.strip():
            return ""
        try:
            return read(typed)
        except ValueError as error:
            typer.echo(f"  {question.label}: {error}")


def _setting(declared: type[Any], name: str) -> Callable[[str], str]:
    """Make a reader of a setting's own."""
    [found] = [each for item, each in settings_of(declared) if item.name == name]

    def read(answer: str) -> str:
        return str(found.read(answer, found.example))

    return read


def _subdomain(answer: str) -> str:
    """Take the subdomain, also out of the account's address."""
    address = re.fullmatch(r"(?:https?://)?([^./]+)\.zendesk\.com(?:/.*)?", answer.strip(), re.I)
    return _setting(Connector, "subdomain")(address[1] if address else answer)


def _app_id(answer: str) -> str:
    found = answer.strip()
    if not re.fullmatch(r"[0-9A-Za-z]+", found):
        raise ValueError("has letters and digits alone; the one with `app_` is the key's id.")
    return found


def _secret(answer: str) -> str:
    found = answer.strip()
    if not found.isprintable() or " " in found or not found:
        raise ValueError("must be one word, without spaces or line breaks inside.")
    if found.startswith(("app_", "int_", "act_", "svc_")):
        raise ValueError("is the secret, not the key's id.")
    return found


def _webhook_secret(answer: str) -> str:
    found = _secret(answer)
    if len(found) < _LEAST_SECRET:
        raise ValueError(f"has {_LEAST_SECRET} characters or more.")
    return found


def _any_public_url(answer: str) -> str:
    return _setting(Settings, "public_url")(answer.strip())


def _public_url(answer: str) -> str:
    found = _any_public_url(answer)
    if is_loopback(found):
        raise ValueError("is this machine's own address, which Zendesk cannot reach.")
    return found


QUESTIONS = (
    Question(
        "subdomain",
        "Subdomain",
        "The beginning of your Zendesk's address: your-company of your-company.zendesk.com.",
        "--subdomain",
        "ZENDESK_SUBDOMAIN",
        _subdomain,
    ),
    Question(
        "app_id",
        "App id",
        f"{_KEYS}: it shows the app id, the key's id and, once, its secret.",
        "--app-id",
        "ZENDESK_APP_ID",
        _app_id,
    ),
    Question(
        "key_id",
        "Key id",
        "The id of the API key, from the same place; it begins with app_ (or int_).",
        "--key-id",
        "ZENDESK_KEY_ID",
        _setting(Connector, "key_id"),
    ),
    Question(
        KEY_SECRET,
        "Key secret",
        "The secret of the API key, from the same place; nothing is shown while you type.",
        "--key-secret-file",
        KEY_SECRET,
        _secret,
        is_secret=True,
    ),
    Question(
        WEBHOOK_SECRET,
        "Webhook secret",
        f"{_INTEGRATIONS}: the shared secret of your integration's webhook.\n"
        "Leave it empty if you have none yet: `zendesk-handoff setup` makes it.",
        "--webhook-secret-file",
        WEBHOOK_SECRET,
        _webhook_secret,
        is_secret=True,
        may_be_empty=True,
        read_local=_secret,
    ),
    Question(
        "public_url",
        "Public URL",
        "The https:// address at which Zendesk reaches your Rasa server: your proxy's, or a "
        "tunnel's.",
        "--public-url",
        "ZENDESK_PUBLIC_URL",
        _public_url,
        read_local=_any_public_url,
    ),
)
