"""The lines of the plugin in a bot's pipeline and policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException, RasaException

from zendesk_handoff.checks.calm_files import makes_commands
from zendesk_handoff.importer.options import NAME, REQUEST, Options

RECOGNIZER = "zendesk_handoff.nlu.HandoffRecognizer"
FRUSTRATION = "zendesk_handoff.policies.FrustrationPolicy"

Lines = list[dict[str, Any]]


def complete_config(config: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Add the plugin's lines to a configuration that lacks them.

    Where ``pipeline`` or ``policies`` have no value, or name only the plugin's own components,
    Rasa's own defaults come first: naming one line must not cost a bot those that Rasa would have
    chosen. An empty list is a decision, and stays: the bot has no NLU, or no dialogue.

    Args:
        config: The bot's own.
        options: The importer's.

    Raises:
        InvalidConfigException: The recipe is not Rasa's default one, or the bot has no intents.
    """
    recipe = config.get("recipe") or DefaultV1Recipe.name
    if recipe != DefaultV1Recipe.name:
        raise InvalidConfigException(
            f"The recipe {recipe!r} in config.yml describes its own graph, to which no component "
            f"can be added from outside. Use the recipe {DefaultV1Recipe.name}, or add {RECOGNIZER}"
            ", RulePolicy and the plugin's rules by hand: see docs/importer.md."
        )
    own = [str(line.get("name")) for line in config.get("pipeline") or []]
    if own and all(map(makes_commands, own)):
        raise InvalidConfigException(
            f"The bot in config.yml has flows and no intents, for which {NAME} is made. Take it "
            "out of `importers`, and run `zendesk-handoff init`, which brings flows: "
            "docs/rasa-pro.md."
        )
    defaults = DefaultV1Recipe.complete_config({}, {"pipeline", "policies"})
    found = dict(deepcopy(config))
    for key, add in (("pipeline", _complete_pipeline), ("policies", _complete_policies)):
        lines = found.get(key)
        if lines is None or (lines and all(_is_ours(line) for line in lines)):
            lines = [*deepcopy(defaults[key]), *(lines or [])]
        found[key] = add(lines, options) if lines else []
    return found


def offers_a_person(config: Mapping[str, Any]) -> bool:
    """Tell whether the FrustrationPolicy of a completed configuration makes offers."""
    return any(
        line.get("mode", "offer") == "offer"
        for line in config["policies"]
        if _has_name(line, FRUSTRATION)
    )


def recognizes(config: Mapping[str, Any]) -> bool:
    """Tell whether the pipeline of a completed configuration has the recogniser."""
    return any(_has_name(line, RECOGNIZER) for line in config["pipeline"])


def _complete_pipeline(lines: Sequence[dict[str, Any]], options: Options) -> Lines:
    """Add the recogniser at the end, behind every classifier."""
    if not options.recognizer or any(_has_name(line, RECOGNIZER) for line in lines):
        return list(lines)
    return [*lines, {"name": RECOGNIZER, **_intent(options)}]


def _complete_policies(lines: Sequence[dict[str, Any]], options: Options) -> Lines:
    found = list(lines)
    if not any(_is_rule_policy(line["name"]) for line in found):
        # The bot has lived without a fallback so far: only the rules are added.
        found.append({"name": "RulePolicy", "enable_fallback_prediction": False})
    if options.frustration != "off" and not any(_has_name(line, FRUSTRATION) for line in found):
        found.append({"name": FRUSTRATION, "mode": options.frustration, **_intent(options)})
    return found


def _intent(options: Options) -> dict[str, str]:
    return {} if options.intent == REQUEST else {"intent": options.intent}


def _is_ours(line: Mapping[str, Any]) -> bool:
    return any(_has_name(line, name) for name in (RECOGNIZER, FRUSTRATION))


def _has_name(line: Mapping[str, Any], name: str) -> bool:
    """Tell whether a line names a component of ours, by whichever of its paths."""
    return str(line.get("name")).rpartition(".")[2] == name.rpartition(".")[2]


def _is_rule_policy(name: str) -> bool:
    """Tell whether a policy is Rasa's RulePolicy, or a bot's own that extends it."""
    if name == RulePolicy.__name__:
        return True
    find: Callable[[str], Any] = DefaultV1Recipe._from_registry
    try:
        return issubclass(find(name).clazz, RulePolicy)
    except (RasaException, ImportError, AttributeError):
        return False  # Rasa reports a component that is not there
