"""A bot's folder on which every offline check is fine, and models with what is wrong in them."""

from __future__ import annotations

import copy
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.paths import MODEL

SECRET = "a-webhook-secret-that-is-long-enough"
KEY_SECRET = "a-key-secret-that-nobody-may-read-anywhere"


@dataclass
class BotFolder:
    """The files of a bot; ``write`` writes them as they are now.

    Args:
        folder: Where.
        files: The YAML files, by name.
    """

    folder: Path
    files: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        connector = {
            "subdomain": "your-company",
            "app_id": "64b0c0ffee0000000000a001",
            "key_id": "app_64b0c0ffee0000000000b001",
            "key_secret": KEY_SECRET,
            "webhook_secret": SECRET,
            "base_url": "http://127.0.0.1:9/sc",
        }
        block = {
            "public_url": "http://127.0.0.1:9",
            "store_url": f"sqlite:///{self.folder / 'handoff.db'}",
            "connectors": {"support": connector},
        }
        self.files = {
            "credentials.yml": {"rest": None, "zendesk_handoff.channels.ZendeskInput": block},
            "config.yml": {
                "language": "en",
                "importers": [{"name": "zendesk_handoff.HandoffImporter"}],
            },
            "endpoints.yml": {"action_endpoint": {"url": "http://127.0.0.1:9/webhook"}},
        }

    @property
    def block(self) -> dict[str, Any]:
        """The plugin's block."""
        found: dict[str, Any] = self.files["credentials.yml"][
            "zendesk_handoff.channels.ZendeskInput"
        ]
        return found

    @property
    def connector(self) -> dict[str, Any]:
        """The connector's block."""
        found: dict[str, Any] = self.block["connectors"]["support"]
        return found

    @property
    def credentials(self) -> Path:
        """The credentials file."""
        return self.folder / "credentials.yml"

    def write(self) -> Path:
        """Write all files, and a model if there is none; return the credentials file."""
        for name, content in self.files.items():
            (self.folder / name).write_text(yaml.safe_dump(content))
        actions = self.folder / "actions" / "__init__.py"
        if not actions.exists():
            actions.parent.mkdir()
            actions.write_text("from zendesk_handoff.actions import ActionHumanHandoff\n")
        if not (self.folder / "models").exists():
            self.train()
        return self.credentials

    def train(self, change: Callable[[dict[str, Any], dict[str, str]], None] | None = None) -> Path:
        """Make a model of the demo bot's, after a change of its metadata and its rules."""
        return make_model(self.folder / "models" / "model.tar.gz", change)


def make_model(
    file: Path, change: Callable[[dict[str, Any], dict[str, str]], None] | None = None
) -> Path:
    """Write a model's archive, as Rasa does, with the demo bot's metadata and rules.

    Args:
        file: The archive.
        change: Changes the metadata, and the rules by their states.
    """
    metadata, policy = copy.deepcopy(parts_of(MODEL))
    metadata["trained_at"] = str(
        datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=1)
    )
    if change is not None:
        change(metadata, policy["lookup"]["rules"])
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as archive:
        _add(archive, "components/train_RulePolicy0/rule_policy.json", policy)
        _add(archive, "metadata.json", metadata)
    return file


@cache
def parts_of(model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the metadata and the RulePolicy's file of a real model."""
    with tarfile.open(model) as archive:
        names = {name.lstrip("/"): name for name in archive.getnames()}
        found = [
            json.load(
                archive.extractfile(next(names[each] for each in names if each.endswith(end)))
            )  # type: ignore[arg-type]
            for end in ("metadata.json", "rule_policy.json")
        ]
    return found[0], found[1]


def nodes_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """The graph of a model."""
    nodes: dict[str, Any] = metadata["predict_schema"]["nodes"]
    return nodes


def without_policy(metadata: dict[str, Any], name: str) -> None:
    """Take a policy out of a model."""
    nodes = nodes_of(metadata)
    needs = nodes["select_prediction"]["needs"]
    for need, node in list(needs.items()):
        if need.startswith("policy") and nodes[node]["uses"].endswith(name):
            del needs[need]


def with_component(metadata: dict[str, Any], uses: str, *, before: str, **config: Any) -> None:
    """Put a component into a model's pipeline, before another one."""
    nodes = nodes_of(metadata)
    after = next(name for name, node in nodes.items() if node["uses"].endswith(before))
    message = nodes[after]["needs"]["messages"]
    nodes["run_added"] = {"uses": uses, "config": config, "needs": {"messages": message}}
    nodes[after]["needs"]["messages"] = "run_added"


def _add(archive: tarfile.TarFile, name: str, content: Any) -> None:
    data = json.dumps(content).encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))
