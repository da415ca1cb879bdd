"""The kit, the control API and the command line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

import simulator
from simulator import Simulator, SimulatorClient, SimulatorError
from simulator.config import DEMO, read_config
from simulator.faults import API_KINDS, EVENT_KINDS
from simulator.switches import Switches

from .support.account import Account
from .support.bot import Bot

# The package under test, installed or not; the folder is the checkout, which has a `simulator/`.
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(simulator.__file__).parents[1])}
DISTRIBUTION = Path(__file__).resolve().parents[1]
SHOP, WHOLESALE = "64b0c0ffee0000000000a001", "64b0c0ffee0000000000a002"


@pytest.fixture
async def program() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python -m simulator --port 0`, and where it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0",
        cwd=DISTRIBUTION.parent, env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("Simulator listening on http://127.0.0.1:"), line
    yield process, line.split()[-1]
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_the_demo_is_ready(program: tuple[asyncio.subprocess.Process, str]) -> None:
    _, url = program
    async with SimulatorClient(url) as sim:
        shop, wholesale = await sim.app(SHOP), await sim.app(WHOLESALE)
        assert shop.key_id == "app_64b0c0ffee0000000000b001"
        assert shop.key_secret == "demo-key-secret-support"
        assert shop.webhook_secret == "demo-webhook-secret-support"
        outside = shop.integrations[0]
        assert (outside.name, outside.switchboard_name) == ("Rasa handoff", None)
        assert outside.webhook_target.endswith(":5005/api/v1/connectors/support/webhook")
        inside = wholesale.integrations[0]
        assert (inside.switchboard_name, inside.key_id) == ("rasa", "int_64b0c0ffee0000000000b003")
        assert inside.webhook_target.endswith(":5005/api/v1/connectors/wholesale/webhook")
        async with Account(sim, shop) as account:
            conversation = await account.with_agents()
            await sim.wait_for_ticket(SHOP)
            await sim.agent_text(conversation, "Hello")
            assert (await sim.wait_for_message(conversation, "Hello"))["kind"] == "agent"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_at_once(
    program: tuple[asyncio.subprocess.Process, str], number: signal.Signals
) -> None:
    process, url = program
    async with aiohttp.ClientSession() as session, session.get(f"{url}/sim/events") as stream:
        assert await stream.content.readline() == b": connected\n"
        process.send_signal(number)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert process.stderr is not None
    assert await process.stderr.read() == b""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("apps: [", "is not YAML"),
        ("apps: nonsense", "list under the key 'apps'"),
        ("apps: [{label: '${NOT_SET_ANYWHERE}'}]", "Set NOT_SET_ANYWHERE"),
        ("apps: [{lable: x}]", "An app has no lable"),
        ("apps: [{integrations: [{name: x}]}]", "target"),
        ("apps: [{switches: {patch_metadata: merge}}]", "Unknown switch 'patch_metadata'"),
        ("apps: [{switches: {metadata_patch: mix}}]", "takes one of merge, replace"),
    ],
)
async def test_a_wrong_configuration(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "apps.yml"
    path.write_text(text)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", "--port", "0", "--config", str(path),
        cwd=DISTRIBUTION.parent, env=ENVIRONMENT, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await process.communicate()
    assert process.returncode == 2
    assert problem in err.decode()


def test_secrets_come_from_the_environment() -> None:
    shop, wholesale, _messaging = read_config(
        DEMO, {"ZENDESK_KEY_SECRET": "one", "WHOLESALE_INT_SECRET": "two"}
    )
    assert shop["keys"][0]["secret"] == "one"
    assert shop["integrations"][0]["secret"] == "demo-webhook-secret-support"
    assert wholesale["integrations"][0]["key"]["secret"] == "two"


async def test_waiting_wakes_at_the_change(sim: Simulator, account: Account) -> None:
    conversation = await account.with_agents()
    waiting = asyncio.create_task(sim.wait_for_message(conversation, "Hello"))
    await sim.agent_text(conversation, "Hello")
    assert (await waiting)["content"]["text"] == "Hello"


async def test_a_wait_times_out(sim: Simulator) -> None:
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        await sim.wait_for_conversation(timeout=0.05)


async def test_the_log_of_requests(sim: Simulator, account: Account) -> None:
    conversation = await account.conversation()
    await account.say(conversation, "Hello")
    (request,) = await sim.requests(account.app.id, method="POST", path="/messages")
    assert request["path"] == f"/conversations/{conversation}/messages"
    assert request["body"]["content"] == {"type": "text", "text": "Hello"}
    assert (request["status"], request["auth"]) == (201, "Basic")
    await sim.wait_for_request(path="/messages", count=1)
    await sim.wait_for_delivery(account.app.id, type="conversation:message")  # the last to come
    everything = json.dumps([await sim.requests(), await sim.deliveries()])
    assert account.app.key_secret not in everything
    assert account.app.webhook_secret not in everything
    await sim.clear_log()
    assert await sim.requests() == []
    assert await sim.deliveries() == []


async def test_the_log_of_deliveries(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.conversation()
    entry = await sim.wait_for_delivery(account.app.id, type="conversation:create")
    assert entry["target"] == bot.url
    assert (entry["status"], entry["attempt"], entry["conversation"]) == (200, 1, conversation)
    assert entry["events"] == bot.events


async def test_an_app_is_removed(sim: Simulator, account: Account) -> None:
    await sim.remove_app(account.app.id)
    assert (await account.call("GET", "/users/x"))[0] == 401
    with pytest.raises(SimulatorError, match="404"):
        await sim.app(account.app.id)


async def test_ids_and_keys_are_unique(sim: Simulator, account: Account) -> None:
    for wrong in ({"app_id": account.app.id}, {"key_id": account.app.key_id}, {"key_id": "x"}):
        with pytest.raises(SimulatorError, match="400"):
            await sim.add_app(**wrong)
    async with aiohttp.ClientSession() as session, session.get(f"{sim.url}/sim") as response:
        assert [one["id"] for one in (await response.json())["apps"]] == [account.app.id]


async def test_the_clock_does_not_go_back(sim: Simulator) -> None:
    with pytest.raises(SimulatorError, match="cannot go back"):
        await sim.advance(-1)


async def test_errors_of_the_control_api_are_json(sim: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/sim/nothing", "/sim/apps/nobody", "/sim/conversations/nobody"):
            async with session.get(sim.url + path) as response:
                assert response.status == 404
                assert "error" in await response.json()
        async with session.post(sim.url + "/sim/apps", data=b"{") as response:
            assert (response.status, await response.json()) \
                == (400, {"error": "The body should be JSON"})  # fmt: skip


def test_the_readme_names_everything() -> None:
    readme = (DISTRIBUTION / "README.md").read_text("utf-8")
    methods = [
        name
        for name in dir(SimulatorClient)
        if not name.startswith("_") and callable(getattr(SimulatorClient, name))
    ]
    switches = [name.removeprefix("second_conversation_") if name.endswith("_code") else name
                for name in Switches.__dataclass_fields__]  # fmt: skip
    for name in (*methods, *switches, *API_KINDS, *EVENT_KINDS):
        assert name in readme, name


def test_every_public_name_is_exported() -> None:
    for name in simulator.__all__:
        assert getattr(simulator, name).__doc__


def test_it_does_not_name_the_plugin() -> None:
    for path in (DISTRIBUTION / "src").rglob("*.py"):
        assert "zendesk_handoff" not in path.read_text("utf-8"), path
