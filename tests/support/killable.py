"""A server that a test can kill wherever the world outside has just changed.

The I/O of the process is wrapped before the server starts, so that the product needs no hook for
it. Only what changes the world counts: a commit of the plugin's store, a save of Rasa's tracker, a
call over HTTP, and an answer to one. Between two of them the process has nothing but memory, which
dies with it, so a kill after each of them is a kill at every place.

``python -m tests.support.killable MODULE ARGUMENT…`` runs a module; a fork of Rasa calls ``main``.
"""

from __future__ import annotations

import os
import re
import runpy
import signal
import sys
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

#: The name of the process, before each of its places.
NAME_VARIABLE = "KILLABLE_NAME"
#: The folder with the two files.
FOLDER_VARIABLE = "KILLABLE_FOLDER"
#: Names the place at which a process kills itself, ``rasa: Outbox.add``, with how often it passes
#: there until then: ``#2``.
ARMED = "armed"
#: Collects the places that the processes pass, if it exists.
PASSED = "passed"

_WITHOUT_EFFECT = frozenset({"GET", "HEAD", "OPTIONS"})
_ABOVE = re.compile(r"^.*/v2/apps/[^/]+|^.*/api/v2(?=/tickets/)")
_ID = re.compile(r"(?<=/)(?=[^/]*\d)[\w-]{12,}(?=/|$)|(?<=/tickets/)\d+|<[^>]+>")


class Places:
    """Passes the places of this process: records them, and kills the process at one of them.

    Args:
        process: The name of the process.
        folder: The folder with the two files.
    """

    def __init__(self, process: str, folder: Path) -> None:
        self._process = process
        self._armed = folder / ARMED
        self._passed = folder / PASSED

    def pass_by(self, name: str) -> None:
        place = f"{self._process}: {name}"
        if self._passed.exists():
            with self._passed.open("a") as file:
                file.write(f"{place}\n")
        if not self._armed.exists():
            return
        armed, _, times = self._armed.read_text().partition("#")
        if armed != place:
            return
        if times in {"", "1"}:
            self._armed.unlink()  # so that the restarted process goes on
            os.kill(os.getpid(), signal.SIGKILL)
        self._armed.write_text(f"{armed}#{int(times) - 1}")


def wrap_store(places: Places) -> None:
    from zendesk_handoff.store.engine.database import Database

    write = Database.write_together

    @wraps(write)
    async def write_and_pass(self: Any, *arguments: Any, **options: Any) -> Any:
        name = _store_method(sys._getframe(1))
        result = await write(self, *arguments, **options)
        if result is None or result:  # False and an empty list mean that nothing was changed
            places.pass_by(name)
        return result

    Database.write_together = write_and_pass  # type: ignore[method-assign]


def wrap_calls(places: Places) -> None:
    import aiohttp

    request = aiohttp.ClientSession._request

    @wraps(request)
    async def request_and_pass(self: Any, method: str, url: Any, **options: Any) -> Any:
        # Where a channel judges the answer itself, the call is done before that.
        judge = options.get("raise_for_status")
        if callable(judge):
            options["raise_for_status"] = False
        response = await request(self, method, url, **options)
        if method.upper() not in _WITHOUT_EFFECT:
            places.pass_by(f"{method.upper()} {_without_ids(response.url.path)}")
        if callable(judge):
            await judge(response)
        return response

    aiohttp.ClientSession._request = request_and_pass  # type: ignore[method-assign]


def wrap_answers(places: Places) -> None:
    from sanic.response import BaseHTTPResponse

    send = BaseHTTPResponse.send

    @wraps(send)
    async def send_and_pass(self: Any, *arguments: Any, **options: Any) -> None:
        request = self.stream.request
        await send(self, *arguments, **options)
        if self.stream.send is None and request.method not in _WITHOUT_EFFECT:
            route = request.uri_template if request.route else request.path
            places.pass_by(f"answer to {request.method} {_without_ids(route)}")

    BaseHTTPResponse.send = send_and_pass


def wrap_tracker_store(places: Places) -> None:
    from rasa.core.tracker_store import SQLTrackerStore

    save = SQLTrackerStore.save

    @wraps(save)
    async def save_and_pass(self: Any, tracker: Any) -> None:
        await save(self, tracker)
        if tracker.events:  # Rasa saves an empty tracker when it looks for one
            places.pass_by("SQLTrackerStore.save")

    SQLTrackerStore.save = save_and_pass


def _store_method(frame: FrameType | None) -> str:
    """Name the method of the store that writes, as its caller outside the store knows it."""
    found: FrameType | None = None
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("zendesk_handoff.store."):
            if not module.startswith("zendesk_handoff.store.engine."):
                found = frame
        elif found is not None:
            break
        frame = frame.f_back
    assert found is not None, "a write past the store's methods"
    owner = found.f_locals.get("self")
    name = found.f_code.co_name
    return name if owner is None else f"{type(owner).__name__}.{name}"


def _without_ids(path: str) -> str:
    return _ID.sub("{id}", _ABOVE.sub("", path))


def main() -> None:
    """Wrap the I/O, and run the module that the command line names."""
    process = os.environ[NAME_VARIABLE]
    places = Places(process, Path(os.environ[FOLDER_VARIABLE]))
    wrap_store(places)
    wrap_calls(places)
    wrap_answers(places)
    if process == "rasa":
        wrap_tracker_store(places)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    del sys.argv[0]
    main()
