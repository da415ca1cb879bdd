"""Reading a model's archive: a real one, and files that are none."""

from __future__ import annotations

import gzip
import os
import tarfile
from contextlib import suppress
from datetime import timezone
from random import Random

import pytest

from tests.support.bot_folder import make_model
from tests.support.servers import MODEL
from zendesk_handoff.checks.archive import InvalidModel, newest_model, read_model


def test_a_model_that_rasa_has_trained():
    model = read_model(MODEL)
    assert model.id
    assert model.trained_at is not None
    assert model.trained_at.tzinfo is timezone.utc
    assert model.pipeline[0].name == "NLUMessageConverter"
    assert [each.name for each in model.pipeline][-2:] == [
        "HandoffRecognizer",
        "RegexMessageHandler",
    ]
    assert [each.name for each in model.policies] == [
        "RulePolicy",
        "AugmentedMemoizationPolicy",
        "FrustrationPolicy",
    ]
    assert {"action_human_handoff", "action_end_handoff"} <= model.names("actions")
    assert "human_handoff" in model.names("intents")
    forms = {each.form for each in model.rules if each.intent == "human_handoff"}
    assert {None, "return_form", "order_status_form"} <= forms


def test_an_intent_with_settings_is_an_intent(tmp_path):
    def change(metadata, rules):
        metadata["domain"]["intents"] = [{"human_handoff": {"use_entities": []}}, "greet"]

    model = read_model(make_model(tmp_path / "a.tar.gz", change))
    assert model.names("intents") == {"human_handoff", "greet"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        gzip.compress(b"no archive"),
        MODEL.read_bytes()[:1000],
        MODEL.read_bytes()[:-200_000],
    ],
    ids=["empty", "text", "gzip", "cut early", "cut late"],
)
def test_a_file_that_is_no_model(tmp_path, content):
    file = tmp_path / "x.tar.gz"
    file.write_bytes(content)
    with pytest.raises(InvalidModel):
        read_model(file)


@pytest.mark.parametrize(
    "change",
    [
        lambda metadata, rules: metadata.clear(),
        lambda metadata, rules: metadata.update(domain=None, predict_schema=[]),
        lambda metadata, rules: metadata["predict_schema"]["nodes"]["select_prediction"].clear(),
        lambda metadata, rules: rules.update({"no states": "action"}),
    ],
)
def test_an_archive_with_another_content(tmp_path, change):
    with pytest.raises(InvalidModel):
        read_model(make_model(tmp_path / "x.tar.gz", change))


def test_a_damaged_model(tmp_path):
    file, random = tmp_path / "x.tar.gz", Random(1)
    for _ in range(60):
        content = bytearray(MODEL.read_bytes())
        start = random.randrange(len(content))
        content[start : start + 500] = random.randbytes(500)
        file.write_bytes(content)
        with suppress(InvalidModel):  # the damage may be in a part that is not read
            read_model(file)


def test_an_archive_without_metadata_and_no_file(tmp_path):
    file = tmp_path / "x.tar.gz"
    tarfile.open(file, "w:gz").close()
    for none in (file, tmp_path / "missing.tar.gz", tmp_path):
        with pytest.raises(InvalidModel):
            read_model(none)


def test_the_newest_model_is_the_one_that_rasa_loads(tmp_path):
    assert newest_model(tmp_path) is None
    assert newest_model(tmp_path / "missing") is None
    older, newer = make_model(tmp_path / "z.tar.gz"), make_model(tmp_path / "a.tar.gz")
    (tmp_path / "notes.txt").touch()
    os.utime(older, (1, 1))
    assert newest_model(tmp_path) == newer
