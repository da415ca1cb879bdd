"""Every misconfiguration with the line that ``zendesk-handoff check`` prints of it.

The table of ``docs/check.md`` has the same lines: each test compares what it finds with its row.
Paths, ports and versions of one run stand there in words.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import msgspec
import pytest
from aiohttp import web

# Each registers its cases, in the order of the table.
from tests.checks.misconfigurations import of_files, of_servers, of_zendesk  # noqa: F401
from tests.checks.misconfigurations.cases import CASES, Bot, target, use
from tests.support.bot_folder import SECRET, BotFolder
from tests.support.pages import DOCS, rows, section
from zendesk_handoff.bounds import own_version
from zendesk_handoff.checks import Finding, Outcome
from zendesk_handoff.checks.offline import Place, check_offline
from zendesk_handoff.checks.reports import REPORT_PATH, ActionsReport, RasaReport
from zendesk_handoff.checks.round_trip import check_round_trip
from zendesk_handoff.checks.servers import check_servers
from zendesk_handoff.checks.zendesk import check_zendesk
from zendesk_handoff.cli.check import line
from zendesk_handoff.store.engine.migrate import newest


@pytest.fixture
async def bot(tmp_path, sim, monkeypatch):
    files = BotFolder(tmp_path)
    found = Bot(files, sim, monkeypatch)
    found.rasa = RasaReport(
        version=own_version(),
        rasa="3.6.21",
        store="",
        store_name="sqlite:////bot/handoff.db",
        in_front=True,
        model_id=None,
        connectors=["support"],
        channels=[],
    )
    found.actions = ActionsReport(own_version(), "")
    files.connector["base_url"] = sim.base_url
    async with serving(found) as url:
        files.block["public_url"] = url
        files.files["endpoints.yml"]["action_endpoint"]["url"] = f"{url}/webhook"
        ours = {"target": target(found), "secret": SECRET}
        use(found, await sim.add_app(integrations=[ours]))
        yield found


@asynccontextmanager
async def serving(bot: Bot) -> AsyncIterator[str]:
    """Serve the reports of both servers; what they are is read with each request."""

    async def rasa(_request: web.Request) -> web.Response:
        if bot.rasa is None:
            return web.Response(status=404)
        if bot.rasa.version == "401":
            return web.Response(status=401)
        return web.Response(body=msgspec.json.encode(bot.rasa))

    async def actions(_request: web.Request) -> web.Response:
        if bot.actions is None:
            return web.json_response({"error": "no such action"}, status=404)
        custom = msgspec.to_builtins(bot.actions)
        return web.json_response({"events": [], "responses": [{"custom": custom}]})

    app = web.Application()
    app.add_routes([web.get(REPORT_PATH, rasa), web.post("/webhook", actions)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    finally:
        await runner.cleanup()


async def run(bot: Bot, *, online: bool = False, round_trip: bool = False) -> list[Finding]:
    """Run the checks as the command does."""
    credentials = bot.files.write()
    known = await check_offline(Place(credentials))
    if bot.rasa is not None and not bot.rasa.model_id:
        loaded = known.model.id if known.model else "m" * 32
        bot.rasa = msgspec.structs.replace(bot.rasa, model_id=loaded)
    if known.store is not None and bot.rasa is not None and not bot.rasa.store:
        bot.rasa, bot.actions = (
            each and msgspec.structs.replace(each, store=known.store.identity)
            for each in (bot.rasa, bot.actions)
        )
    findings = [*known.findings, *(await check_servers(known)).findings]
    if online:
        assert known.settings is not None
        findings += await check_zendesk(known.settings)
    if round_trip:
        assert known.settings is not None
        findings += await check_round_trip(known.settings, known.store, wait=0.2)
    return findings


def lines_of(bot: Bot, findings: list[Finding]) -> list[str]:
    """Write the lines with which a person has something to do, without what differs by run."""
    wrong = [each for each in findings if each.outcome in {Outcome.ERROR, Outcome.WARNING}]
    return [in_general(bot, line(each)) for each in wrong]


def in_general(bot: Bot, text: str) -> str:
    text = text.replace(str(bot.files.folder), "/bot").replace(own_version(), "1.0.0")
    text = text.replace(f"knows {newest()}", "knows 0011").replace("in 0.2 s", "in 30 s")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:5005", text)
    text = re.sub(r"(?<=app )[0-9a-f]{24}", "5f0c…", text)
    return text.replace("SQLAlchemy<1.5.0,>=1.4.0", "SQLAlchemy<1.5")


@cache
def documented() -> dict[str, list[str]]:
    table = rows(section((DOCS / "check.md").read_text(), "What it prints"))
    return {title: re.findall(r"``(.+?)``(?!`)", cell) for title, cell in table}


async def test_nothing_is_wrong_with_the_bot_that_the_cases_spoil(bot):
    assert lines_of(bot, await run(bot, online=True)) == []


async def test_the_webhooks_address_may_be_written_otherwise(bot):
    spelled = target(bot).replace("http://", "HTTP://") + "/"
    use(bot, await bot.sim.add_app(integrations=[{"target": spelled, "secret": SECRET}]))
    assert lines_of(bot, await run(bot, online=True)) == []


@pytest.mark.parametrize("name", CASES)
async def test_a_misconfiguration_has_the_line_of_its_row(name, bot):
    spoiled = CASES[name]
    done = spoiled.spoil(bot)
    if asyncio.iscoroutine(done):
        await done
    lines = lines_of(bot, await run(bot, online=spoiled.online, round_trip=spoiled.round_trip))
    assert lines, "it is not noticed"
    assert lines == documented().get(spoiled.title), "\n".join(["", *lines])


def test_every_row_is_a_case():
    assert list(documented()) == [each.title for each in CASES.values()]
