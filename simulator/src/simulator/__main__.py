"""Command line: `zendesk-simulator` or `python -m simulator`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from . import other_bot
from .clock import Clock
from .config import DEMO, read_config
from .server import Server
from .setup import add_app
from .state import State


def main() -> int:
    """Read the command line, serve until a signal, return the exit status."""
    parser = argparse.ArgumentParser(description="A local Zendesk.")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, default=DEMO, help="YAML with the apps")
    parser.add_argument(
        "--frozen", action="store_true", help="stop the clock (see POST /sim/clock)"
    )
    parser.add_argument(
        "--other-bot",
        action="store_true",
        help=f"add a second bot to the accounts with a switchboard: `{other_bot.NAME}`",
    )
    options = parser.parse_args()
    try:
        apps = read_config(options.config)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return asyncio.run(_serve(options, apps))


async def _serve(options: argparse.Namespace, apps: list[dict[str, object]]) -> int:
    state = State(clock=Clock(frozen=options.frozen))
    try:
        for description in apps:
            add_app(state, description)
    except (ValueError, TypeError, KeyError) as error:
        sys.stderr.write(f"{options.config}: {error}\n")
        return 2
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = Server(state, host=options.host, port=options.port)
    try:
        url = await server.start()
    except OSError as error:
        sys.stderr.write(f"Cannot listen on {options.host}:{options.port}: {error.strerror}\n")
        return 1
    if options.other_bot:
        other_bot.add(state, url)
    sys.stdout.write(f"Simulator listening on {url}\n")
    sys.stdout.flush()
    await stop.wait()
    await server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
