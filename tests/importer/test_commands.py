"""Rasa's other ways into an importer: NLU or dialogue alone, finetuning, validation."""

from __future__ import annotations

import json
import tarfile

import pytest
from rasa.model_training import train_core, train_nlu
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.validator import Validator

from tests.support.bots import (
    actions_after,
    configuration,
    load,
    load_agent,
    nlu,
    rule,
    train_bot,
    write_bot,
)

REQUEST = "can I speak to a real person please"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_bot(
        tmp_path_factory.mktemp("bot"),
        config=configuration("MemoizationPolicy", examples=True),
        domain={
            "version": "3.1",
            "intents": ["greet", "affirm", "deny"],
            "responses": {"utter_greet": [{"text": "Hi!"}]},
        },
        nlu=nlu(greet=["hello", "hey"], affirm=["yes", "sure"], deny=["no", "never"]),
        rules={
            "version": "3.1",
            "rules": [rule(intent, "utter_greet") for intent in ("greet", "affirm", "deny")],
        },
    )


@pytest.fixture(scope="module")
def model(folder):
    return train_bot(folder)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RASA_CACHE_DIRECTORY", str(tmp_path / ".rasa"))
    monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "false")


def schema_of(model):
    """Read the graph for prediction out of a model, which says where each class is from."""
    with tarfile.open(model) as archive:
        metadata = json.load(archive.extractfile("metadata.json"))
    return {name: node["uses"] for name, node in metadata["predict_schema"]["nodes"].items()}


def test_the_trained_model_names_the_seam_itself(model):
    uses = schema_of(model)
    assert uses["select_prediction"] == "zendesk_handoff.rasa.prediction.HandoffEnsemble"
    assert uses["run_RulePolicy1"] == "zendesk_handoff.rasa.prediction.RulePolicy"


async def test_nlu_alone(folder, tmp_path):
    config, data = str(folder / "config.yml"), str(folder / "data")
    model = train_nlu(config, data, str(tmp_path), domain=str(folder / "domain.yml"))
    found = await load_agent(model).parse_message(REQUEST)
    assert found["intent"]["name"] == "human_handoff"
    assert "select_prediction" not in schema_of(model)


async def test_dialogue_alone(folder, tmp_path):
    paths = [str(folder / name) for name in ("domain.yml", "config.yml", "data")]
    model = train_core(*paths, output=str(tmp_path))
    assert await actions_after(load_agent(model), "/human_handoff") == ["action_human_handoff"]


async def test_finetuning(folder, model, tmp_path):
    again = train_bot(folder, model_to_finetune=model, finetuning_epoch_fraction=0.5)
    assert again != model
    assert await actions_after(load_agent(again), REQUEST) == ["action_human_handoff"]


def test_validation_finds_nothing(folder, recwarn):
    validator = Validator.from_importer(load(folder))
    assert validator.verify_nlu(ignore_warnings=False)
    assert validator.verify_actions_in_stories_rules()
    assert validator.verify_story_structure(ignore_warnings=False)
    assert validator.verify_forms_in_stories_rules()
    assert not [str(each.message) for each in recwarn if "handoff" in str(each.message)]


def test_the_core_and_nlu_importers_of_rasa(folder):
    paths = [str(folder / "config.yml"), str(folder / "domain.yml"), [str(folder / "data")]]
    nlu_alone = TrainingDataImporter.load_nlu_importer_from_config(*paths)
    assert nlu_alone.get_domain().is_empty()
    assert nlu_alone.get_stories().is_empty()
    core = TrainingDataImporter.load_core_importer_from_config(*paths)
    assert "human_handoff" in core.get_domain().intents


def test_reading_twice_gives_the_same(folder):
    one, two = load(folder), load(folder)
    assert one.get_domain().fingerprint() == two.get_domain().fingerprint()
    assert one.get_nlu_data().fingerprint() == two.get_nlu_data().fingerprint()
    assert one.get_stories().fingerprint() == two.get_stories().fingerprint()
    assert one.get_config() == two.get_config()
