"""A bot's folder and its account on the simulator, for the tests of the command ``setup``."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from simulator import Simulator
from tests.support.killable import FOLDER_VARIABLE
from zendesk_handoff.cli import app
from zendesk_handoff.settings import Connector
from zendesk_handoff.settings.env_file import env_file
from zendesk_handoff.zendesk import RetryPolicy
from zendesk_handoff.zendesk.administration import Administration

PUBLIC_URL = "https://bot.acme.shop"
TARGET = f"{PUBLIC_URL}/api/v1/connectors/help-desk/webhook"
BY_CONVENTION = f"{PUBLIC_URL}/webhooks/zendesk/help-desk/webhook"
NAME = "Rasa handoff: help-desk"
OTHER_TARGET = "https://old.acme.shop/hook"
NOTHING = "Nothing to do."


@dataclass
class SetupBot:
    """A bot's folder, and its account on the simulator."""

    folder: Path
    sim: Simulator
    app_id: str
    key: tuple[str, str]
    connector: dict[str, Any]

    def write(self, **changes: Any) -> None:
        self.connector.update(changes)
        block = {"public_url": PUBLIC_URL, "connectors": {"help-desk": self.connector}}
        (self.folder / "credentials.yml").write_text(
            "# the bot's channels\nrest:\n" + yaml.safe_dump({"channels.ZendeskInput": block})
        )

    async def setup(
        self,
        *options: str,
        code: int = 0,
        answer: str = "",
        no_terminal: bool = False,
        **env: str,
    ) -> str:
        """Run the command; standard output and the errors together."""
        arguments = ["setup", *options, "--credentials", str(self.folder / "credentials.yml")]
        if "help-desk" not in arguments and not any("help" in each for each in options):
            arguments.insert(1, "help-desk")
        if not answer and not no_terminal:
            arguments.append("--yes")
        result = await asyncio.to_thread(
            CliRunner().invoke, app, arguments, input=answer, env=env or None
        )
        assert result.exit_code == code, result.output
        assert not re.search("Traceback", result.output)
        for secret in (self.key[1], *self.variables.values()):
            assert secret.startswith(("int_", "app_")) or secret not in result.output
        return str(result.output)

    @property
    def variables(self) -> dict[str, str]:
        return env_file(self.folder)

    @property
    def admin(self) -> Administration:
        values = {"subdomain": "acme", "name": "x", "webhook_secrets": ()}
        connector = Connector(
            id="help-desk",
            app_id=self.app_id,
            key_id=self.key[0],
            key_secret=self.key[1],
            base_url=self.sim.base_url,
            **values,
        )
        return Administration(connector, retry=RetryPolicy(max_elapsed=0))

    async def account(self) -> list[tuple[str | None, str, list[str]]]:
        """List name, target and triggers of every webhook."""
        async with self.admin as admin:
            return [
                (each.display_name, hook.target, hook.triggers)
                for each in await admin.list_integrations(types=["custom"])
                for hook in each.webhooks
            ]

    async def keys(self) -> list[Any]:
        async with self.admin as admin:
            return [
                key
                for each in await admin.list_integrations(types=["custom"])
                for key in await admin.list_keys(each.id)
            ]

    async def places(self) -> list[Any]:
        async with self.admin as admin:
            board = await admin.switchboard.get()
            return await admin.switchboard.list_integrations(board.id) if board else []


async def killed(bot: SetupBot, *options: str) -> int:
    """Run the command in a process that may be killed at a place; return its code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.killed_setup", "setup", "help-desk", "--yes"),
        *(*options, "--credentials", str(bot.folder / "credentials.yml")),
        env={**os.environ, FOLDER_VARIABLE: str(bot.folder)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()
