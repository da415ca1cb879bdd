"""Servers that can be killed at every place: one set for each database."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.databases import HOST, PORT, postgresql_answers, run_on_postgresql
from tests.support.hours import BACK, closed_until
from tests.support.kills import Kill, disarm
from tests.support.servers import KillableStack, free_port

SETTINGS = {
    # The name that a user of `rest` tells is written to Zendesk, too.
    "requester_from_told": True,
    # A session waits that long for the restarted server.
    "takeover_after": 1,
    # And an action for the outcome, while a server restarts on a machine that is busy.
    "open_timeout": 25,
    # What happens by itself does so in the scenarios that wait for it: the others take less time.
    "timeouts": {
        "waiting_reminder": None,
        "waiting_offer": None,
        "agent_silence_offer": 4,
        "undelivered": 4,
    },
}
#: Tickets are left alone: what is written into them afterwards has no order with the rest.
_WITHOUT_NOTE = {"support_token": None, "support_email": None, "summary_to": "off"}
NATIVE = {
    "native": _WITHOUT_NOTE,
    "picky": {
        **_WITHOUT_NOTE,
        "greet": True,
        "csat": "ask",
        "only": {"sources": ["web"], "otherwise": "zd-answerBot"},
    },
    "noting": {},
}


@contextmanager
def running(database, folder):
    """Run a stack on one of the databases."""
    settings, name = dict(SETTINGS), ""
    if database == "postgresql":
        name = f"handoff_{uuid.uuid4().hex[:12]}"
        asyncio.run(run_on_postgresql(f"CREATE DATABASE {name}"))
        settings["store_url"] = f"postgresql://{HOST}:{PORT}/{name}"
    callback = {"url": f"http://127.0.0.1:{free_port()}/callback"}
    channels = {
        "callback": callback,
        "tests.support.channels.ProvenCallbackInput": callback,
    }
    night = {"hours": closed_until(BACK), "closed": "message"}
    servers = KillableStack(
        folder,
        settings=settings,
        channels=channels,
        more_connectors={"night": night},
        native_connectors=NATIVE,
    )
    try:
        with servers:
            yield servers
    finally:
        if name:
            asyncio.run(run_on_postgresql(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def stacks(tmp_path_factory):
    """Start the stack of a database when it is first asked for."""
    started = {}
    with ExitStack() as opened:

        def get(database):
            if database not in started:
                folder = tmp_path_factory.mktemp(database)
                started[database] = opened.enter_context(running(database, folder))
            return started[database]

        yield get


@pytest.fixture
def stack(stacks, database):
    """Servers of which all are up; the next test finds no session of this one."""
    if database == "postgresql" and not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")
    servers = stacks(database)
    yield servers
    disarm(servers)
    servers.start_again()
    servers.delete_sessions()


@pytest.fixture
def kill(request, stack, place):
    scenario = request.node.get_closest_marker("kills").args[0]
    return Kill(stack, scenario, place)
