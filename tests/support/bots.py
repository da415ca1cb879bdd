"""Bots of other people: written into a folder, read by the importer, trained and asked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest import mock

import pytest
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train
from rasa.shared.core.events import ActionExecuted
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.utils.endpoints import EndpointConfig

from zendesk_handoff.importer import HandoffImporter

IMPORTER = "zendesk_handoff.HandoffImporter"
#: Trains in a second; good enough to tell a few intents apart.
LIGHT_PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "LogisticRegressionClassifier"},
]

#: Two bots of the folder ../shared: `make test` trains the smaller one, `make adoption` both.
TRAINED = [
    pytest.param("financial-demo", marks=pytest.mark.exhaustive),
    pytest.param("helpdesk-assistant"),
]


def write_bot(folder: Path, **files: Any) -> Path:
    """Write a bot's files, given as YAML values; ``domain__form`` is ``domain/form.yml``.

    Args:
        folder: The bot's folder.
        files: ``config``, ``domain`` and the like; everything else goes below ``data``.
    """
    for name, content in files.items():
        path = Path(*name.split("__")).with_suffix(".yml")
        if path.parts[0] not in {"config.yml", "domain.yml", "domain"}:
            path = Path("data") / path
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        target.write_text(text, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    return folder


def configuration(
    *policies: dict[str, Any] | str,
    language: str = "en",
    pipeline: list[dict[str, Any]] = LIGHT_PIPELINE,
    **options: Any,
) -> dict[str, Any]:
    """Write a configuration that names the importer.

    Args:
        policies: The policies, by their names or as blocks.
        language: The bot's language.
        pipeline: The components.
        options: The importer's.
    """
    return {
        "recipe": "default.v1",
        "assistant_id": "a-bot",
        "language": language,
        "importers": [{"name": IMPORTER, **options}],
        "pipeline": pipeline,
        "policies": [{"name": each} if isinstance(each, str) else each for each in policies],
    }


def nlu(**examples: list[str]) -> dict[str, Any]:
    """Write examples in the form of an NLU file."""
    return {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
            for intent, texts in examples.items()
        ],
    }


def rule(*steps: str, form: str | None = None, name: str = "") -> dict[str, Any]:
    """Write a rule: an action's name begins as Rasa's do, everything else is an intent."""
    found: dict[str, Any] = {"rule": name or " / ".join(steps), "steps": [_step(s) for s in steps]}
    return found if form is None else {"condition": [{"active_loop": form}], **found}


def story(*steps: str, name: str = "") -> dict[str, Any]:
    return {"story": name or " / ".join(steps), "steps": [_step(step) for step in steps]}


def _step(step: str) -> dict[str, Any]:
    if step.startswith("loop:"):
        return {"active_loop": step.removeprefix("loop:") or None}
    is_action = step.startswith(("utter_", "action_")) or step.endswith("_form")
    return {"action" if is_action else "intent": step}


def load(folder: Path) -> TrainingDataImporter:
    """Load the importer of a bot as Rasa does, with everything that Rasa puts around it."""
    return TrainingDataImporter.load_from_config(
        str(folder / "config.yml"), str(_domain(folder)), [str(folder / "data")]
    )


def importer_of(folder: Path) -> HandoffImporter:
    """Make the importer of a bot by itself."""
    return HandoffImporter(str(folder / "config.yml"), str(_domain(folder)), [str(folder / "data")])


def train_bot(folder: Path, **arguments: Any) -> str:
    """Train a bot, and return the model's path."""
    environment = {"RASA_TELEMETRY_ENABLED": "false", "RASA_CACHE_DIRECTORY": str(folder / ".rasa")}
    with mock.patch.dict(os.environ, environment):
        result = train(
            str(_domain(folder)),
            str(folder / "config.yml"),
            [str(folder / "data")],
            output=str(folder / "models"),
            # Glued stories teach nothing here, and cost most of the time.
            core_additional_arguments={"augmentation_factor": 0},
            **arguments,
        )
    assert result.code == 0
    assert result.model is not None
    return str(result.model)


def load_agent(model: str, *, actions: str | None = None) -> Agent:
    """Load a trained bot, without any channel.

    Args:
        model: Its path.
        actions: The action server's address.
    """
    endpoint = EndpointConfig(actions) if actions else None
    return Agent.load(model, action_endpoint=endpoint)


async def actions_after(agent: Agent, *texts: str, sender: str = "u@example.org") -> list[str]:
    """Say something to a bot, and list what it did after the last message."""
    for text in texts:
        tracker = await agent.tracker_store.get_or_create_tracker(sender)
        before = len(tracker.events)
        await agent.handle_text(text, sender_id=sender)
    tracker = await agent.tracker_store.retrieve(sender)
    events = list(tracker.events)[before:]
    done = [event.action_name for event in events if isinstance(event, ActionExecuted)]
    ignored = {"action_listen", "action_session_start", "action_extract_slots"}
    return [name for name in done if name not in ignored]


async def slot(agent: Agent, name: str, sender: str = "u@example.org") -> Any:
    tracker = await agent.tracker_store.retrieve(sender)
    return tracker.get_slot(name)


@contextmanager
def action_server(answer: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> Iterator[str]:
    """Run an action server whose actions all return the events of one function."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"events": answer(call), "responses": []}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhook"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _domain(folder: Path) -> Path:
    return folder / "domain" if (folder / "domain").is_dir() else folder / "domain.yml"
