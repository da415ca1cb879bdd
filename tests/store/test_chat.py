"""The chat page's history in the store, on both databases."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("last_id", [2**31, 2**53, 10**18 - 1])
async def test_after_an_id_that_no_item_can_have_there_is_nothing(store, last_id):
    await store.chat.add("page", {"role": "bot", "text": "hello"})
    assert await store.chat.after("page", last_id) == []
