"""Settings and store of an action server, opened once per event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from zendesk_handoff.settings import Settings, load_settings
from zendesk_handoff.store import Store, open_store


@dataclass(frozen=True)
class Resources:
    """The objects that an action server keeps open between two actions.

    Args:
        settings: The plugin's settings, without the keys that only the Rasa server needs.
        store: The store, open.
    """

    settings: Settings
    store: Store


_settings: dict[asyncio.AbstractEventLoop, Settings] = {}
_tasks: dict[asyncio.AbstractEventLoop, asyncio.Task[Resources]] = {}


def read_settings_once() -> Settings:
    """Read the settings, once per event loop; a failure is not kept.

    Raises:
        SettingsError: The settings cannot be used.
    """
    loop = asyncio.get_running_loop()
    if loop not in _settings:
        _settings[loop] = load_settings(for_actions=True)
    return _settings[loop]


async def open_resources() -> Resources:
    """Read the settings and open the store, once per event loop.

    A failure is not kept: the next action tries again.

    Raises:
        SettingsError: The settings cannot be used.
        StoreUnavailable: The database did not answer.
    """
    loop = asyncio.get_running_loop()
    task = _tasks.get(loop)
    if task is None or (task.done() and (task.cancelled() or task.exception())):
        task = _tasks[loop] = loop.create_task(_open())
    return await asyncio.shield(task)  # one cancelled action must not cancel the others' opening


async def _open() -> Resources:
    settings = read_settings_once()
    return Resources(settings, await open_store(settings.store_url))
