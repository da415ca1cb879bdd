"""The command, a store of either database, and handovers in it."""

from __future__ import annotations

import asyncio

import pytest
import yaml
from typer.testing import CliRunner

from zendesk_handoff.cli import app
from zendesk_handoff.store import open_store

CONNECTOR = {
    "subdomain": "your-company",
    "app_id": "5f0c",
    "key_id": "app_1",
    "key_secret": "k",
    "webhook_secret": "w" * 16,
}


@pytest.fixture
def credentials(url, tmp_path):
    """The settings, in a file; `url` is the store's."""
    block = {"public_url": "https://bot.example.com", "connectors": {"support": CONNECTOR}}
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": {**block, "store_url": url}}))
    return file


@pytest.fixture
def run(credentials):
    """Run the command, with these options."""

    def run(*options):
        environ = {"ZENDESK_HANDOFF_CREDENTIALS": str(credentials)}
        return CliRunner().invoke(app, ["report", *map(str, options)], env=environ)

    return run


@pytest.fixture
def store_all(url):
    """Store handovers: see `tests.support.handovers`."""

    def store_all(*handovers):
        async def act():
            async with await open_store(url) as store:
                for each in handovers:
                    await store.database.write(each)

        asyncio.run(act())

    return store_all
