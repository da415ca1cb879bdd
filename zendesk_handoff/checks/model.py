"""Checks of the trained model: what the plugin needs of it, and what keeps users from agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from zendesk_handoff.checks.action_modules import END, HANDOFF
from zendesk_handoff.checks.archive import InvalidModel, Model, newest_model, read_model
from zendesk_handoff.checks.calm import INIT, check_pipeline
from zendesk_handoff.checks.finding import Finding, fine, listed, problem, skipped, warning
from zendesk_handoff.checks.forms import check_forms
from zendesk_handoff.domain.responses import OFFER

INTENT = "human_handoff"
SLOTS = ("handoff_status", "handoff_reason", "handoff_end_reason", "workspace")
#: One more with ``learn: summary``.
LEARNED_SLOT = "handoff_outcome"
IMPORTER_LINE = "`importers: [{name: zendesk_handoff.HandoffImporter}]` in config.yml"
#: The cure where the bot lacks what the importer brings.
_ADD = f"Write {IMPORTER_LINE}, then train again (rasa train)."
_TRAIN = "Train again: rasa train"
_TRAIN_WITH_IMPORTER = "Train again with HandoffImporter, which brings it (rasa train)."
_RECOGNISER, _FALLBACK = "HandoffRecognizer", "FallbackClassifier"
_FRUSTRATION, _RULES, _FLOWS = "FrustrationPolicy", "RulePolicy", "FlowPolicy"
#: Rasa's default priorities of the policies (Rasa: `rasa.core.constants`), and ours.
_PRIORITIES = {_RULES: 6, _FRUSTRATION: 7}
#: Files and folders that a training reads, beside ``data``.
_SOURCES = ("config.yml", "domain.yml", "domain", "data")


def check_model(
    folder: Path,
    model: Path | None = None,
    *,
    has_importer: bool = False,
    intent: str | None = None,
    learns: bool = False,
) -> tuple[list[Finding], Model | None]:
    """Check the model that the server would load.

    Args:
        folder: The bot's.
        model: A model, or a folder of models; ``models`` in the bot's folder by default.
        has_importer: Whether ``config.yml`` names the plugin's importer.
        intent: The intent of the request for a person, if ``config.yml`` names one.
        learns: Whether the settings have ``learn: summary``.

    Returns:
        The findings, and the model if it can be read.
    """
    where = model or folder / "models"
    file = where if where.is_file() else newest_model(where)
    if file is None:
        cause = f"There is no model in {where}."
        return [problem("model", cause, "Train one: rasa train")], None
    try:
        found = read_model(file)
    except InvalidModel as error:
        return [problem("model", f"{file} cannot be read: {error}.", _TRAIN)], None
    contents = check_contents(found, has_importer=has_importer, intent=intent, learns=learns)
    return [_age(found, folder), *contents], found


def check_contents(
    model: Model,
    *,
    has_importer: bool = False,
    intent: str | None = None,
    learns: bool = False,
) -> list[Finding]:
    """Check what is in a model.

    Args:
        model: The model.
        has_importer: Whether the next training has the plugin's importer.
        intent: The intent of the request for a person, if it is known.
        learns: Whether the settings have ``learn: summary``.
    """
    intent = intent or intent_of(model)
    is_calm = model.policy(_FLOWS) is not None
    add = INIT if is_calm else _TRAIN_WITH_IMPORTER if has_importer else _ADD
    slots = (*SLOTS, LEARNED_SLOT) if learns else SLOTS
    found = [*_actions(model, add), *_slots(model, add, slots)]
    if is_calm:
        found += check_pipeline([each.name for each in model.pipeline])
        if model.policy(_RULES) is None:
            return found
    return [
        *found,
        *_policies(model),
        *_intent(model, intent, add),
        *_recogniser(model),
        *_answers(model, add),
        *check_forms(model, intent, add),
    ]


def _age(model: Model, folder: Path) -> Finding:
    newer = [] if model.trained_at is None else sorted(_newer(folder, model.trained_at))
    if not newer:
        return fine("model", f"{model.file}")
    names = listed(str(each.relative_to(folder)) for each in newer)
    return warning("model", f"{model.file} is older than {names}.", _TRAIN)


def _newer(folder: Path, than: datetime) -> Iterator[Path]:
    for source in _SOURCES:
        path = folder / source
        files = path.rglob("*.yml") if path.is_dir() else [path]
        for file in files:
            if file.is_file():
                changed = datetime.fromtimestamp(file.stat().st_mtime, timezone.utc)
                if changed > than:
                    yield file


def _actions(model: Model, add: str) -> Iterator[Finding]:
    known = model.names("actions")
    missing = [each for each in (HANDOFF, END) if each not in known]
    if missing:
        cause = f"The domain lacks {listed(missing)}: the bot cannot hand over."
        yield problem("actions", cause, add)
    else:
        yield fine("actions", f"{HANDOFF} and {END} are in the domain.")


def _slots(model: Model, add: str, needed: Sequence[str]) -> Iterator[Finding]:
    missing = [each for each in needed if each not in model.names("slots")]
    if missing:
        cause = f"Not in the domain: {listed(missing)}. What is told there is not recorded."
        yield warning("slots", cause, add)
    else:
        yield fine("slots", f"{listed(needed)} are in the domain.")


def _policies(model: Model) -> Iterator[Finding]:
    """S4, S5: without rules, a request for a person and a "yes" to the offer are not heard."""
    rules, frustration = model.policy(_RULES), model.policy(_FRUSTRATION)
    if rules is None:
        cause = (
            "The model has no RulePolicy: the request for a person and the answer to the offer "
            "are not heard."
        )
        cure = "Add `- name: RulePolicy` to the policies in config.yml, then rasa train."
        yield problem("policies", cause, cure)
        return
    if frustration is None:
        cause = "RulePolicy; without FrustrationPolicy, users get a person only if they ask."
        yield fine("policies", cause)
        return
    above, below = (
        int(policy.config.get("priority") or _PRIORITIES[name])
        for policy, name in ((frustration, _FRUSTRATION), (rules, _RULES))
    )
    if above <= below:
        cause = (
            f"FrustrationPolicy has the priority {above}, and RulePolicy {below}: where a rule "
            "applies, a frustrated user is not seen."
        )
        cure = f"Give FrustrationPolicy `priority: {below + 1}` in config.yml, then rasa train."
        yield problem("policies", cause, cure)
        return
    mode = frustration.config.get("mode", "offer")
    yield fine("policies", f"RulePolicy, and above it FrustrationPolicy in mode {mode}.")


def _intent(model: Model, name: str, add: str) -> Iterator[Finding]:
    if model.policy(_RULES) is None:
        return
    rules = [each for each in model.rules if each.intent == name and each.answers_at_once]
    first = {each.action for each in rules if each.form is None}
    if name not in model.names("intents"):
        cause = f"The domain lacks the intent {name}: nobody can ask for a person."
        yield problem("request for a person", cause, add)
    elif not first:
        cause = f"No rule answers the intent {name}: the request for a person is not heard."
        yield problem("request for a person", cause, add)
    elif HANDOFF not in first:  # several, where the rules have conditions
        own = " or ".join(sorted(first))
        cause = f"A rule of the bot's own answers the intent {name} with {own} first."
        cure = f"See that {HANDOFF} comes after it."
        yield warning("request for a person", cause, cure)
    else:
        yield fine("request for a person", f"The intent {name} hands over, by a rule.")


def intent_of(model: Model) -> str:
    """Find the intent of the request for a person, which the recogniser may call otherwise."""
    for component in model.pipeline:
        if component.name == _RECOGNISER and component.config.get("intent"):
            return str(component.config["intent"])
    return INTENT


def _recogniser(model: Model) -> Iterator[Finding]:
    names = [each.name for each in model.pipeline]
    if _RECOGNISER not in names:
        cause = "The pipeline has no HandoffRecognizer: the intent is as good as its examples."
        yield skipped("recogniser", cause)
        return
    after = names[names.index(_RECOGNISER) + 1 :]
    later = [each for each in after if each.endswith("Classifier") and each != _FALLBACK]
    if later:
        cause = f"{listed(later)} comes after HandoffRecognizer, and overwrites what it finds."
        cure = "Put HandoffRecognizer behind it in config.yml, then rasa train."
        yield problem("recogniser", cause, cure)
    else:
        yield fine("recogniser", "HandoffRecognizer, behind the pipeline's classifiers.")


def _answers(model: Model, add: str) -> Iterator[Finding]:
    """Check that "yes" and "no" to the offer have an effect."""
    frustration = model.policy(_FRUSTRATION)
    if frustration is None or model.policy(_RULES) is None:
        return
    if frustration.config.get("mode", "offer") != "offer":
        yield skipped("answer to the offer", "FrustrationPolicy hands over without an offer.")
        return
    after = [each for each in model.rules if each.follows(OFFER) and each.answers_at_once]
    yes = sorted({str(each.intent) for each in after if each.action == HANDOFF})
    no = sorted({str(each.intent) for each in after if each.action != HANDOFF})
    if not yes:
        cause = f"No rule hands over after {OFFER}: a “yes” to the offer is not heard."
        yield problem("answer to the offer", cause, add)
    elif not no:
        cause = f"No rule answers a “no” after {OFFER}."
        yield warning("answer to the offer", cause, add)
    else:
        yield fine("answer to the offer", f"Yes: {listed(yes)}. No: {listed(no)}.")
