"""Bots that have a request for a person of their own, read by the importer and trained."""

from __future__ import annotations

import shutil

import pytest
import yaml
from rasa.shared.core.domain import Domain

from tests.support.bots import (
    IMPORTER,
    TRAINED,
    action_server,
    actions_after,
    configuration,
    importer_of,
    load,
    load_agent,
    train_bot,
)
from tests.support.shared import needs_shared
from tools.paths import SHARED

BOTS = SHARED / "data" / "bots"
REQUEST = "/human_handoff"
#: A form of each, and what starts it.
FORMS = {
    "financial-demo": ("transfer_money_form", "/transfer_money"),
    "helpdesk-assistant": ("open_incident_form", "/open_incident"),
}

pytestmark = needs_shared("data/bots/*/config.yml")


def copy(bot, folder, **options):
    """Copy a bot without its pipeline, which needs spaCy, Duckling and minutes."""
    shutil.copytree(BOTS / bot, folder, dirs_exist_ok=True)
    config = configuration("RulePolicy", "AugmentedMemoizationPolicy", pipeline=[], **options)
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    return folder


@pytest.mark.parametrize("bot", ["financial-demo", "helpdesk-assistant"])
def test_what_the_bot_has_wins_and_is_reported(bot, tmp_path):
    importer = importer_of(copy(bot, tmp_path))
    own = Domain.load(str(tmp_path / "domain.yml")).responses
    joined = importer.get_domain().responses
    assert {name: joined[name] for name in own} == own
    assert "A person is asked for" not in [rule["rule"] for rule in importer.rules()]
    found = importer.collisions()
    assert found
    for collision in found:
        assert "action_human_handoff is not run" in collision.cause
        assert "handoff.yml" in collision.cause
        assert "replace: true" in collision.cure


@pytest.mark.parametrize("bot", TRAINED)
async def test_the_bot_trains_and_answers_the_request_as_before(bot, tmp_path):
    agent = load_agent(train_bot(copy(bot, tmp_path)))
    done = await actions_after(agent, REQUEST)
    assert done[:2] == ["utter_ask_handoff", "action_handoff_options"]
    angry = "this is ridiculous, your answers are useless, what a joke"
    assert await actions_after(agent, angry, sender="b") == ["utter_handoff_offer"]
    assert await actions_after(agent, "/affirm", sender="b") == ["action_human_handoff"]


@pytest.mark.parametrize("bot", TRAINED)
async def test_with_replace_the_request_hands_over_also_out_of_a_form(bot, tmp_path):
    form, start = FORMS[bot]
    folder = copy(bot, tmp_path, replace=True)
    assert importer_of(folder).collisions() == []
    model = train_bot(folder)
    with action_server(lambda call: []) as actions:
        agent = load_agent(model, actions=actions)
        assert await actions_after(agent, REQUEST) == ["action_human_handoff"]
        assert form in await actions_after(agent, start, sender="b")
        done = await actions_after(agent, REQUEST, sender="b")
        assert done == ["action_deactivate_loop", "action_human_handoff"]


@pytest.mark.parametrize("bot", ["financial-demo", "helpdesk-assistant"])
def test_their_own_configuration_gets_only_our_lines(bot, tmp_path):
    shutil.copytree(BOTS / bot, tmp_path, dirs_exist_ok=True)
    config = yaml.safe_load((tmp_path / "config.yml").read_text())
    with_ours = {**config, "importers": [{"name": IMPORTER}]}
    (tmp_path / "config.yml").write_text(yaml.safe_dump(with_ours))
    found = load(tmp_path).get_config()
    assert found["pipeline"][:-1] == config["pipeline"]
    assert found["pipeline"][-1] == {"name": "zendesk_handoff.nlu.HandoffRecognizer"}
    assert found["policies"][:-1] == config["policies"]
