"""Waiting for events at a bot's webhook target."""

from __future__ import annotations

from simulator import Simulator

from .bot import Bot, Json


async def last(sim: Simulator, bot: Bot, type_: str, *, count: int = 1) -> Json:
    """Wait for events of a type; return the payload of the last one."""
    await sim.wait_for_delivery(type=type_, count=count)
    return dict(bot.of_type(type_)[-1]["payload"])
