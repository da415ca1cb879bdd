"""A router in front of Rasa's own agent and processor.

The modules ``test_pro_…`` are about what Rasa Pro alone has: `make test-pro` runs them.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.scenarios.conftest import http, new_user, sim, user
from tests.support.engine import make_agent
from zendesk_handoff.bounds import installed as installed_rasa
from zendesk_handoff.rasa import hooks
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.router import Router
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store

__all__ = ["http", "new_user", "sim", "user"]

collect_ignore_glob = [] if installed_rasa().rasa_pro else ["test_pro_*.py"]


@pytest.fixture
def url(databases):
    with databases.with_tables("sqlite") as made:
        yield made


@pytest.fixture
async def store(url):
    async with await open_store(url) as opened:
        yield opened


@pytest.fixture
def agent():
    return make_agent()


@pytest.fixture
def in_hand(store):
    return InHand(store.signals)


@pytest.fixture
def router(store, agent, in_hand):
    app = SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[]))
    return Router(store, Bot(app, in_hand), Settings("https://bot.example.com", {}))


@pytest.fixture
def installed(router, in_hand):
    hooks.install(router, in_hand)
    yield
    hooks.uninstall()
