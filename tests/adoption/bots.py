"""Bots of other people, into which the plugin is put: one function each writes a bot's folder."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.constants import DEFAULT_ACTION_NAMES
from ruamel.yaml import YAML

from tests.adopt.shapes import STOCK
from tests.support.shared import needs_shared
from tools.paths import SHARED

#: A pipeline that trains in seconds, where the bot's own is not the point of a test.
LIGHT: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "LogisticRegressionClassifier"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


@dataclass(frozen=True)
class Bot:
    """A bot, and what is said to it.

    Args:
        name: For the test's id.
        make: Writes its folder.
        talk: A conversation with it: messages, each with the response of its own that follows.
        options: Options of `init` that it needs.
        train: How it is trained.
        wish: A request for a person, at the end of the conversation.
        started: Part of what the user hears when the agents have been reached.
        marks: Of its tests.
    """

    name: str
    make: Callable[[Path], None]
    talk: tuple[tuple[str, str], ...]
    options: str = ""
    train: str = "rasa train --quiet"
    wish: str = "I want to talk to a human"
    started: str = "connected you with our team"
    marks: tuple[Any, ...] = ()


def _stock(folder: Path) -> None:
    """Write what ``rasa init`` writes: ``pipeline`` and ``policies`` are empty."""
    shutil.copytree(STOCK, folder, ignore=shutil.ignore_patterns("__pycache__"))


def _stock_light(folder: Path) -> None:
    _stock(folder)
    config = folder / "config.yml"
    head = config.read_text().partition("pipeline:")[0]
    config.write_text(head + yaml.safe_dump({"pipeline": LIGHT}) + "policies:\n")


def _folder_and_ted(folder: Path) -> None:
    """Write a domain in three files, and stories for TED without a RulePolicy."""
    _stock(folder)
    domain = yaml.safe_load((folder / "domain.yml").read_text())
    (folder / "domain.yml").unlink()
    for key in ("intents", "responses", "session_config"):
        _write(folder / "domain" / f"{key}.yml", {"version": "3.1", key: domain[key]})
    config = {
        "recipe": "default.v1",
        "assistant_id": "a-domain-in-a-folder",
        "language": "en",
        "pipeline": LIGHT,
        "policies": [
            {"name": "MemoizationPolicy"},
            {"name": "TEDPolicy", "max_history": 5, "epochs": 20},
        ],
    }
    _write(folder / "config.yml", config)
    (folder / "data" / "rules.yml").unlink()


def _german(folder: Path) -> None:
    """Write a bot in German, whose form takes whatever the user writes."""
    (folder / "actions").mkdir(parents=True)
    (folder / "actions" / "__init__.py").touch()
    config = {
        "recipe": "default.v1",
        "assistant_id": "werkstatt",
        "language": "de",
        "pipeline": LIGHT,
        "policies": [{"name": "RulePolicy"}],
    }
    _write(folder / "config.yml", config)
    (folder / "credentials.yml").write_text("rest:\n")
    (folder / "endpoints.yml").write_text('# action_endpoint:\n#   url: "http://localhost:5055/"\n')
    domain = {
        "version": "3.1",
        "intents": ["gruss", "schaden", "zusage", "absage"],
        "slots": {
            "schaden": {
                "type": "text",
                "influence_conversation": False,
                "mappings": [
                    {
                        "type": "from_text",
                        "conditions": [
                            {"active_loop": "schaden_form", "requested_slot": "schaden"}
                        ],
                    }
                ],
            }
        },
        "forms": {"schaden_form": {"required_slots": ["schaden"]}},
        "responses": {
            "utter_gruss": [{"text": "Guten Tag, hier ist die Werkstatt."}],
            "utter_ask_schaden": [{"text": "Was ist kaputt?"}],
            "utter_notiert": [{"text": "Notiert: {schaden}"}],
        },
    }
    _write(folder / "domain.yml", domain)
    examples = {
        "gruss": ["hallo", "guten tag", "moin", "guten morgen", "servus"],
        "schaden": ["ich möchte einen schaden melden", "schaden melden", "etwas ist kaputt"],
        "zusage": ["ja", "ja bitte", "gerne", "okay"],
        "absage": ["nein", "nein danke", "lieber nicht", "auf keinen fall"],
    }
    nlu = [
        {"intent": intent, "examples": "".join(f"- {each}\n" for each in said)}
        for intent, said in examples.items()
    ]
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})
    rules = [
        {"rule": "Gruß", "steps": [{"intent": "gruss"}, {"action": "utter_gruss"}]},
        {
            "rule": "Schaden melden",
            "steps": [
                {"intent": "schaden"},
                {"action": "schaden_form"},
                {"active_loop": "schaden_form"},
            ],
        },
        {
            "rule": "Schaden notieren",
            "condition": [{"active_loop": "schaden_form"}],
            "steps": [
                {"action": "schaden_form"},
                {"active_loop": None},
                {"action": "utter_notiert"},
            ],
        },
    ]
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})


def _shared(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        """Copy a bot of the evaluation data, which needs neither spaCy nor Duckling then."""
        shutil.copytree(SHARED / "data" / "bots" / name, folder)
        for each in (folder, *folder.rglob("*")):  # the originals may be read-only
            each.chmod(each.stat().st_mode | stat.S_IWUSR)
        config = yaml.safe_load((folder / "config.yml").read_text())
        config["pipeline"] = LIGHT
        for policy in config["policies"]:
            if "epochs" in policy:
                policy["epochs"] = 5
        _write(folder / "config.yml", config)
        # Its Python is missing, so that Rasa's own actions have to begin a conversation.
        # Read as Rasa does: for PyYAML a button's `Yes` is true.
        domain = YAML(typ="safe", pure=True).load(folder / "domain.yml")
        own = [each for each in domain["actions"] if each not in DEFAULT_ACTION_NAMES]
        _write(folder / "domain.yml", {**domain, "actions": own})

    return make


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


#: The second answer is no complaint: the bot asks how its user is.
_STOCK_TALK = (
    ("hello", "utter_greet"),
    ("my day was horrible", "utter_did_that_help"),
    ("no", "utter_goodbye"),
)

STOCK_LIGHT = Bot("stock-light", _stock_light, _STOCK_TALK)

BOTS = [
    Bot("stock", _stock, _STOCK_TALK),
    Bot(
        "folder-and-ted",
        _folder_and_ted,
        _STOCK_TALK,
        train="rasa train --quiet --domain domain",  # as Rasa asks of every bot with such a folder
    ),
    Bot(
        "german",
        _german,
        (("guten tag", "utter_gruss"), ("schaden melden", "utter_ask_schaden")),  # in the form
        wish="Ich möchte mit einem Menschen sprechen",
        started="mit unserem Team verbunden",
    ),
    # Both answer the request themselves, by asking to which other bot it goes.
    Bot(
        "financial-demo",
        _shared("financial-demo"),
        (("hello", "utter_greet"), ("help", "utter_help"), ("are you a bot?", "utter_bot")),
        options="--replace",
        marks=(needs_shared("data/bots/financial-demo/domain.yml"),),
    ),
    Bot(
        "helpdesk-assistant",
        _shared("helpdesk-assistant"),
        (("hello", "utter_greet"), ("help me", "utter_help"), ("are you a bot?", "utter_iamabot")),
        options="--replace",
        marks=(needs_shared("data/bots/helpdesk-assistant/domain.yml"),),
    ),
]
