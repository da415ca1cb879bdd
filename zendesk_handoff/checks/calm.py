"""Checks of a CALM bot: its pipeline, and the flows that hand over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zendesk_handoff.checks.action_modules import HANDOFF
from zendesk_handoff.checks.calm_files import (
    GENERATOR,
    CalmBot,
    asks_model,
    read_calm_bot,
)
from zendesk_handoff.checks.finding import Finding, fine, listed, problem, warning

_CLASS = GENERATOR.rpartition(".")[2]
#: The flows that the generator starts unless its options name others.
_HANDOFF_FLOW, _OFFER_FLOW = "human_handoff", "human_handoff_offer"
_PATTERN, _CANNOT_HANDLE = "pattern_human_handoff", "pattern_cannot_handle"
#: The cure where the bot lacks what `init` brings.
INIT = "Run zendesk-handoff init, which adds what is missing, and then rasa train."


def check_calm(folder: Path) -> list[Finding]:
    """Check pipeline and flows.

    Args:
        folder: The bot's.
    """
    bot = read_calm_bot(folder)
    return [*check_pipeline(bot.pipeline), *_started(bot), *_flows(bot)]


def check_pipeline(pipeline: list[str]) -> Iterator[Finding]:
    """Check that the plugin's command generator stands before those that ask a language model.

    Args:
        pipeline: The classes in order, without their modules.
    """
    models = [each for each in pipeline if asks_model(each)]
    if _CLASS not in pipeline:
        cause = f"The pipeline has no {_CLASS}: every request for a person is the language model's."
        yield warning("command generator", cause, INIT)
    elif any(asks_model(each) for each in pipeline[: pipeline.index(_CLASS)]):
        cause = f"{_CLASS} comes behind {models[0]}, which is asked first, and wins."
        cure = f"Put it before {models[0]} in config.yml, then rasa train."
        yield problem("command generator", cause, cure)
    else:
        before = f", before {models[0]}" if models else ""
        yield fine("command generator", f"{_CLASS}{before}.")


def _started(bot: CalmBot) -> Iterator[Finding]:
    """Check that the flows are there that the command generator starts."""
    block = bot.generator
    if block is None:
        return
    offers, options = block.get("mode", "offer") == "offer", {}
    if block.get("recognizer", True) or not offers:
        options["flow"] = block.get("flow", _HANDOFF_FLOW)
    if offers:
        options["offer_flow"] = block.get("offer_flow", _OFFER_FLOW)
    for option, flow in options.items():
        if flow not in bot.flows:
            cause = f"{_CLASS} starts the flow {flow}, which the bot does not have."
            cure = f"Write the id of a flow that it has as `{option}` of {_CLASS} in config.yml."
            is_ours = flow in {_HANDOFF_FLOW, _OFFER_FLOW}
            yield problem("command generator", cause, INIT if is_ours else cure)


def _flows(bot: CalmBot) -> Iterator[Finding]:
    handing_over = sorted(
        flow
        for flow in bot.flows
        if not flow.startswith("pattern_") and bot.hands_over(flow, HANDOFF)
    )
    if not handing_over:
        cause = f"No flow runs {HANDOFF}: nobody can ask for a person."
        yield problem("flows", cause, INIT)
    else:
        yield fine("flows", f"{HANDOFF} is run by {listed(handing_over)}.")
    if not bot.hands_over(_PATTERN, HANDOFF):
        own = bot.flows.get(_PATTERN)
        says = f"{own.file} has a {_PATTERN} that" if own else f"Rasa's own {_PATTERN}"
        cause = f"{says} does not run {HANDOFF}: flows that link to it reach nobody."
        cure = f"Let it run action_handoff_metric and {HANDOFF}." if own else INIT
        yield problem("flows", cause, cure)
    repair = bot.flows.get(_CANNOT_HANDLE)
    if repair is not None and not any(bot.hands_over(each, HANDOFF) for each in repair.links):
        cause = f"{repair.file} has a {_CANNOT_HANDLE} that offers no person."
        cure = "Let it `link: human_handoff_offer` where the bot has no answer, if you want that."
        yield warning("flows", cause, cure)
