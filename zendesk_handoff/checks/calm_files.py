"""The files of a CALM bot of Rasa Pro, as far as a handover needs to know them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zendesk_handoff.checks.yaml_file import File, read_file

GENERATOR = "zendesk_handoff.calm.HandoffCommandGenerator"
#: The engine whose bots are described by this file, and which cannot be paused.
MANTLE_FILE = "agent.yml"
#: The component that makes commands of intents. Other generators ask a language model.
_ADAPTER = "NLUCommandAdapter"
_FLOW_POLICY = "FlowPolicy"
#: What a model is trained from (Rasa: ``rasa train --data``).
_DATA = "data"
#: The domain that a model is trained from (Rasa: ``rasa train --domain``): the first that is there.
_DOMAINS = ("domain.yml", "domain")
_SUFFIXES = (".yml", ".yaml")


@dataclass(frozen=True)
class Flow:
    """A flow of the bot's.

    Args:
        id: Its id.
        file: The file that has it.
        actions: The actions that its steps run.
        links: The flows that its steps link to or call.
    """

    id: str
    file: Path
    actions: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CalmBot:
    """A CALM bot.

    Args:
        config: Its ``config.yml``.
        flows: Its flows by id, without those that Rasa has itself.
        domain: The names in each section of its domain.
    """

    config: Mapping[str, Any]
    flows: Mapping[str, Flow] = field(default_factory=dict)
    domain: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def language(self) -> str | None:
        """The bot's language."""
        language = self.config.get("language")
        return language if isinstance(language, str) else None

    @property
    def generator(self) -> Mapping[str, Any] | None:
        """The block of the plugin's command generator in the pipeline."""
        lines = self.config.get("pipeline")
        for each in lines if isinstance(lines, list) else ():
            if isinstance(each, Mapping) and _class(str(each.get("name"))) == _class(GENERATOR):
                return each
        return None

    @property
    def pipeline(self) -> list[str]:
        """The classes of the pipeline, in order, without their modules."""
        return [_class(name) for name in _names(self.config, "pipeline")]

    def hands_over(self, flow: str, action: str) -> bool:
        """Tell whether a flow runs an action, by itself or by flows that it links to.

        Args:
            flow: Its id.
            action: The action's name.
        """
        seen: set[str] = set()
        waiting = [flow]
        while waiting:
            found = self.flows.get(waiting.pop())
            if found is None or found.id in seen:
                continue
            if action in found.actions:
                return True
            seen.add(found.id)
            waiting += found.links
        return False


def is_calm(folder: Path) -> bool:
    """Tell whether a bot has flows of Rasa Pro's: by its policies, and by what makes commands.

    Args:
        folder: The bot's.
    """
    config = read_file(folder / "config.yml").content
    policies = {_class(name) for name in _names(config, "policies")}
    return _FLOW_POLICY in policies or any(map(makes_commands, _names(config, "pipeline")))


def makes_commands(name: str) -> bool:
    """Tell whether a component of a pipeline makes commands.

    Args:
        name: Its name, as in ``config.yml``.
    """
    return asks_model(name) or _class(name) in {_ADAPTER, _class(GENERATOR)}


def asks_model(name: str) -> bool:
    """Tell whether a component of a pipeline asks a language model for commands.

    Args:
        name: Its name, as in ``config.yml``.
    """
    return _class(name).endswith("CommandGenerator") and _class(name) != _class(GENERATOR)


def read_calm_bot(folder: Path) -> CalmBot:
    """Read a CALM bot. A file that cannot be read is left out: Rasa reports it.

    Args:
        folder: The bot's.
    """
    flows: dict[str, Flow] = {}
    for file in _files(folder / _DATA):
        with suppress(RecursionError):  # an anchor inside of itself
            for flow in _flows(file):
                flows.setdefault(flow.id, flow)
    domain: dict[str, set[str]] = {}
    for file in _files(domain_of(folder)):
        for section, entries in file.content.items():
            domain.setdefault(str(section), set()).update(_keys(entries))
    names = {section: frozenset(found) for section, found in domain.items()}
    return CalmBot(read_file(folder / "config.yml").content, flows, names)


def domain_of(folder: Path) -> Path:
    """Find the domain of a bot: a file, or a folder; where there is none, the file to be made.

    Args:
        folder: The bot's.
    """
    places = [folder / name for name in _DOMAINS]
    return next((each for each in places if each.exists()), places[0])


def _flows(file: File) -> Iterator[Flow]:
    entries = file.content.get("flows")
    for name, flow in entries.items() if isinstance(entries, Mapping) else ():
        steps = list(_steps(flow.get("steps") if isinstance(flow, Mapping) else None))
        yield Flow(
            str(name),
            file.path,
            frozenset(str(each["action"]) for each in steps if each.get("action")),
            frozenset(
                str(each[kind]) for each in steps for kind in ("link", "call") if each.get(kind)
            ),
        )


def _steps(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield all steps below a value, those of branches included."""
    if isinstance(value, Mapping):
        yield value
        for key in ("next", "then", "else"):
            yield from _steps(value.get(key))
    elif isinstance(value, list):
        for each in value:
            yield from _steps(each)


def _files(place: Path) -> Iterator[File]:
    found: Iterable[Path] = [place] if place.is_file() else sorted(place.rglob("*"))
    for path in found:
        if path.suffix in _SUFFIXES and path.is_file():
            yield read_file(path)


def _names(config: Mapping[str, Any], section: str) -> list[str]:
    lines = config.get(section)
    return [
        str(each.get("name") if isinstance(each, Mapping) else each)
        for each in (lines if isinstance(lines, list) else ())
    ]


def _class(name: str) -> str:
    return name.rpartition(".")[2]


def _keys(entries: Any) -> set[str]:
    """List the names in a section of a domain, which is a mapping, or a list with some mappings."""
    if isinstance(entries, Mapping):
        return set(map(str, entries))
    items = entries if isinstance(entries, list) else ()
    return {str(next(iter(each), "")) if isinstance(each, Mapping) else str(each) for each in items}
