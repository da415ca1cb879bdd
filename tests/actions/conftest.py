"""An action server's settings, and a Rasa server's workers on the same store."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import yaml
from rasa.core.lock_store import InMemoryLockStore

from tests.support.actions import CREDENTIALS
from tests.support.zendesk import account
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def connector(sim, url, tmp_path, monkeypatch):
    """An account, and the credentials for it, as an action server finds them."""
    made = await account(sim)
    block = {
        "public_url": "https://bot.example.com",
        "store_url": url,
        "open_timeout": 5,
        "connectors": {
            "support": {
                "subdomain": made.subdomain,
                "app_id": made.app_id,
                "key_id": "${A_VARIABLE_OF_THE_RASA_SERVER_ALONE}",
                "key_secret": "${A_VARIABLE_OF_THE_RASA_SERVER_ALONE}",
                "webhook_secret": "a webhook secret of more than 32 bytes",
                "base_url": made.base_url,
            }
        },
    }
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": block}))
    monkeypatch.setenv(CREDENTIALS, str(file))
    yield made
    await (await open_resources()).store.close()


@pytest.fixture
async def rasa_server(connector, url):
    """Run the workers of a Rasa server; the bot is the one that waits for the action."""
    async with await open_store(url, lease=0.5) as store:
        agent = SimpleNamespace(lock_store=InMemoryLockStore(), processor=None)
        app = SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[]))
        bot = Bot(app, InHand(store.signals))
        settings = Settings("https://bot.example.com", {"support": connector}, open_timeout=5)
        runtime = Runtime(store, settings, bot, poll_every=0.05)
        runtime.start()
        yield runtime, bot
        await runtime.stop()


@pytest.fixture
async def turn(rasa_server):
    """Have the conversation in hand and locked, as during the bot's turn."""
    _, bot = rasa_server
    async with bot.lock("jo@example.com"):
        with bot.in_hand.turn("jo@example.com"):
            yield


@pytest.fixture
def change(connector, tmp_path):
    """Change settings of the connector, before they are read."""

    def write(**values):
        file = tmp_path / "credentials.yml"
        content = yaml.safe_load(file.read_text())
        content["channels.ZendeskInput"]["connectors"]["support"].update(values)
        file.write_text(yaml.safe_dump(content))

    return write


@pytest.fixture
def change_all(connector, tmp_path):
    """Change settings of the plugin, before they are read."""

    def write(**values):
        file = tmp_path / "credentials.yml"
        content = yaml.safe_load(file.read_text())
        content["channels.ZendeskInput"].update(values)
        file.write_text(yaml.safe_dump(content))

    return write
