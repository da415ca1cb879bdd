"""Messages to Zendesk per second, against Zendesk's own Python client in a loop."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zendesk_handoff.handover.forward import forward
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk.clients import Clients

from .bench import Row, alternate
from .stage import APP, CONNECTOR, bare_api, block, open_sessions

CLIENT = "sunshine-conversations-client==17.0.1"
_SCRIPT = Path(__file__).with_name("official_client.py")
_OWN_UV = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "uv"
_SESSIONS = 50
_EACH = 4
_THEIRS = 40
_ROUNDS = 7
#: Seconds: the latency to a data centre of the same region, and none.
_LATENCIES = (0.02, 0.0)

_WHAT = f"messages to Zendesk per second, {_SESSIONS} sessions"
_AGAINST = "Zendesk's Python client in a loop, one process"


async def measure() -> list[Row]:
    """Measure with the latency of a network, and without."""
    command = _command()
    if command is None:
        return [Row(_WHAT, _AGAINST, "–", "≥ 5", None, f"{CLIENT} cannot be installed here")]
    return [await _measure(command, latency) for latency in _LATENCIES]


async def _measure(command: list[str], latency: float) -> Row:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with bare_api(folder, latency=latency) as api:
            url = f"sqlite:///{folder / 'handoff.db'}"
            settings = read_settings(block(url, api.url))
            clients = Clients(settings)
            async with await open_store(url) as store:
                sessions = await open_sessions(store, _SESSIONS)
                client = clients.background(CONNECTOR)
                assert client is not None
                given = {
                    "url": api.url,
                    "app": APP,
                    "key": client.connector.key_id,
                    "secret": client.connector.key_secret,
                    "conversations": [session.conversation_id for session in sessions],
                }

                async def ours() -> float:
                    texts = [{"type": "text", "text": f"Message {n}"} for n in range(_EACH)]
                    await asyncio.gather(
                        *(store.outbox.add(session.id, texts) for session in sessions)
                    )
                    began = asyncio.get_running_loop().time()
                    await asyncio.gather(*(forward(store, client, each) for each in sessions))
                    seconds = asyncio.get_running_loop().time() - began
                    return _SESSIONS * _EACH / seconds

                with _official(command, given) as client_process:

                    async def theirs() -> float:
                        return await asyncio.to_thread(_rate, client_process)

                    result = await alternate(ours, theirs, rounds=_ROUNDS)
            await clients.close()
    mine, official = result.medians
    return Row(
        f"{_WHAT}, {latency * 1000:.0f} ms away",
        _AGAINST,
        f"{result.ratio:.1f}",
        "≥ 5" if latency else "for comparison",
        result.ratio >= 5 if latency else None,
        f"{mine:.0f}/s against {official:.0f}/s",
    )


def _rate(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"{_THEIRS}\n")
    process.stdin.flush()
    return _THEIRS / float(process.stdout.readline())


@contextmanager
def _official(command: list[str], given: dict[str, object]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*command, str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(given) + "\n")
        yield process
        process.stdin.close()


def _command() -> list[str] | None:
    """Return the command of a Python with the client, or ``None`` where it cannot be installed."""
    uv = os.environ.get("UV") or shutil.which("uv") or (str(_OWN_UV) if _OWN_UV.exists() else None)
    if uv is None:
        return None
    options = ["--no-project", "--isolated", "--python", sys.executable, "--with", CLIENT]
    command = [uv, "run", *options, "python"]
    found = subprocess.run([*command, "-c", "import sunshine_conversations_client"], check=False)
    return command if found.returncode == 0 else None
