"""Input channels that raise, block or lie when they are asked for their output channel."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from types import SimpleNamespace

import aiohttp
import pytest
import structlog
from rasa.core.channels.callback import CallbackInput
from rasa.core.channels.channel import (
    CollectingOutputChannel,
    InputChannel,
    OutputChannel,
)
from rasa.core.channels.rest import RestInput
from rasa.core.channels.telegram import TelegramOutput
from rasa.utils.endpoints import EndpointConfig

from tests.support.telegram import LocalTelegramInput, block, telegram_api
from zendesk_handoff.errors import ChannelExit
from zendesk_handoff.rasa import outputs as outputs_module
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name, contained

SECRET = "token 123:abc"


class Output(OutputChannel):
    """One that can be had."""


class Asked(InputChannel):
    """Counts how often it is asked, and in which thread."""

    def __init__(self, give=Output):
        self.threads = []
        self._give = give

    @classmethod
    def name(cls):
        return "asked"

    def get_output_channel(self):
        self.threads.append(threading.current_thread())
        return self._give()


class Nameless(InputChannel):
    @classmethod
    def name(cls):
        raise RuntimeError(SECRET)


def among(*channels):
    return OutputChannels(SimpleNamespace(ctx=SimpleNamespace(input_channels=list(channels))))


def raising(error):
    def give():
        raise error

    return give


def running_a_loop():
    async def set_webhook():
        return Output()

    return asyncio.run(set_webhook())


async def coroutine():
    return Output()


def test_at_start_no_code_of_a_channel_is_called():
    channel = Asked(raising(RuntimeError(SECRET)))
    outputs = among(channel, Nameless(), RestInput(), object())
    assert outputs.without_push() == ["Nameless", "RestInput", "object"]
    assert channel.threads == []


async def test_a_channel_is_asked_once_and_not_in_the_event_loop():
    channel = Asked()
    outputs = among(Nameless(), channel)
    first, second = await asyncio.gather(outputs.find("asked"), outputs.find("asked"))
    assert isinstance(first, Output) and second is first
    assert await outputs.find("asked") is first
    [thread] = channel.threads
    assert thread is not threading.current_thread()


async def test_a_channel_may_run_a_loop_of_its_own():
    assert isinstance(await among(Asked(running_a_loop)).find("asked"), Output)


async def test_a_channel_may_need_the_servers_loop():
    class Session(Output):
        def __init__(self):
            self.session = aiohttp.ClientSession()

    output = await among(Asked(Session)).find("asked")
    assert isinstance(output, Session)
    await output.session.close()


@pytest.mark.parametrize(
    ("give", "fault"),
    [
        (raising(ConnectionError(SECRET)), "ConnectionError"),
        (raising(RuntimeError("This event loop is already running")), "RuntimeError"),
        (raising(asyncio.CancelledError()), "CancelledError"),
        (lambda: sys.exit(SECRET), "SystemExit"),
        (lambda: None, "NoneType"),
        (lambda: "an output channel", "TypeError"),
    ],
)
async def test_a_failure_is_reported_once_and_asked_about_again_later(monkeypatch, give, fault):
    channel = Asked(give)
    outputs = among(channel)
    with structlog.testing.capture_logs() as logs:
        assert await outputs.find("asked") is None
        asked = len(channel.threads)
        assert await outputs.find("asked") is None
        assert len(channel.threads) == asked, "it has its rest"
        monkeypatch.setattr(outputs_module, "_REST", 0.0)
        assert await outputs.find("asked") is None
        assert len(channel.threads) == 2 * asked
        channel._give = Output
        assert isinstance(await outputs.find("asked"), Output)
    [line] = logs
    assert (line["event"], line["channel"]) == ("handoff.channel.no_output", "asked")
    assert line["error"] == fault
    assert SECRET not in str(logs)


@pytest.mark.filterwarnings("ignore:coroutine 'coroutine' was never awaited")
async def test_a_coroutine_is_no_output_channel():
    with structlog.testing.capture_logs() as logs:
        assert await among(Asked(coroutine)).find("asked") is None
    assert logs[0]["error"] == "TypeError"


async def test_a_channel_that_blocks_holds_up_nobody(monkeypatch):
    monkeypatch.setattr(outputs_module, "_TIME_LIMIT", 0.05)
    monkeypatch.setattr(outputs_module, "_REST", 0.0)
    release = threading.Event()

    def give():
        release.wait()
        return Output()

    channel = Asked(give)
    outputs = among(channel)
    try:
        with structlog.testing.capture_logs() as logs:
            assert await outputs.find("asked") is None
            assert await outputs.find("asked") is None
        assert [each["error"] for each in logs] == ["TimeoutError"]
        assert len(channel.threads) == 1, "no second thread hangs beside the first"
        assert channel.threads[0].daemon, "or the server could not stop"
    finally:
        release.set()
    await asyncio.wait({outputs._requests["asked"].outcome})
    assert isinstance(await outputs.find("asked"), Output)


async def test_a_channel_whose_output_has_broken_is_asked_anew():
    outputs = among(Asked())
    first = await outputs.find("asked")
    outputs.forget("asked")
    assert await outputs.find("asked") is not first


async def test_an_output_that_keeps_what_it_sends_is_not_kept():
    outputs = among(CallbackInput(EndpointConfig("http://127.0.0.1:9/")))
    first, second = await outputs.find("callback"), await outputs.find("callback")
    assert isinstance(first, CollectingOutputChannel) and second is not first


# The channel leaves its session open; uvloop does not end while that warning is an error.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_telegrams_webhook_is_set_once_and_not_with_every_message():
    async with telegram_api() as api:
        channel = LocalTelegramInput.from_credentials(block(api.url))
        outputs = among(channel)
        output = await outputs.find("telegram")
        assert isinstance(output, TelegramOutput)
        assert await outputs.find("telegram") is output
        assert api.calls == ["setwebhook"]
        await output.session.close()
        del output, outputs, channel
        gc.collect()  # here, where the warning is known


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_channel_that_cannot_say_its_name_has_none(error):
    assert channel_name(SimpleNamespace(name=raising(error(SECRET)))) == ""
    assert channel_name(SimpleNamespace(name=lambda: 7)) == ""
    assert channel_name(RestInput()) == "rest"


def test_no_library_stops_the_server():
    with pytest.raises(ChannelExit), contained():
        sys.exit(1)
