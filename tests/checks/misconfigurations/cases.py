"""Misconfigurations: cases of one bot that is spoilt, each with its row in docs/check.md."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from simulator import Simulator
from tests.support.bot_folder import SECRET, BotFolder
from zendesk_handoff.checks.reports import ActionsReport, RasaReport

Break = Callable[["Bot"], Awaitable[None] | None]


@dataclass(frozen=True)
class Case:
    """One misconfiguration.

    Args:
        title: What is wrong, as the page says it.
        spoil: Does it.
        online: Whether Zendesk is asked.
        round_trip: Whether a test message is sent.
    """

    title: str
    spoil: Break
    online: bool = False
    round_trip: bool = False


CASES: dict[str, Case] = {}


@dataclass
class Bot:
    """A bot on which everything is right, with an account at the simulator and both servers."""

    files: BotFolder
    sim: Simulator
    monkeypatch: pytest.MonkeyPatch
    rasa: RasaReport | None = None
    actions: ActionsReport | None = None

    @property
    def connector(self) -> dict[str, Any]:
        return self.files.connector


def case(title: str, *, online: bool = False, round_trip: bool = False) -> Callable[[Break], Break]:
    def add(spoil: Break) -> Break:
        CASES[spoil.__name__] = Case(title, spoil, online, round_trip)
        return spoil

    return add


def target(bot):
    return f"{bot.files.block['public_url']}/api/v1/connectors/support/webhook"


def use(bot, app):
    bot.connector.update(app_id=app.id, key_id=app.key_id, key_secret=app.key_secret)


async def use_integration(bot, **values):
    ours = {"target": target(bot), "secret": SECRET, **values}
    use(bot, await bot.sim.add_app(integrations=[ours]))
