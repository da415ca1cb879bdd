"""Start the plugin's runtime of a Rasa server without the bot, and print time and memory.

    python -m benchmarks.speed.starter STORE_URL API_URL

No session was reconciled recently, so that all of them are.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from types import SimpleNamespace

from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store import open_store

from .stage import block

#: Seconds during which memory is observed.
_LENGTH = 4.0


async def start(store_url: str, api_url: str) -> None:
    """Open the store, start the workers, and wait until the loop is free again."""
    settings = read_settings(block(store_url, api_url))
    app = SimpleNamespace(ctx=SimpleNamespace(agent=None, input_channels=[]))
    began = time.perf_counter()
    store = await open_store(store_url)
    runtime = Runtime(store, settings, Bot(app, InHand(store.signals)))
    runtime.start()
    # The first poll is done, and a user's message can be routed.
    await store.work.find(now=time.time())
    await store.sessions.current("somebody")
    seconds = time.perf_counter() - began
    await asyncio.sleep(_LENGTH)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    await runtime.stop()
    await store.close()
    print(json.dumps({"seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    asyncio.run(start(sys.argv[1], sys.argv[2]))
