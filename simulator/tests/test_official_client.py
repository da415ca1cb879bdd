"""Zendesk's own Python client drives the simulator, in an environment of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from simulator import Simulator

from .test_auth import token

CLIENT = "sunshine-conversations-client==17.0.1"
SCRIPT = Path(__file__).with_name("official_client.py")
OURS = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "uv"


def find_uv() -> str | None:
    named = os.environ.get("UV")
    return named or shutil.which("uv") or (str(OURS) if OURS.exists() else None)


async def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    return process.returncode or 0, out.decode(), err.decode()


async def test_zendesks_own_client(sim: Simulator) -> None:
    uv = find_uv()
    if uv is None:
        pytest.skip("no uv: put it on PATH, or name it in the environment variable UV")
    command = [uv, "run", "--no-project", "--isolated", "--python", sys.executable,
               "--with", CLIENT]  # fmt: skip
    status, _, problem = await run(*command, "python", "-c", "import sunshine_conversations_client")
    if status:
        pytest.skip(f"{CLIENT} cannot be installed here: {problem.strip().splitlines()[-1]}")
    app = await sim.add_app(switchboard=False)
    given = {
        "url": sim.base_url,
        "app": app.id,
        "key": app.key_id,
        "secret": app.key_secret,
        "token": token(app.key_id, app.key_secret, scope="app"),
    }
    status, out, problem = await run(*command, str(SCRIPT), stdin=json.dumps(given))
    assert status == 0, problem
    done = json.loads(out)
    assert len(done) == 41, done
    requests = await sim.requests(app.id)
    agents = {str(one["user_agent"]).partition("/")[0] for one in requests}
    assert agents == {"OpenAPI-Generator"}
