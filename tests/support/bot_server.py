"""A server of Rasa's own parts without a model: app, channels, agent and processor.

    python -m tests.support.bot_server PORT CREDENTIALS ENDPOINTS [--processor NAME] [--inspect]

It is what a Rasa server is around its engine (`tests.support.engine`), and needs no licence on Rasa
Pro. NAME is the dotted name of another processor class. With --inspect the channels are wrapped as
by Rasa Pro's `rasa run --inspect`.
"""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from inspect import signature
from pathlib import Path

import yaml
from rasa.core import run
from rasa.core.channels.channel import register
from rasa.core.run import _create_single_channel
from rasa.server import create_app
from rasa.utils.endpoints import EndpointConfig

from tests.support.engine import make_agent


def main(port: int, credentials: Path, endpoints: Path, processor: str, inspect: bool) -> None:
    """Serve until the process is stopped."""
    blocks = yaml.safe_load(credentials.read_text())
    action_endpoint = EndpointConfig(**yaml.safe_load(endpoints.read_text())["action_endpoint"])
    agent = make_agent(action_endpoint=action_endpoint)
    if processor:
        module, _, name = processor.rpartition(".")
        agent.processor = getattr(import_module(module), name)(agent, action_endpoint)
    app = create_app(agent)
    channels = [_create_single_channel(*each) for each in blocks.items()]
    if inspect:
        channels = run._wrap_channels_for_inspection(
            channels, voice=False, server_url=None, legacy=False
        )
    register(channels, app, route="/webhooks/")
    options = {"host": "127.0.0.1", "port": port, "access_log": False}
    if "single_process" in signature(app.run).parameters:
        options["single_process"] = True  # as Rasa Pro runs one server
    app.run(**options)


if __name__ == "__main__":
    parser = ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("credentials", type=Path)
    parser.add_argument("endpoints", type=Path)
    parser.add_argument("--processor", default="")
    parser.add_argument("--inspect", action="store_true")
    main(**vars(parser.parse_args()))
