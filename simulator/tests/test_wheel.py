"""The wheel, installed without the checkout, used as the author of a bot would."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

import pytest
import pytest_asyncio

from simulator import SimulatorClient

from .support.environments import DISTRIBUTION, build_wheel, make_environment, must

BOT_TEST = """
from base64 import b64encode

import aiohttp
from simulator import Simulator


async def test_my_bot_hands_over():
    async with Simulator() as sim:
        app = await sim.add_app()
        url = f"{sim.base_url}/v2/apps/{app.id}"
        credentials = b64encode(f"{app.key_id}:{app.key_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        async with aiohttp.ClientSession(headers=headers, raise_for_status=True) as bot:
            await bot.post(f"{url}/users", json={"externalId": "mia"})
            body = {"type": "personal", "participants": [{"userExternalId": "mia"}]}
            async with bot.post(f"{url}/conversations", json=body) as answer:
                one = (await answer.json())["conversation"]["id"]
            body = {"author": {"type": "business"}, "content": {"type": "text", "text": "Refund"}}
            await bot.post(f"{url}/conversations/{one}/messages", json=body)
            body = {"switchboardIntegration": "zd-agentWorkspace"}
            await bot.post(f"{url}/conversations/{one}/passControl", json=body)
        conversation = await sim.wait_for_ticket(app.id)
        await sim.agent_text(conversation["id"], "Hello, this is Ana", agent="Ana")
        message = await sim.wait_for_message(one, "Hello, this is Ana")
        assert message["author"]["displayName"] == "Ana"
"""

PYTEST_INI = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return await build_wheel(tmp_path_factory.mktemp("dist"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment into which pip has installed the wheel."""
    environment = tmp_path_factory.mktemp("programs") / "environment"
    needed = ("aiohttp", "PyYAML", "pytest", "pytest-asyncio")
    python = await make_environment(environment, *needed)
    await must(python, "-m", "pip", "install", "-q", "--no-index", wheel)
    return python.parent


async def test_the_wheel_holds_the_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    source = DISTRIBUTION / "src"
    package = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    metadata = {name for name in names if name.startswith("zendesk_simulator-0.1.0.dist-info/")}
    assert names - metadata == package
    assert {"demo.yml", "py.typed", "page/static/index.html", "page/static/style.css"} <= {
        name.removeprefix("simulator/") for name in names
    }


@pytest.mark.parametrize("command", [["zendesk-simulator"], ["python", "-m", "simulator"]])
async def test_it_runs_from_any_folder(programs: Path, tmp_path: Path, command: list[str]) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        programs / command[0],
        *command[1:],
        *("--port", "0"),
        cwd=folder,
        env={},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith("Simulator listening on http://127.0.0.1:"), line
        async with SimulatorClient(line.split()[-1]) as sim:
            assert (await sim.app("64b0c0ffee0000000000a001")).label == "acme-shop"
    finally:
        process.terminate()
        await process.wait()


async def test_a_bot_authors_test_passes(programs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    folder.mkdir()
    (folder / "test_bot.py").write_text(BOT_TEST)
    (folder / "pytest.ini").write_text(PYTEST_INI)
    out = await must(programs / "python", "-m", "pytest", "-q", folder=folder)
    assert "1 passed" in out
