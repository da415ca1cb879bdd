"""API round trips before a new user is connected, counted at the simulator."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

from simulator import Simulator
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk import ConversationsClient

from .bench import Row
from .stage import CONNECTOR, block

#: Each call needs the answer of the one before (the id of the user, the conversation, the summary);
#: passing control with the summary's id opens the ticket. Hence no two calls can be concurrent.
_FEWEST = (
    "POST users",
    "POST conversations",
    "POST messages",
    "POST passControl",
)


async def measure() -> list[Row]:
    """Open a session for a user who is new to the account."""
    async with Simulator() as sim:
        app = await sim.add_app(switchboard=True)
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'handoff.db'}"
            raw = block(url, sim.base_url)
            account = {"app_id": app.id, "key_id": app.key_id, "key_secret": app.key_secret}
            raw["connectors"][CONNECTOR] |= account
            connector = read_settings(raw).connectors[CONNECTOR]
            async with await open_store(url) as store, ConversationsClient(connector) as client:
                session = await store.sessions.request(
                    uuid.uuid4().hex,
                    CONNECTOR,
                    workspace="default",
                    channel="rest",
                    reason="a benchmark",
                    summary="A benchmark.",
                    profile={"givenName": "Mia"},
                )
                await open_session(store, client, session)
        made = [
            f"{one['method']} {one['path'].split('/')[-1]}" for one in await sim.requests(app.id)
        ]
    return [
        Row(
            "API round trips before a new user is connected",
            "the fewest the API allows",
            f"{len(made)} to {len(_FEWEST)}",
            "equal",
            made == list(_FEWEST),
            ", ".join(made),
        )
    ]
