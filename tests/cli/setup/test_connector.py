"""``setup``: the connector in ``credentials.yml``."""

from __future__ import annotations

import yaml

from tests.support.setup_bot import PUBLIC_URL


async def test_no_such_connector(bot):
    output = await bot.setup("help", code=1)
    assert "has no connector `help`; there are: help-desk." in output


async def test_what_others_lack_is_of_no_interest(bot):
    block = {
        "public_url": PUBLIC_URL,
        "store_url": "${NOT_SET}",
        "connectors": {"help-desk": bot.connector, "sales": {"key_id": "${NOT_SET}"}},
    }
    text = yaml.safe_dump({"zendesk_handoff.channels.ZendeskInput": block})
    (bot.folder / "credentials.yml").write_text(text)
    await bot.setup()
    assert len(await bot.account()) == 1


async def test_connectors_whose_variables_would_be_the_same(bot):
    block = {
        "public_url": PUBLIC_URL,
        "connectors": {"help-desk": bot.connector, "help__desk": bot.connector},
    }
    text = yaml.safe_dump({"zendesk_handoff.channels.ZendeskInput": block})
    (bot.folder / "credentials.yml").write_text(text)
    assert "Two connectors would have the variables" in await bot.setup(code=1)
    assert await bot.account() == []
