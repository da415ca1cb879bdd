"""Run the demo: simulator, action server and Rasa server under honcho, until Ctrl-C.

python -m tools.demo
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from honcho.environ import parse, parse_procfile
from honcho.manager import Manager

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
CHAT = "http://127.0.0.1:5005/webhooks/webchat/"
AGENT = "http://127.0.0.1:8090/"
PORTS = {"simulator": 8090, "action server": 5055, "Rasa server": 5005}


def check_ports() -> None:
    """Check that the demo's ports are free: the servers' own errors are easy to miss in their logs.

    Raises:
        SystemExit: Another process listens on one of the ports.
    """
    for name, port in PORTS.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                sys.exit(f"Port {port}, which the demo's {name} needs, is taken. Free it first.")


def announce() -> None:
    """Wait until all servers answer, and print the pages to open."""
    pages = [(5005, "/webhooks/webchat/"), (8090, "/"), (5055, "/health")]
    while not all(_answers(port, path) for port, path in pages):
        time.sleep(0.3)
    rule = "=" * 64
    sys.stdout.write(
        f"\n{rule}\n  The demo is ready. Open these two pages side by side:\n\n"
        f"    you, the customer   {CHAT}\n"
        f"    the agent           {AGENT}\n\n"
        f"  A customer on Zendesk's own channels, account acme-messaging:\n\n"
        f"                        {AGENT}user\n\n"
        f"  Ask the bot for an order, then for a human. Ctrl-C stops all.\n{rule}\n\n"
    )
    sys.stdout.flush()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> None:
    """Start all servers, and stop all when one of them stops."""
    check_ports()
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",  # see also quiet_rasa.py
        **parse((FOLDER / "demo.env").read_text()),
    }
    manager = Manager()
    for name, command in parse_procfile((FOLDER / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    sys.stdout.write("Starting; the first time takes about half a minute …\n")
    threading.Thread(target=announce, daemon=True).start()
    manager.loop()
    stopped_by_hand = manager.returncode == 128 + signal.SIGINT
    sys.exit(0 if stopped_by_hand else manager.returncode)  # otherwise make reports an error


if __name__ == "__main__":
    main()
