"""A server of Rasa's own parts without a model: app, channels, agent and processor.

    python -m tests.support.bot_server PORT CREDENTIALS ENDPOINTS [PROCESSOR]

It is what a Rasa server is around its engine (`tests.support.engine`), and needs no licence on Rasa
Pro. PROCESSOR is the dotted name of another processor class.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path

import yaml
from rasa.core.channels.channel import register
from rasa.core.run import _create_single_channel
from rasa.server import create_app
from rasa.utils.endpoints import EndpointConfig

from tests.support.engine import make_agent


def main(port: str, credentials: str, endpoints: str, processor: str = "") -> None:
    """Serve until the process is stopped."""
    blocks = yaml.safe_load(Path(credentials).read_text())
    action_endpoint = EndpointConfig(
        **yaml.safe_load(Path(endpoints).read_text())["action_endpoint"]
    )
    agent = make_agent(action_endpoint=action_endpoint)
    if processor:
        module, _, name = processor.rpartition(".")
        agent.processor = getattr(import_module(module), name)(agent)
    app = create_app(agent)
    register([_create_single_channel(*each) for each in blocks.items()], app, route="/webhooks/")
    options = {"host": "127.0.0.1", "port": int(port), "access_log": False}
    if "single_process" in inspect.signature(app.run).parameters:
        options["single_process"] = True  # as Rasa Pro runs one server
    app.run(**options)


if __name__ == "__main__":
    main(*sys.argv[1:])
