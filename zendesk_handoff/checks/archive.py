"""Reading of a trained model's archive, without TensorFlow and without Rasa.

Rasa keeps the domain and the graph of components in ``metadata.json``, and the rules of the
RulePolicy in a file of that component.
"""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

#: Bytes of a file in the archive that are read at most. Rasa's own files are far smaller.
_MAX_BYTES = 256 * 1024 * 1024


#: What a file that is damaged, or none of Rasa's, leads to.
_UNREADABLE = (
    *(tarfile.TarError, zlib.error, EOFError, RecursionError),
    *(ValueError, KeyError, TypeError, AttributeError),
)


class InvalidModel(ValueError):
    """A file is no model of Rasa's, or of a Rasa with another layout."""


@dataclass(frozen=True)
class Component:
    """A component of the pipeline, or a policy.

    Args:
        path: The class, with its module.
        config: Its options; those that are Rasa's defaults may be absent.
    """

    path: str
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Rule:
    """A prediction of the RulePolicy: after these states comes this action.

    Args:
        states: The states in order, each as Rasa writes it.
        action: The action.
    """

    states: Sequence[Mapping[str, Any]]
    action: str

    @property
    def intent(self) -> str | None:
        """The intent of the message that the action answers."""
        return _text(self.states[-1].get("user"), "intent") if self.states else None

    @property
    def answers_at_once(self) -> bool:
        """Whether the action is the first one after the message."""
        last = self.states[-1] if self.states else {}
        return _text(last.get("prev_action"), "action_name") == "action_listen"

    def follows(self, action: str) -> bool:
        """Tell whether the action comes after another one, one message of the user later."""
        before = [_text(each.get("prev_action"), "action_name") for each in self.states[:-1]]
        return bool(before) and before[-1] == action

    @property
    def form(self) -> str | None:
        """The form that must be asking."""
        return _text(self.states[-1].get("active_loop"), "name") if self.states else None


@dataclass(frozen=True)
class Model:
    """What the plugin needs to know of a trained model.

    Args:
        file: The archive.
        id: Rasa's id of the model.
        trained_at: When the training ended.
        domain: The domain, as in ``domain.yml``.
        pipeline: The components that read a message, in order.
        policies: The policies, in order.
        rules: The rules; empty without a RulePolicy.
    """

    file: Path
    id: str
    trained_at: datetime | None
    domain: Mapping[str, Any]
    pipeline: Sequence[Component]
    policies: Sequence[Component]
    rules: Sequence[Rule]

    def names(self, section: str) -> frozenset[str]:
        """List the names in a section of the domain: ``intents``, ``actions``, ``slots`` …."""
        entries = self.domain.get(section) or ()
        return frozenset(
            next(iter(each)) if isinstance(each, Mapping) and each else str(each)
            for each in entries
        )

    def policy(self, name: str) -> Component | None:
        """Find a policy by its class, or by a class whose name ends with it."""
        return next((each for each in self.policies if each.name.endswith(name)), None)

    @property
    def has_flows_alone(self) -> bool:
        """Whether it is a bot of flows (Rasa Pro), in which no rule and no form works."""
        return self.policy("RulePolicy") is None and self.policy("FlowPolicy") is not None


def newest_model(folder: Path) -> Path | None:
    """Find the model that ``rasa run`` would load, as Rasa does: by the time of its file."""
    models = [each for each in folder.glob("*.tar.gz") if each.is_file()]
    return max(models, key=lambda each: each.stat().st_mtime, default=None)


def read_model(file: Path) -> Model:
    """Read a model.

    Args:
        file: The archive.

    Raises:
        InvalidModel: It is none, or cannot be read.
    """
    try:
        with tarfile.open(file, "r:gz") as archive:
            return _read(file, archive)
    except OSError as error:
        raise InvalidModel(error.strerror or "it is no archive") from None
    except _UNREADABLE:
        raise InvalidModel("it is not a model of Rasa's") from None


def _read(file: Path, archive: tarfile.TarFile) -> Model:
    metadata: Any = None
    rules: Mapping[str, str] = {}
    for member in archive:
        name = member.name.lstrip("/")
        if name == "metadata.json":
            metadata = _json(archive, member)
        elif name.endswith("/rule_policy.json"):
            rules = _json(archive, member)["lookup"].get("rules", {})
    nodes = metadata["predict_schema"]["nodes"]
    return Model(
        file=file,
        id=str(metadata.get("model_id") or ""),
        trained_at=_time(metadata.get("trained_at")),
        domain=metadata["domain"],
        pipeline=list(_pipeline(nodes, metadata.get("nlu_target"))),
        policies=list(_policies(nodes, metadata.get("core_target"))),
        rules=[Rule(_states(key), action) for key, action in rules.items()],
    )


def _states(key: str) -> list[Mapping[str, Any]]:
    return [each for each in json.loads(key) if isinstance(each, Mapping)]


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    opened = archive.extractfile(member)
    if opened is None or member.size > _MAX_BYTES:
        raise InvalidModel("it is not a model of Rasa's")
    return json.load(opened)


def _pipeline(nodes: Mapping[str, Any], last: str | None) -> Iterator[Component]:
    """Follow the message back from the last component, and yield the components in order."""
    names: list[str] = []
    while last is not None and last in nodes and last not in names:
        names.append(last)
        last = nodes[last]["needs"].get("messages")
    for name in reversed(names):
        yield _component(nodes[name])


def _policies(nodes: Mapping[str, Any], ensemble: str | None) -> Iterator[Component]:
    needs = nodes[ensemble]["needs"] if ensemble is not None and ensemble in nodes else {}
    for need, name in needs.items():
        if need.startswith("policy"):
            yield _component(nodes[name])


def _component(node: Mapping[str, Any]) -> Component:
    return Component(str(node["uses"]), node.get("config") or {})


def _text(values: Any, key: str) -> str | None:
    value = values.get(key) if isinstance(values, Mapping) else None
    return value if isinstance(value, str) else None


def _time(value: Any) -> datetime | None:
    """Read a time of Rasa's, which is in UTC and does not say so."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
