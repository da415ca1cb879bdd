"""A bot that has a key of its account, and nothing else at Zendesk."""

from __future__ import annotations

import os

import pytest

from tests.support.setup_bot import SetupBot


@pytest.fixture
async def bot(sim, tmp_path, monkeypatch):
    for name in os.environ:
        if name.startswith("ZENDESK_"):
            monkeypatch.delenv(name)
    made = await sim.add_app()
    found = SetupBot(tmp_path, sim, made.id, (made.key_id, made.key_secret), {})
    found.write(
        subdomain="acme",
        app_id=made.id,
        key_id=made.key_id,
        key_secret="${ACME_KEY}",
        webhook_secret="${ACME_HOOK}",
        base_url=sim.base_url,
    )
    (tmp_path / ".env").write_text(f"# secrets\nACME_KEY={made.key_secret}\n")
    return found
