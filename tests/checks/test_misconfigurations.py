"""Every misconfiguration with the line that ``zendesk-handoff check`` prints of it.

The table of ``docs/check.md`` has the same lines: each test compares what it finds with its row.
Paths, ports and versions of one run stand there in words.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import pytest
from aiohttp import web

from simulator import Simulator
from tests.support.bot_folder import (
    SECRET,
    BotFolder,
    nodes_of,
    with_component,
    without_policy,
)
from tests.support.pages import DOCS, rows, section
from tests.support.servers import free_port
from zendesk_handoff.bounds import own_version
from zendesk_handoff.checks import Finding, Outcome
from zendesk_handoff.checks.model import LEARNED_SLOT
from zendesk_handoff.checks.offline import Place, check_offline
from zendesk_handoff.checks.reports import REPORT_PATH, ActionsReport, ChannelReport, RasaReport
from zendesk_handoff.checks.round_trip import check_round_trip
from zendesk_handoff.checks.servers import check_servers
from zendesk_handoff.checks.zendesk import check_zendesk
from zendesk_handoff.cli.check import line
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.migrate import newest

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


# Settings


@case("a misspelt key, and one that is missing")
def wrong_settings(bot):
    bot.connector["agent_workspce"] = "zd-agentWorkspace"
    del bot.connector["app_id"]


@case("a secret whose variable is not set")
def unset_variable(bot):
    bot.connector["key_secret"] = "${ZENDESK_KEY_SECRET_OF_NOBODY}"


@case("the command in another folder")
def another_folder(bot):
    del bot.files.files["credentials.yml"]


@case("`.env` readable for other users")
def open_env_file(bot):
    file = bot.files.folder / ".env"
    file.write_text("ZENDESK_KEY_SECRET=x\n")
    file.chmod(0o644)


@case("an address that Zendesk cannot reach")
def loopback(bot):
    bot.connector["base_url"] = "https://your-company.zendesk.com/sc"


# Environment


@case("SQLAlchemy moved by another install")
def moved_package(bot):
    folder = bot.files.folder / "site" / "SQLAlchemy-2.0.30.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: SQLAlchemy\nVersion: 2.0.30\n")
    bot.monkeypatch.syspath_prepend(str(folder.parent))


# Store


@case("a store in a folder that does not exist")
def no_store_folder(bot):
    bot.files.block["store_url"] = f"sqlite:///{bot.files.folder}/no/such/handoff.db"


@case("a store that is no database")
def no_database(bot):
    file = bot.files.folder / "notes.txt"
    file.write_text("Buy milk, and do not forget the bread.")
    bot.files.block["store_url"] = f"sqlite:///{file}"


@case("PostgreSQL without its driver")
def no_driver(bot):
    bot.monkeypatch.setitem(sys.modules, "asyncpg", None)
    bot.files.block["store_url"] = "postgresql://user:password@db.example.com/handoff"


@case("PostgreSQL that does not run")
def no_postgresql(bot):
    bot.files.block["store_url"] = f"postgresql://user:password@127.0.0.1:{free_port()}/handoff"


@case("a store that a newer version has used")
async def newer_store(bot):
    url = bot.files.block["store_url"]
    async with await open_store(url) as store:
        await store.database.write(
            lambda connection: (
                connection.exec_driver_sql(
                    "UPDATE zendesk_handoff_version SET version_num = '9999'"
                ).rowcount
            )
        )


# The bot's files


@case("no importer, and none of the plugin's words")
def no_importer(bot):
    del bot.files.files["config.yml"]["importers"]


@case("a second importer beside ours")
def two_importers(bot):
    bot.files.files["config.yml"]["importers"].append({"name": "RasaFileImporter"})


@case("no action endpoint")
def no_endpoint(bot):
    bot.files.files["endpoints.yml"] = {}


@case("the plugin's actions are not imported")
def no_actions(bot):
    (bot.files.folder / "actions").mkdir()
    (bot.files.folder / "actions" / "__init__.py").write_text("# none\n")


@case("no channel for users")
def no_channel(bot):
    del bot.files.files["credentials.yml"]["rest"]


@case("Rasa's own Redis locks")
def redis_locks(bot):
    bot.files.files["endpoints.yml"]["lock_store"] = {"type": "redis", "url": "localhost"}


# The model


@case("no model")
def no_model(bot):
    (bot.files.folder / "models").mkdir()


@case("a model from before the last change")
def old_model(bot):
    bot.files.train(lambda metadata, rules: metadata.update(trained_at="2020-01-01T00:00:00"))


@case("a model trained without the plugin")
def no_plugin_in_model(bot):
    def change(metadata, rules):
        domain = metadata["domain"]
        domain["actions"] = [each for each in domain["actions"] if "handoff" not in each]
        domain["intents"].remove("human_handoff")
        del domain["slots"]["handoff_status"]
        without_policy(metadata, "FrustrationPolicy")

    bot.files.train(change)


@case("`learn: summary`, and a domain without its slot")
def no_slot_of_the_outcome(bot):
    bot.files.block["learn"] = "summary"
    bot.files.train(lambda metadata, rules: metadata["domain"]["slots"].pop(LEARNED_SLOT, None))


@case("`policies:` without a RulePolicy")
def no_rules(bot):
    bot.files.train(lambda metadata, rules: without_policy(metadata, "RulePolicy"))


@case("no rule for the request for a person")
def no_rule_for_the_request(bot):
    def change(metadata, rules):
        for states in [each for each in rules if '"intent": "human_handoff"' in each]:
            del rules[states]

    bot.files.train(change)


@case("no rule for a “yes” to the offer")
def no_rule_for_yes(bot):
    def change(metadata, rules):
        for states in [each for each in rules if '"intent": "affirm"' in each]:
            del rules[states]

    bot.files.train(change)


@case("FrustrationPolicy below the rules")
def low_priority(bot):
    def change(metadata, rules):
        for node in nodes_of(metadata).values():
            if node["uses"].endswith("FrustrationPolicy"):
                node["config"]["priority"] = 3

    bot.files.train(change)


@case("a classifier behind the recogniser")
def recogniser_first(bot):
    def change(metadata, rules):
        name = "zendesk_handoff.nlu.recognizer.HandoffRecognizer"
        with_component(metadata, name, before="LogisticRegressionClassifier")

    bot.files.train(change)


@case("a form that takes any text")
def greedy_form(bot):
    def change(metadata, rules):
        metadata["domain"]["slots"]["return_reason"]["mappings"] = [{"type": "from_text"}]
        del metadata["domain"]["forms"]["return_form"]["ignored_intents"]

    bot.files.train(change)


@case("questions before a handover, and a model from before them")
def form_missing(bot):
    bot.connector["contact"] = "ask"

    def change(metadata, rules):
        del metadata["domain"]["forms"]["handoff_contact_form"]

    bot.files.train(change)


# The servers


@case("two stores: each server has its own")
def two_stores(bot):
    bot.actions = msgspec.structs.replace(bot.actions, store="b" * 32)


@case("another store than these settings'")
async def another_store(bot):
    async with await open_store(bot.files.block["store_url"]):
        pass
    name = "sqlite:////elsewhere/handoff.db"
    bot.rasa = msgspec.structs.replace(bot.rasa, store="a" * 32, store_name=name)
    bot.actions = msgspec.structs.replace(bot.actions, store="a" * 32)


@case("an action server without the settings")
def actions_without_settings(bot):
    error = "credentials.yml: No such file or directory; name the file."
    bot.actions = ActionsReport(own_version(), error=error)


@case("two versions of the plugin")
def two_versions(bot):
    bot.actions = msgspec.structs.replace(bot.actions, version="0.0.9")


@case("a Rasa server without the plugin")
def without_plugin(bot):
    bot.rasa = None


@case("an action server without the plugin's actions")
def without_actions(bot):
    bot.actions = None


@case("a server with another webhook secret")
def other_secret(bot):
    bot.rasa = msgspec.structs.replace(bot.rasa, version="401")


@case("a Rasa server with an older model, and a channel that cannot push")
def older_model_loaded(bot):
    channels = [ChannelReport("rest", can_push=False)]
    bot.rasa = msgspec.structs.replace(bot.rasa, model_id="x" * 32, channels=channels)


@case("code that replaces Rasa's own")
def bypassed(bot):
    bot.rasa = msgspec.structs.replace(bot.rasa, in_front=False)


# Zendesk


@case("a wrong key secret", online=True)
def wrong_key_secret(bot):
    bot.connector["key_secret"] = "another-key-secret"


@case("a wrong app id", online=True)
def wrong_app(bot):
    bot.connector["app_id"] = "0123456789abcdef01234567"


@case("another account's app id", online=True)
async def other_app(bot):
    bot.connector["app_id"] = (await bot.sim.add_app()).id


@case("a subdomain that does not exist", online=True)
def no_such_subdomain(bot):
    bot.files.block["public_url"] = "https://bot.example.com"
    bot.connector["base_url"] = "https://no-such-company.invalid/sc"


@case("a wrong `base_url`", online=True)
def wrong_base_url(bot):
    bot.connector["base_url"] = f"{bot.sim.url}/elsewhere"


@case("nothing at `base_url`", online=True)
def nothing_at_base_url(bot):
    bot.connector["base_url"] = f"http://127.0.0.1:{free_port()}/sc"


@case("no webhook", online=True)
async def no_webhook(bot):
    app = await bot.sim.add_app()
    use(bot, app)


@case("a webhook to an older address", online=True)
async def old_target(bot):
    await use_integration(bot, target="https://old.example/api/v1/connectors/support/webhook")


@case("a webhook whose secret differs", online=True)
async def wrong_webhook_secret(bot):
    await use_integration(bot, secret="another-webhook-secret")


@case("a webhook without all triggers", online=True)
async def few_triggers(bot):
    await use_integration(bot, triggers=["conversation:message", "conversation:remove"])


@case("two webhooks with our address", online=True)
async def two_webhooks(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours, ours]))


@case("a wrong `agent_workspace`", online=True)
def wrong_agent_workspace(bot):
    bot.connector["agent_workspace"] = "agents"


@case("a place in the switchboard that is not there", online=True)
def no_place(bot):
    bot.connector["switchboard_integration"] = "rasa"


@case("a place in the switchboard that the settings do not name", online=True)
async def unnamed_place(bot):
    await use_integration(bot, switchboard_name="rasa")


@case("one place for the agents and for us", online=True)
def same_place(bot):
    bot.connector["switchboard_integration"] = "zd-agentWorkspace"


@case("another integration's place", online=True)
async def foreign_place(bot):
    ours = {"target": target(bot), "secret": SECRET}
    other = {"target": "https://other.example/hook", "switchboard_name": "rasa"}
    use(bot, await bot.sim.add_app(integrations=[ours, other]))
    bot.connector["switchboard_integration"] = "rasa"


@case("an account without a switchboard", online=True)
async def no_switchboard(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], switchboard=False))


@case("multi-conversations off", online=True)
async def one_conversation(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], multi_conversations=False))


@case("fields of a ticket, and multi-conversations off", online=True)
async def fields_and_one_conversation(bot):
    await one_conversation(bot)
    bot.connector["ticket"] = {"priority": "high"}


@case("fields of a ticket, and the agents have control of new conversations", online=True)
async def fields_and_agents_first(bot):
    ours = {"target": target(bot), "secret": SECRET}
    first = "zd-agentWorkspace"
    use(bot, await bot.sim.add_app(integrations=[ours], default_integration=first))
    bot.connector["routes"] = [{"when": {"slot": "topic"}, "ticket": {"group_id": 4711}}]


SUPPORT = {"support_email": "ana@example.com", "support_token": "a token of the Support API"}
RECORDS = {
    "groups": {"4711": {}},
    "ticket_fields": {"36": {"editable_in_portal": False}, "37": {"active": False}},
}


async def use_support(bot, **settings):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], support_records=RECORDS, **SUPPORT))
    bot.connector.update(SUPPORT, **settings)


@case("a group that the account does not have", online=True)
async def unknown_group(bot):
    route = {"when": {"slot": "topic"}, "ticket": {"group_id": 4712}}
    await use_support(bot, ticket={"group_id": 4711}, routes=[route])


@case("ticket fields that end users cannot edit, or that are not active", online=True)
async def closed_fields(bot):
    await use_support(bot, ticket={"fields": {36: "{order_number}", 37: "x"}})


@case("a wrong token of the Support API", online=True)
async def wrong_support_token(bot):
    await use_support(bot, support_token="another token")


@case("a priority that Zendesk does not have, in a route")
def wrong_priority(bot):
    route = {"when": {"reason": "frustration"}, "ticket": {"priority": "hoch"}}
    bot.connector["routes"] = [route]


@case("a webhook from which no event comes", round_trip=True)
async def no_event(bot):
    async with await open_store(bot.files.block["store_url"]):
        pass


def target(bot):
    return f"{bot.files.block['public_url']}/api/v1/connectors/support/webhook"


def use(bot, app):
    bot.connector.update(app_id=app.id, key_id=app.key_id, key_secret=app.key_secret)


async def use_integration(bot, **values):
    ours = {"target": target(bot), "secret": SECRET, **values}
    use(bot, await bot.sim.add_app(integrations=[ours]))


# Running


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
