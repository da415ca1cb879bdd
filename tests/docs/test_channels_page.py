"""The pages of channels: the table is the tests', the example runs, the settings are read."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import yaml
from aiohttp import web
from rasa.core import channels as rasas
from rasa.core.channels.botframework import BotFrameworkInput
from rasa.shared.utils.common import class_from_module_path

from tests.support import channel_table
from tools.paths import ROOT
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.channels import Channels

PAGE = (ROOT / "docs" / "channels.md").read_text()
CUSTOM = (ROOT / "docs" / "custom-channel.md").read_text()
PLATFORMS = (ROOT / "docs" / "platforms.md").read_text()


@pytest.mark.parametrize("side", ["from user", "to user"])
def test_the_table_is_what_the_tests_prove(side):
    channel_table.collect()
    found = re.search(rf"<!-- {side} -->\n\n(.*?)\n\n#", PAGE, re.DOTALL)
    shown = found.group(1) if found else ""
    proved = channel_table.table(side)
    assert shown == proved, "run `python -m tests.support.channel_table`"


@pytest.fixture
async def pager():
    """The example's channel, and what its platform was sent."""
    [code] = re.findall(r"```python\n(.*?)```", CUSTOM, re.DOTALL)
    answers, received = [], []

    async def take(request):
        received.append(await request.json())
        return web.Response(status=answers.pop(0) if answers else 200)

    app = web.Application()
    app.router.add_post("/messages", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    names = {}
    exec(code, names)
    channel = names["PagerInput"]()
    channel.api = f"http://127.0.0.1:{runner.addresses[0][1]}/messages"
    yield SimpleNamespace(channel=channel, answers=answers, received=received)
    await runner.cleanup()


async def test_the_example_sends_in_pieces_to_the_room(pager):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[pager.channel]))
    channels = Channels(app)
    session = SimpleNamespace(channel="PagerInput", address={"room": "7"}, sender_id="mara")
    output = await channels.output(session)
    await output.send_once("mara", {"text": "a word " * 100}, key="k")
    assert [each["room"] for each in pager.received] == ["7", "7"]
    assert all(len(each["text"]) <= 500 for each in pager.received)
    session.address = None
    assert await channels.output(session) is None


@pytest.mark.parametrize(("status", "may_repeat"), [(503, True), (429, True), (400, False)])
async def test_the_example_tells_refusals_apart(pager, status, may_repeat):
    pager.answers.append(status)
    adapter = pager.channel.handoff_adapter(pager.channel)
    with pytest.raises(NotDelivered) as refusal:
        await adapter.send("mara", {"room": "7"}, {"text": "hello"}, key="k")
    assert refusal.value.may_repeat is may_repeat


def blocks():
    """Read the platforms' blocks: each has one channel."""
    found = re.findall(r"```yaml\n# credentials\.yml\n(.*?)```", PLATFORMS, re.DOTALL)
    return dict(item for block in found for item in yaml.safe_load(block).items())


@pytest.mark.parametrize("name", blocks())
def test_a_platforms_block_has_the_channels_settings(name, monkeypatch):
    # Its constructor asks Microsoft for keys.
    monkeypatch.setattr(BotFrameworkInput, "_update_cached_jwk_keys", lambda _self: None)
    settings = blocks()[name]
    kind = rasas.BUILTIN_CHANNELS.get(name) or class_from_module_path(name)
    read = Recorder(settings)
    channel = kind.from_credentials(read)
    assert set(settings) <= read.asked
    assert (kind is rasas.BUILTIN_CHANNELS[channel.name()]) == (name == channel.name())
    assert f"/webhooks/{channel.name()}/webhook" in PLATFORMS


class Recorder(dict):
    """Settings that record which of them a channel asks for."""

    def __init__(self, settings):
        super().__init__(settings)
        self.asked = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


def test_the_blocks_are_of_all_platforms_that_the_page_is_about():
    assert len(blocks()) == len(re.findall(r"^## ", PLATFORMS, re.MULTILINE)) - 1
