"""A garden centre's bot with the files of the how-to pages, its servers, and a Zendesk."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.bots import IMPORTER, LIGHT_PIPELINE, nlu, rule, train_bot, write_bot
from tests.support.pages import DOCS, files_of
from tests.support.servers import post
from tools.paths import ROOT
from tools.processes import RASA, Process, free_port

#: The pages whose files the bot has.
HOW_TO = ("forms", "trigger", "users", "languages", "contact", "ends")
#: Has other words for a response that another page has, too.
NOT_USED = "domain/ends.yml"
BLOCK = "zendesk_handoff.channels.ZendeskInput"
SECRETS = {
    f"{connector}_{kind}_SECRET": f"{kind.lower()}-secret-of-{connector.lower()}"
    for connector in ("ZENDESK", "WHOLESALE")
    for kind in ("KEY", "WEBHOOK")
}
#: The token by which ratings get to the tickets, of the connector that asks for them.
RATED_TICKETS = {
    "wholesale": {"support_email": "ana@example.com", "support_token": "a token for the tests"}
}
FORM = "feedback_form"
BASE = {
    "version": "3.1",
    "intents": ["greet", "give_feedback", "track_order", "inform"],
    "slots": {
        "feedback": {
            "type": "text",
            "influence_conversation": False,
            "mappings": [
                {
                    "type": "from_text",
                    "conditions": [{"active_loop": FORM, "requested_slot": "feedback"}],
                }
            ],
        }
    },
    "forms": {FORM: {"required_slots": ["feedback"]}},
    "responses": {
        "utter_greet": [{"text": "Welcome to the garden centre."}],
        "utter_noted": [{"text": "Noted."}],
        "utter_ask_feedback": [{"text": "What did you like?"}],
    },
}


def write_garden(folder: Path) -> None:
    """Write the bot, with the files of the pages."""
    write_bot(
        folder,
        config={
            "recipe": "default.v1",
            "assistant_id": "garden",
            "language": "en",
            "importers": [{"name": IMPORTER}],
            "pipeline": LIGHT_PIPELINE,
            "policies": [{"name": "RulePolicy"}],
        },
        domain__base=BASE,
        nlu=nlu(
            greet=["hello", "hi there", "good morning"],
            give_feedback=["I have feedback", "some feedback", "feedback for you"],
            track_order=["track my parcel", "where is my parcel", "parcel tracking"],
            cancel_contract=["cancel my contract", "end the contract", "contract cancellation"],
            send_invoice=["send me the invoice", "I need an invoice", "invoice please"],
            report_problem=["I have a problem", "there is a problem", "report a problem"],
            inform=["my name is", "this is my address", "the address is"],
        ),
        rules={
            "version": "3.1",
            "rules": [
                rule("greet", "utter_greet"),
                rule("give_feedback", FORM, f"loop:{FORM}"),
                rule("inform", "utter_noted"),
                rule("track_order", "order_form", "loop:order_form"),
                rule("order_form", "loop:", "utter_noted", form="order_form"),
                rule(FORM, "loop:", "utter_noted", form=FORM),
            ],
        },
    )
    for page in HOW_TO:
        for path, text in files_of(DOCS / f"{page}.md").items():
            if path != NOT_USED:
                (folder / path).parent.mkdir(exist_ok=True)
                (folder / path).write_text(text)
    (folder / "actions" / "billing.py").write_text(
        "async def send_invoice(customer):\n    raise ConnectionError\n"
    )
    (folder / "actions" / "__init__.py").write_text(
        "from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff\n"
    )


def connector_settings(page: str, key: str) -> str:
    """Read the settings of a connector that a page shows by themselves, with that key first."""
    text = (DOCS / f"{page}.md").read_text()
    [found] = re.findall(rf"```yaml\n *# of the connector\n( *{key}:.*?)```", text, re.DOTALL)
    return str(found)


@dataclass
class Garden:
    """The bot's servers and a Zendesk."""

    folder: Path
    connectors: dict[str, Any] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.urls = {name: f"http://127.0.0.1:{free_port()}" for name in ("sim", "actions", "rasa")}
        self.rasa_url = self.urls["rasa"]

    def start(self) -> None:
        write_garden(self.folder)
        model = train_bot(self.folder)
        self.serve("sim", [sys.executable, "-m", "simulator"], "/", "--port", folder=ROOT)
        self.write_settings()
        actions = [sys.executable, "-m", "rasa_sdk", "--actions", "actions"]
        self.serve("actions", actions, "/health", "--port")
        rasa = [RASA, "run", "--enable-api", "-i", "127.0.0.1", "--model", model]
        self.serve("rasa", rasa, "/webhooks/zendesk/", "-p")

    def write_settings(self) -> None:
        """Write the settings of workspaces.md, for accounts of the simulator."""
        page = (DOCS / "workspaces.md").read_text()
        [shown] = re.findall(rf"```yaml\n({re.escape(BLOCK)}:.*?)```", page, re.DOTALL)
        block = yaml.safe_load(shown)[BLOCK]
        block["public_url"] = self.rasa_url
        self.connectors = block["connectors"]
        for name, connector in self.connectors.items():
            connector["base_url"] = f"{self.urls['sim']}/sc"
            secret = SECRETS[connector["key_secret"].strip("${}")]
            webhook = {
                "name": "Rasa",
                "target": f"{self.rasa_url}/api/v1/connectors/{name}/webhook",
                "secret": SECRETS[connector["webhook_secret"].strip("${}")],
            }
            account = {
                "id": connector["app_id"],
                "keys": [{"id": connector["key_id"], "secret": secret}],
                "integrations": [webhook],
                **RATED_TICKETS.get(name, {}),
            }
            post(f"{self.urls['sim']}/sim/apps", account)
        for page, key in (("contact", "ticket"), ("ticket", "conversation_link")):
            self.connectors["support"] |= yaml.safe_load(connector_settings(page, key))
        for name, support in RATED_TICKETS.items():
            self.connectors[name] |= {"csat": "ask", **support}
        block["trigger_ended"] = True
        channels = {"rest": None, "tests.support.channels.FlakyInput": None}
        credentials = yaml.safe_dump({**channels, BLOCK: block})
        (self.folder / "credentials.yml").write_text(credentials)
        endpoint = {"action_endpoint": {"url": f"{self.urls['actions']}/webhook"}}
        (self.folder / "endpoints.yml").write_text(yaml.safe_dump(endpoint))

    def serve(
        self, name: str, command: list[str], ready: str, port: str, folder: Path | None = None
    ) -> None:
        url = self.urls[name]
        log = self.folder.parent / f"{name}.log"
        command = [*command, port, url.rpartition(":")[2]]
        env = {**SECRETS, "PYTHONPATH": f"{self.folder}:{ROOT}"} if folder is None else {}
        process = Process(name, command, url + ready, log, env, folder or self.folder)
        self.processes.append(process)
        process.start()
