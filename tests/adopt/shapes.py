"""Folders of bots, in many shapes: file contents by path; a text is written as UTF-8."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

#: What `rasa init` writes.
STOCK = Path(str(find_spec("rasa").submodule_search_locations[0])) / "cli" / "initial_project"

CONFIG = "recipe: default.v1\nlanguage: de\n\npipeline:\npolicies:\n"
CREDENTIALS = "# Kanäle\nrest:\nslack:\n  slack_token: 'xoxb-1'   # bleibt\n"
ENDPOINTS = 'tracker_store:\n  type: SQL\n  db: "bot.db"\n'
DOMAIN = "version: '3.1'\nintents: [hallo]\n"
ACTIONS = '"""Actions."""\n\nfrom actions.order import ActionOrder\n\n__all__ = ["ActionOrder"]\n'
BASE = {
    "config.yml": CONFIG,
    "credentials.yml": CREDENTIALS,
    "endpoints.yml": ENDPOINTS,
    "domain.yml": DOMAIN,
    "actions/__init__.py": ACTIONS,
}
FILES = ("config.yml", "credentials.yml", "endpoints.yml", "actions/__init__.py")
RULES = """\
# head
---
version: "3.1"   # quoted
language: "en"
assistant_id: 20240101-000000-naive-hill
pipeline: &pipe
  - {name: WhitespaceTokenizer, intent_tokenization_flag: false}
  -   name: CountVectorsFeaturizer
      analyzer: char_wb
policies:
- name: RulePolicy
x-copy: *pipe
text: |+
  kept

"""


def changed(**files: str | bytes | None) -> dict[str, str | bytes]:
    """The usual bot with other files; ``None`` leaves one out. Write ``/`` as ``__in__``."""
    named = {
        name.replace("__in__", "/").replace("_yml", ".yml"): text for name, text in files.items()
    }
    named = {name.replace("init_py", "__init__.py"): text for name, text in named.items()}
    return {name: text for name, text in {**BASE, **named}.items() if text is not None}


def of_folder(folder: Path) -> dict[str, bytes]:
    """Read a folder."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".pyc"
    }


def in_all(convert) -> dict[str, bytes]:
    return {name: convert(text) for name, text in BASE.items()}


def importers(text: str) -> dict[str, str | bytes]:
    return changed(config_yml=f"language: en\n{text}pipeline:\n  - name: KeywordIntentClassifier\n")


SHAPES: dict[str, dict[str, str | bytes]] = {
    "usual": BASE,
    "windows line ends": in_all(lambda text: text.replace("\n", "\r\n").encode()),
    "both line ends": in_all(lambda text: text.replace("\n", "\r\n", 2).encode()),
    "byte order mark": in_all(lambda text: b"\xef\xbb\xbf" + text.encode()),
    "no end of the last line": in_all(lambda text: text.rstrip("\n").encode()),
    "windows, no end of the last line": in_all(
        lambda text: text.rstrip("\n").replace("\n", "\r\n").encode()
    ),
    "blank lines at the end": in_all(lambda text: (text + "\n \n\n").encode()),
    "empty files": {**{name: "" for name in FILES}, "domain.yml": DOMAIN},
    "blank files": {**{name: "\n\n" for name in FILES}, "domain.yml": DOMAIN},
    "comments alone": {**{name: "# to do\n" for name in FILES}, "domain.yml": DOMAIN},
    "config alone": {"config.yml": CONFIG},
    "domain folder alone": {"domain/shop.yml": DOMAIN},
    "a module of actions": {
        **changed(actions__in__init_py=None),
        "actions.py": "import os\nfrom rasa_sdk import Action\n\n\nclass Order(Action):\n    ...\n",
    },
    "a package without its first module": {
        **changed(actions__in__init_py=None),
        "actions/order.py": "from rasa_sdk import Action\n",
    },
    "a module beside the package": {**BASE, "actions.py": "raise SystemExit(1)\n"},
    "actions in Latin-1": {
        **changed(),
        "actions/__init__.py": "# -*- coding: latin-1 -*-\nGRUSS = 'Tschüß'\n".encode("latin-1"),
    },
    "actions with a future import": changed(
        actions__in__init_py="'Tu.'\nfrom __future__ import annotations\nimport os; X = '''\n1'''\n"
    ),
    "actions with tabs and a form feed": changed(
        actions__in__init_py="#!/usr/bin/env python\nif True:\n\tX = 1\n\x0c\nY = 2\n"
    ),
    "a decorated first statement": changed(actions__in__init_py="@print\ndef first():\n    pass\n"),
    "anchors, quotes, block scalars": changed(config_yml=RULES),
    "indented at the top": changed(config_yml="  language: en\n  pipeline:\n  policies:\n"),
    "an end marker": changed(config_yml="pipeline:\npolicies:\n...\n# the end\n"),
    "a directive": changed(config_yml="%YAML 1.2\n---\nlanguage: en\npipeline:\n"),
    "tabs behind values": changed(config_yml="language: en\t# tab\npipeline:\t\npolicies:\n"),
    "line separators in comments": changed(
        config_yml="# a\u2028# b\u0085# c\nlanguage: en\npipeline:\n"
    ),
    "emoji before the place": changed(
        config_yml="x: '👩🏽‍💻 عربي'\nlanguage: en  # 🙂\nimporters: [{name: a.🙂}]\npipeline:\n"
    ),
    "languages below": changed(config_yml="pipeline:\npolicies:\nlanguage: fr\n"),
    "another importer": importers("importers:\n- name: RasaFileImporter\n\n# ours\n"),
    "another importer, indented": importers(
        "importers:\n    # first\n    -   name: MultiProjectImporter\n        x: |\n          # y\n"
    ),
    "two importers": importers(
        "importers:\n  - name: a.B\n    opt: {c: 1}\n  - name: d.E # last\n"
    ),
    "importers in brackets": importers("importers: [{name: a.B}, {name: c.D}]   # two\n"),
    "importers over several lines": importers("importers: [\n  {name: a.B},\n  {name: c.D}\n]\n"),
    "importers without a value": importers("importers:   # none yet\n"),
    "importers that are none": importers("importers: null # none\n"),
    "importers that are an empty list": importers("importers: []\n"),
    "endpoint without a value": changed(endpoints_yml="action_endpoint:\ntracker_store: null\n"),
    "endpoint that is none": changed(endpoints_yml="action_endpoint: ~ # none\n"),
    "endpoint commented out": changed(
        endpoints_yml="# action_endpoint:\n#   url: http://localhost:5055/webhook\nmodels:\n"
    ),
    "another endpoint commented out": changed(
        endpoints_yml="#action_endpoint:\n#  url: http://old.example/webhook\n"
    ),
    "two endpoints commented out": changed(
        endpoints_yml="#action_endpoint:\n#  url: http://localhost:5055/webhook\n" * 2
    ),
    "an endpoint": changed(endpoints_yml="action_endpoint: {url: 'https://actions.example'}\n"),
    "variables of Rasa's": changed(
        credentials_yml="rest:\nslack:\n  slack_token: ${UNSET_TOKEN}\n",
        endpoints_yml="a: ${UNSET_TOKEN}\n",
    ),
    "a chat page": changed(credentials_yml="rest:\nchannels.WebChatInput:\n  title: Hi\n"),
    "secrets of its own": {
        **BASE,
        ".env": "# ours\nexport DB_PASSWORD='p w'\nEMPTY=\n\nZ=1",
        ".gitignore": "*.pyc",
    },
    "stock": of_folder(STOCK),
}
#: How many lines are replaced, where lines are not only added; none in all other shapes.
REPLACED = {
    "another importer": 1,
    "emoji before the place": 1,
    "importers in brackets": 1,
    "importers over several lines": 2,
    "importers that are none": 1,
    "importers that are an empty list": 1,
    "endpoint that is none": 1,
    "endpoint commented out": 2,
    "two endpoints commented out": 2,
    "stock": 2,
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Make a folder of a shape."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder
