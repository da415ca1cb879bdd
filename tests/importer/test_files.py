"""The additions as files: read without the importer they make the same bot."""

from __future__ import annotations

import shutil
from difflib import unified_diff
from pathlib import Path

import pytest
import yaml
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter

from tests.support.bots import IMPORTER, LIGHT_PIPELINE, TRAINED, nlu, rule, write_bot
from tests.support.shared import needs_shared
from tools.paths import SHARED
from zendesk_handoff.importer import HandoffImporter, bot_files

SLOT = {"type": "text", "mappings": [{"type": "from_text"}]}
FORM = {"required_slots": ["size"], "ignored_intents": ["greet"]}
STOCK = """\
# The config recipe.
recipe: default.v1
language: de   # Deutsch

pipeline:
# # No configuration for the NLU pipeline was provided.
#   - name: WhitespaceTokenizer

policies:
# # No configuration for policies was provided.
"""
DOMAIN = """\
version: "3.1"

intents:
  - greet   # hello
session_config:
  session_expiration_time: 60

forms:
  pizza_form:
    required_slots:
      - size
slots:
  size: {type: text, mappings: [{type: from_text}]}
responses:
  utter_ask_size:
  - text: "Wie groß? 🙂"
"""


def stock(folder):
    return write_bot(
        folder,
        config=STOCK,
        domain=DOMAIN,
        nlu=nlu(greet=["hallo", "moin"]),
        rules={"version": "3.1", "rules": [rule("greet", "utter_ask_size")]},
    )


def with_folder(folder):
    return write_bot(
        folder,
        config={"language": "en", "pipeline": LIGHT_PIPELINE, "policies": [{"name": "TEDPolicy"}]},
        domain__a={"version": "3.1", "intents": ["greet", "affirm"], "actions": ["action_x"]},
        domain__b__forms={"version": "3.1", "slots": {"size": SLOT}, "forms": {"p_form": FORM}},
        nlu=nlu(greet=["hello"], affirm=["yes"]),
    )


def with_importer(folder):
    own = {"name": IMPORTER, "frustration": "off", "examples": True}
    config = {"importers": [own], "pipeline": LIGHT_PIPELINE, "policies": [{"name": "RulePolicy"}]}
    return write_bot(folder, config=config, domain={"version": "3.1", "intents": ["greet"]})


def own(folder: Path) -> dict[str, str]:
    files = bot_files(folder)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return files


def paths_of(folder: Path):
    domain = folder / "domain" if (folder / "domain").is_dir() else folder / "domain.yml"
    return str(folder / "config.yml"), str(domain), [str(folder / "data")]


def steps(importer: TrainingDataImporter):
    return sorted(
        (step.block_name, [str(event) for event in step.events])
        for step in importer.get_stories().story_steps
    )


def examples(importer: TrainingDataImporter):
    return sorted((m.get("intent"), m.get("text")) for m in importer.get_nlu_data().intent_examples)


def check_same(folder: Path) -> dict[str, str]:
    before = HandoffImporter(*paths_of(folder))
    domain, lines = before.get_domain(), before.config_lines()
    expected = (steps(before), examples(before))
    files = own(folder)
    after = RasaFileImporter(*paths_of(folder))
    assert after.get_domain().fingerprint() == domain.fingerprint()
    assert (steps(after), examples(after)) == expected
    config = after.get_config()
    assert {key: config[key] for key in lines} == lines
    assert not [each for each in config.get("importers") or [] if each["name"] == IMPORTER]
    return files


@pytest.mark.parametrize("make", [stock, with_folder, with_importer])
def test_the_files_make_the_same_bot(make, tmp_path):
    check_same(make(tmp_path))


@pytest.mark.parametrize("make", [stock, with_folder])
def test_a_bot_that_has_everything_gets_nothing(make, tmp_path):
    own(make(tmp_path))
    assert bot_files(tmp_path) == {}


def test_comments_order_and_words_of_the_bot_stay(tmp_path):
    files = check_same(stock(tmp_path))
    assert set(files) == {
        "config.yml",
        "domain.yml",
        "data/zendesk_handoff/rules.yml",
        "data/zendesk_handoff/nlu.yml",
    }
    for own_text, path in ((STOCK, "config.yml"), (DOMAIN, "domain.yml")):
        lost = [line for line in unified_diff(own_text.splitlines(), files[path].splitlines())]
        assert [line for line in lost[2:] if line.startswith("-")] == []


def test_a_domain_folder_gets_a_file_of_its_own(tmp_path):
    files = check_same(with_folder(tmp_path))
    assert set(files) == {
        "config.yml",
        "domain/zendesk_handoff.yml",
        "domain/b/forms.yml",
        "data/zendesk_handoff/rules.yml",
        "data/zendesk_handoff/nlu.yml",
    }
    form = yaml.safe_load(files["domain/b/forms.yml"])["forms"]["p_form"]
    assert form == {"required_slots": ["size"], "ignored_intents": ["greet", "human_handoff"]}


@needs_shared("data/bots/*/config.yml")
@pytest.mark.parametrize("bot", TRAINED)
def test_the_files_make_the_same_bot_of_others(bot, tmp_path):
    shutil.copytree(SHARED / "data" / "bots" / bot, tmp_path, dirs_exist_ok=True)
    check_same(tmp_path)
