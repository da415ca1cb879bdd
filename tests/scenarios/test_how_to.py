"""The how-to pages, in a small bot: their files are written as they stand there, and tried."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import SimulatorClient
from tests.support.bots import IMPORTER, LIGHT_PIPELINE, nlu, rule, train_bot, write_bot
from tests.support.pages import DOCS, files_of
from tests.support.servers import post
from tests.support.users import RestUser, conversation_of
from tests.support.waiting import until
from tools.paths import ROOT
from tools.processes import RASA, Process, free_port
from zendesk_handoff.domain.responses import default_message

pytestmark = pytest.mark.timeout(300)  # the first test trains the bot

#: The pages whose files the bot has.
HOW_TO = ("forms", "trigger", "users", "languages")
BLOCK = "zendesk_handoff.channels.ZendeskInput"
WANT_PERSON = "I want to talk to a human"
SECRETS = {
    f"{connector}_{kind}_SECRET": f"{kind.lower()}-secret-of-{connector.lower()}"
    for connector in ("ZENDESK", "WHOLESALE")
    for kind in ("KEY", "WEBHOOK")
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
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
    (folder / "actions" / "billing.py").write_text(
        "async def send_invoice(customer):\n    raise ConnectionError\n"
    )
    (folder / "actions" / "__init__.py").write_text(
        "from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff\n"
    )


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
            }
            post(f"{self.urls['sim']}/sim/apps", account)
        credentials = yaml.safe_dump({"rest": None, BLOCK: block})
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


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garden]:
    garden = Garden(tmp_path_factory.mktemp("garden") / "bot")
    try:
        garden.start()
        yield garden
    finally:
        for process in reversed(garden.processes):
            process.stop()


@pytest.fixture
async def sim(stack: Garden):
    async with SimulatorClient(stack.urls["sim"]) as client:
        yield client


async def summary_for(user, sim, stack, *, connector="support"):
    """Read what the agent reads first."""
    found = await conversation_of(user.sender, sim, stack, connector=connector)
    first, *_ = await sim.messages(found["id"])
    return first["content"]["text"]


def said(name, **values):
    return default_message(name, "en", **values)["text"]


STARTED = [
    each["text"]
    for each in yaml.safe_load(files_of(DOCS / "languages.md")["domain/words.yml"])["responses"][
        "utter_handoff_started"
    ]
]


async def test_own_words_and_an_empty_one(user):
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED


async def test_a_reason_by_a_rule(user, sim, stack):
    [reply] = await user.says("cancel my contract")
    assert reply in STARTED
    summary = await summary_for(user, sim, stack)
    assert "The customer wants to cancel the contract." in summary.splitlines()[0]


async def test_a_reason_by_an_action(user, sim, stack):
    [reply] = await user.says("send me the invoice")
    assert reply in STARTED
    summary = await summary_for(user, sim, stack)
    assert "The invoice could not be sent: no connection." in summary.splitlines()[0]


async def test_a_form_is_left(user, sim, stack):
    assert await user.says("I have feedback") == ["What did you like?"]
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    assert await user.slot("feedback") is None


async def test_a_form_that_asks_first(user, sim, stack):
    asked = "What is the number of your order?"
    assert await user.says("track my parcel") == [asked]
    assert await user.says(WANT_PERSON) == ["Our team needs the number of your order first.", asked]
    assert await user.says("10234") == ["Noted."]
    assert await user.slot("order_number") == "10234"
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    facts = (await summary_for(user, sim, stack)).partition("\nFacts:")[2]
    assert "10234" in facts.splitlines()[0]


async def test_name_and_address_in_slots(user, sim, stack):
    told = '/inform{"name": "Zoë Müller", "email": "zoe@example.com"}'
    assert await user.says(told) == ["Noted."]
    await user.says(WANT_PERSON)
    summary = await summary_for(user, sim, stack)
    [told] = [line for line in summary.splitlines() if "As told by the user:" in line]
    assert "Zoë Müller" in told
    assert "zoe@example.com" in told


async def test_name_and_address_in_metadata(user, sim, stack):
    page = (DOCS / "users.md").read_text()
    [body] = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    metadata = yaml.safe_load(body)["metadata"]
    await user.gets(WANT_PERSON, metadata=metadata)
    summary = await summary_for(user, sim, stack)
    [told] = [line for line in summary.splitlines() if "As told by the user:" in line]
    assert metadata["name"] in told
    assert metadata["email"] in told


@pytest.mark.parametrize("workspace", ["wholesale", "partners"])
async def test_each_workspace_has_its_connector(workspace, new_user, sim, stack):
    user = new_user(workspace=workspace)
    [reply] = await user.says(WANT_PERSON)
    assert reply in STARTED
    assert await summary_for(user, sim, stack, connector="wholesale")


async def test_an_unknown_workspace_is_nobodys(new_user, sim, stack):
    user = new_user(workspace="brand-x")
    assert await user.says(WANT_PERSON) == [said("utter_handoff_failed")]
    assert await user.slot("handoff_status") == "failed"


async def test_back_to_the_bot_and_a_condition_on_a_slot(user: RestUser, sim, stack, http):
    address = f"{stack.rasa_url}/conversations/{user.sender}"
    slot = {"event": "slot", "name": "language", "value": "it"}
    async with http.post(f"{address}/tracker/events", json=slot) as answer:
        assert answer.status == 200
    await user.says(WANT_PERSON)
    await summary_for(user, sim, stack)
    async with http.post(f"{address}/execute", json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    await user.hears("La conversazione con il nostro team è terminata.", asking="hello")

    async def answers() -> bool:
        return await user.says("hello") == ["Welcome to the garden centre."]

    await until(answers)
