"""Output channels of input channels whose code raises, blocks or returns something else."""

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

from tests.support.platforms.telegram import LocalTelegramInput, block, telegram_api
from zendesk_handoff.errors import ChannelExit
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name, exit_as_error

SECRET = "token 123:abc"


class Output(OutputChannel):
    """An output channel without methods of its own."""


class Recording(InputChannel):
    """Records the threads in which ``get_output_channel`` is called."""

    def __init__(self, make_output=Output):
        self.threads = []
        self.make_output = make_output

    @classmethod
    def name(cls):
        return "recording"

    def get_output_channel(self):
        self.threads.append(threading.current_thread())
        return self.make_output()


class Nameless(InputChannel):
    @classmethod
    def name(cls):
        raise RuntimeError(SECRET)


def outputs_of(*channels, **limits):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=list(channels)))
    return OutputChannels(app, **limits)


def raising(error):
    def make_output():
        raise error

    return make_output


def running_a_loop():
    async def set_webhook():
        return Output()

    return asyncio.run(set_webhook())


async def coroutine():
    return Output()


def test_listing_channels_without_push_calls_no_code_of_theirs():
    channel = Recording(raising(RuntimeError(SECRET)))
    outputs = outputs_of(channel, Nameless(), RestInput(), object())
    assert outputs.without_push() == ["Nameless", "RestInput", "object"]
    assert channel.threads == []


async def test_a_channel_is_called_once_and_in_a_thread():
    channel = Recording()
    outputs = outputs_of(Nameless(), channel)
    first, second = await asyncio.gather(outputs.find("recording"), outputs.find("recording"))
    assert isinstance(first, Output) and second is first
    assert await outputs.find("recording") is first
    [thread] = channel.threads
    assert thread is not threading.current_thread()


async def test_a_channel_may_run_its_own_event_loop():
    assert isinstance(await outputs_of(Recording(running_a_loop)).find("recording"), Output)


async def test_a_channel_may_need_the_servers_event_loop():
    class Session(Output):
        def __init__(self):
            self.session = aiohttp.ClientSession()

    output = await outputs_of(Recording(Session)).find("recording")
    assert isinstance(output, Session)
    await output.session.close()


@pytest.mark.parametrize(
    ("make_output", "error"),
    [
        (raising(ConnectionError(SECRET)), "ConnectionError"),
        (raising(RuntimeError("This event loop is already running")), "RuntimeError"),
        (raising(asyncio.CancelledError()), "CancelledError"),
        (lambda: sys.exit(SECRET), "SystemExit"),
        (lambda: None, "NoneType"),
        (lambda: "an output channel", "TypeError"),
    ],
)
async def test_a_failure_is_reported_once_and_retried(make_output, error):
    channel = Recording(make_output)
    outputs = outputs_of(channel, retry_after=0.0)
    with structlog.testing.capture_logs() as logs:
        assert await outputs.find("recording") is None
        calls = len(channel.threads)
        assert await outputs.find("recording") is None
        assert len(channel.threads) == 2 * calls
        channel.make_output = Output
        assert isinstance(await outputs.find("recording"), Output)
    [line] = logs
    assert (line["event"], line["channel"]) == ("handoff.channel.no_output", "recording")
    assert line["error"] == error
    assert SECRET not in str(logs)


async def test_a_failed_channel_is_not_called_again_at_once():
    channel = Recording(raising(ConnectionError(SECRET)))
    outputs = outputs_of(channel)
    assert await outputs.find("recording") is None
    assert await outputs.find("recording") is None
    assert len(channel.threads) == 1


@pytest.mark.filterwarnings("ignore:coroutine 'coroutine' was never awaited")
async def test_a_coroutine_is_not_an_output_channel():
    with structlog.testing.capture_logs() as logs:
        assert await outputs_of(Recording(coroutine)).find("recording") is None
    assert logs[0]["error"] == "TypeError"
    gc.collect()  # here, where the warning is ignored


async def test_a_blocked_channel_does_not_block_the_server():
    release = threading.Event()

    def make_output():
        release.wait()
        return Output()

    channel = Recording(make_output)
    outputs = outputs_of(channel, time_limit=0.05, retry_after=0.0)
    try:
        with structlog.testing.capture_logs() as logs:
            assert await outputs.find("recording") is None
            assert await outputs.find("recording") is None
        assert [each["error"] for each in logs] == ["TimeoutError"]
        assert len(channel.threads) == 1, "no second thread is blocked beside the first"
        assert channel.threads[0].daemon, "the server must be able to stop"
    finally:
        release.set()
    await asyncio.to_thread(channel.threads[0].join)
    assert isinstance(await outputs.find("recording"), Output)


async def test_a_forgotten_output_channel_is_replaced():
    outputs = outputs_of(Recording())
    first = await outputs.find("recording")
    outputs.forget("recording")
    assert await outputs.find("recording") is not first


async def test_a_collecting_output_channel_is_not_reused():
    outputs = outputs_of(CallbackInput(EndpointConfig("http://127.0.0.1:9/")))
    first, second = await outputs.find("callback"), await outputs.find("callback")
    assert isinstance(first, CollectingOutputChannel) and second is not first


# The channel leaves its session open; uvloop does not close while that warning is an error.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_telegrams_webhook_is_set_only_once():
    async with telegram_api() as api:
        channel = LocalTelegramInput.from_credentials(block(api.url))
        outputs = outputs_of(channel)
        output = await outputs.find("telegram")
        assert isinstance(output, TelegramOutput)
        assert await outputs.find("telegram") is output
        assert api.calls == ["setwebhook"]
        await output.session.close()
        del output, outputs, channel
        gc.collect()  # here, where the warning is ignored


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_a_channel_whose_name_raises_has_an_empty_name(error):
    assert channel_name(SimpleNamespace(name=raising(error(SECRET)))) == ""
    assert channel_name(SimpleNamespace(name=lambda: 7)) == ""
    assert channel_name(RestInput()) == "rest"


def test_sys_exit_becomes_an_error():
    with pytest.raises(ChannelExit), exit_as_error():
        sys.exit(1)
