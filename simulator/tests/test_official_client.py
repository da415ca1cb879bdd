"""Zendesk's own Python client against the simulator, in an environment of its own."""

from __future__ import annotations

import json
from pathlib import Path

from simulator import Simulator

from .support.environments import make_environment, run
from .support.tokens import token

CLIENT = "sunshine-conversations-client==17.0.1"
SCRIPT = Path(__file__).parent / "support" / "official_client.py"


async def test_zendesks_own_client(sim: Simulator, tmp_path: Path) -> None:
    python = await make_environment(tmp_path / "environment", CLIENT)
    app = await sim.add_app(switchboard=False)
    given = {
        "url": sim.base_url,
        "app": app.id,
        "key": app.key_id,
        "secret": app.key_secret,
        "token": token(app.key_id, app.key_secret, scope="app"),
    }
    status, out, problem = await run(python, SCRIPT, stdin=json.dumps(given))
    assert status == 0, problem
    done = json.loads(out)
    assert len(done) == 41, done
    requests = await sim.requests(app.id)
    agents = {str(one["user_agent"]).partition("/")[0] for one in requests}
    assert agents == {"OpenAPI-Generator"}
