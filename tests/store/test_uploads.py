"""Files of the chat page: stored once, together with their messages, within the quota."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest

from tests.support.names import SENDERS
from tests.support.store import store_upload
from zendesk_handoff.errors import LimitReached
from zendesk_handoff.settings import LimitSettings
from zendesk_handoff.store.uploads import NewUpload, upload_id

MEGABYTE = bytes(1024 * 1024)
LIMITS = LimitSettings(upload_files=3, upload_megabytes=2, stored_files=5, stored_megabytes=3)


def new(request_id, data=b"x", sender="jo"):
    return NewUpload(
        id=upload_id(sender, request_id),
        name="a.png",
        media_type="image/png",
        content=io.BytesIO(data),
        request_id=request_id,
        body={"role": "user"},
        work={"text": ""},
    )


@pytest.mark.parametrize("sender", SENDERS)
async def test_a_file_is_stored_once_with_its_message(store, sender):
    files = [new("m", b"first", sender), new("m:1", b"second", sender)]
    items = await store.uploads.add(sender, files, LIMITS)
    assert [each.id for each in await store.chat.unhandled(sender)] == items
    for _ in range(2):
        assert await store.uploads.is_known(sender, "m")
        assert await store.uploads.add(sender, files, LIMITS) == []
    assert (await store.chat.upload(files[1].id, sender_id=sender)).data == b"second"
    assert await store.chat.upload(files[1].id, sender_id="another") is None
    assert not await store.uploads.is_known("another", "m")


async def refused(store, sender, *files):
    with pytest.raises(LimitReached) as caught:
        await store.uploads.add(sender, files, LIMITS)
    assert not await store.uploads.is_known(sender, files[0].request_id)
    return caught.value.limit


async def test_number_and_size_of_one_conversation_and_of_all(store):
    for number in range(2):
        await store_upload(store, "jo", b"x", id=str(number), limits=LIMITS)
    assert await refused(store, "jo", new("a"), new("b")) == "upload_files"
    await store_upload(store, "jo", MEGABYTE, id="2", limits=LIMITS)
    assert await refused(store, "mo", new("c", MEGABYTE * 3)) == "upload_megabytes"
    await store_upload(store, "mo", MEGABYTE, limits=LIMITS)
    assert await refused(store, "bo", new("d", MEGABYTE * 2)) == "stored_megabytes"
    await store_upload(store, "bo", b"x", limits=LIMITS)
    assert await refused(store, "ko", new("e")) == "stored_files"
    with pytest.raises(LimitReached):
        await store.uploads.check("ko", LIMITS, files=1, size=1)
    await store.uploads.check("ko", replace(LIMITS, stored_files=None), files=1, size=1)


async def test_files_that_arrive_together_do_not_exceed_the_quota(store):
    adding = (store.uploads.add("jo", [new(str(n))], LIMITS) for n in range(20))
    results = await asyncio.gather(*adding, return_exceptions=True)
    assert sum(isinstance(each, list) for each in results) == LIMITS.upload_files


async def test_messages_that_wait_are_limited_and_a_known_one_is_not_refused(store):
    async def add(number):
        item = {"role": "user"}
        return await store.chat.add("jo", item, request_id=f"m{number}", work={}, max_waiting=3)

    results = [await add(number) for number in range(3)]
    assert None not in results
    with pytest.raises(LimitReached):
        await add(3)
    assert await add(0) is None
    waiting = await store.chat.unhandled("jo")
    await store.chat.finish_work(waiting[0].id)
    assert await add(11)
    with pytest.raises(LimitReached):
        await add(12)
