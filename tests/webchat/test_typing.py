"""Agents' typing on the page: until it ends, a message comes, or some seconds have passed."""

from __future__ import annotations

import asyncio

import pytest

from zendesk_handoff.webchat import typing
from zendesk_handoff.webchat.typing import TypingAgents


@pytest.fixture
def told():
    return []


@pytest.fixture
def agents(told):
    return TypingAgents(told.append)


async def test_it_begins_and_ends(agents, told):
    agents.set("one", is_on=True)
    assert (agents.is_on("one"), agents.is_on("two")) == (True, False)
    agents.set("one", is_on=False)
    assert not agents.is_on("one")
    assert told == ["one", "one"]


async def test_an_end_without_a_beginning_tells_nobody(agents, told):
    agents.set("one", is_on=False)
    assert told == []


async def test_it_fades_by_itself(agents, told, monkeypatch):
    monkeypatch.setattr(typing, "FADES_AFTER", 0.001)
    faded = asyncio.Event()
    agents._notify = lambda sender: told.append(sender) or (len(told) == 2 and faded.set())
    agents.set("one", is_on=True)
    await asyncio.wait_for(faded.wait(), 60)
    assert not agents.is_on("one")


async def test_typing_that_goes_on_does_not_fade(agents, told):
    agents.set("one", is_on=True)
    agents._fade("one")
    assert agents.is_on("one") and told == ["one"]
