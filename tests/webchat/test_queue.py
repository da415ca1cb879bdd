"""The queue: messages reach the bot in order, under their keys, until they have been handled."""

from __future__ import annotations

import asyncio

import structlog

from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.history import user_item
from zendesk_handoff.webchat.output import WebChatOutput
from zendesk_handoff.webchat.queue import MessageQueue

SENDER = "webchat-1"


class Bot:
    """Rasa's side: it takes messages, and fails when told to."""

    def __init__(self, store):
        self.messages = []
        self.failures = []
        self.error = None
        self.called = asyncio.Event()
        executor = SerialExecutor(lambda _: None, self.failed)
        self.queue = MessageQueue(executor, self.on_new_message, WebChatOutput(lambda: store))
        self.finish = executor.finish

    async def on_new_message(self, message):
        self.messages.append(message)
        self.called.set()
        if self.error:
            raise self.error

    async def failed(self, *arguments):
        self.failures.append(arguments)


async def add(store, text):
    work = {"text": text, "metadata": {"name": "Jo"}}
    return await store.chat.add(
        SENDER, user_item(text, request_id=text), request_id=text, work=work
    )


async def test_unhandled_messages_come_in_order_and_older_ones_are_marked(store):
    bot = Bot(store)
    ids = [await add(store, text) for text in ("first", "second")]
    await bot.queue.dispatch(store, SENDER, new=ids[1])
    await bot.finish(timeout=60)
    assert [each.text for each in bot.messages] == ["first", "second"]
    assert [each.message_id for each in bot.messages] == [f"webchat:{each}" for each in ids]
    assert [each.metadata["handoff_again"] for each in bot.messages] == [True, False]
    assert {each.metadata["name"] for each in bot.messages} == {"Jo"}
    assert await store.chat.unhandled(SENDER) == []


async def test_a_place_is_kept_until_it_is_handled(store):
    bot = Bot(store)
    work = {"text": "My location", "metadata": {}, "place": [52.5, 13.4]}
    item = user_item("My location", request_id="p")
    await store.chat.add(SENDER, item, request_id="p", work=work)
    await add(store, "and words")
    await bot.queue.dispatch(store, SENDER)
    await bot.finish(timeout=60)
    assert [each.place for each in bot.messages] == [Place(52.5, 13.4), None]


async def test_the_bot_begins_once_the_pages_show_the_message(store):
    bot, order = Bot(store), []

    async def show(sender_id):
        order.append((sender_id, len(bot.messages)))

    executor = SerialExecutor(lambda _: None, bot.failed)
    queue = MessageQueue(executor, bot.on_new_message, WebChatOutput(lambda: store), show=show)
    new = await add(store, "first")
    await queue.dispatch(store, SENDER, new=new)
    await executor.finish(timeout=60)
    assert order == [(SENDER, 0)] and len(bot.messages) == 1


async def test_a_message_that_failed_is_reported_and_stays(store):
    bot = Bot(store)
    bot.error = ValueError("private")
    item_id = await add(store, "first")
    with structlog.testing.capture_logs() as lines:
        await bot.queue.dispatch(store, SENDER, new=item_id)
        await bot.finish(timeout=60)
    assert bot.failures == [(SENDER, item_id)]
    assert "private" not in str(lines)
    assert [each.id for each in await store.chat.unhandled(SENDER)] == [item_id]


async def test_a_handled_message_is_no_failure_when_the_store_is_away(store, monkeypatch):
    bot = Bot(store)
    item_id = await add(store, "first")

    async def unavailable(_):
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(store.chat, "finish_work", unavailable)
    with structlog.testing.capture_logs() as lines:
        await bot.queue.dispatch(store, SENDER, new=item_id)
        await bot.finish(timeout=60)
    assert bot.failures == []
    assert [each["event"] for each in lines] == ["handoff.webchat.store_unavailable"]


async def test_the_sweep_survives_any_error_and_submits_what_was_left(store, monkeypatch):
    bot = Bot(store)
    await add(store, "left")
    unhandled, errors = store.chat.unhandled, [StoreUnavailable("away"), ValueError("private")]

    async def flaky(**_):
        if errors:
            raise errors.pop(0)
        return await unhandled(older_than=0)

    monkeypatch.setattr(store.chat, "unhandled", flaky)
    queue = MessageQueue(
        SerialExecutor(lambda _: None, bot.failed),
        bot.on_new_message,
        WebChatOutput(lambda: store),
        sweep_interval=0,
    )
    with structlog.testing.capture_logs() as lines:
        sweep = asyncio.create_task(queue.sweep_forever(store))
        await bot.called.wait()
        sweep.cancel()
    assert bot.messages[0].metadata["handoff_again"] is True
    assert [each["event"] for each in lines] == [
        "handoff.webchat.store_unavailable",
        "handoff.task.broken",
    ]
    assert "private" not in str(lines)
