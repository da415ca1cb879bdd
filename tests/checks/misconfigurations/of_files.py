"""Misconfigurations in the bot's files, its environment, its store and its model."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.checks.misconfigurations.cases import case
from tests.support.bot_folder import nodes_of, with_component, without_policy
from tests.support.servers import free_port
from zendesk_handoff.bounds import Installed
from zendesk_handoff.checks.model import LEARNED_SLOT
from zendesk_handoff.store import open_store

# Settings


@case("a misspelt key, and one that is missing")
def wrong_settings(bot):
    bot.connector["agent_workspce"] = "zd-agentWorkspace"
    del bot.connector["app_id"]


@case("a secret whose variable is not set")
def unset_variable(bot):
    bot.connector["key_secret"] = "${ZENDESK_KEY_SECRET_OF_NOBODY}"


@case("the command in another folder")
def another_folder(bot):
    del bot.files.files["credentials.yml"]


@case("`.env` readable for other users")
def open_env_file(bot):
    file = bot.files.folder / ".env"
    file.write_text("ZENDESK_KEY_SECRET=x\n")
    file.chmod(0o644)


@case("an address that Zendesk cannot reach")
def loopback(bot):
    bot.connector["base_url"] = "https://your-company.zendesk.com/sc"


# Environment


@case("a Python for which there is no such Rasa")
def wrong_python(bot):
    there = Installed((3, 11, 9), "3.6.21")
    bot.monkeypatch.setattr("zendesk_handoff.checks.environment.installed", lambda: there)


@case("SQLAlchemy moved by another install")
def moved_package(bot):
    folder = bot.files.folder / "site" / "SQLAlchemy-2.0.30.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: SQLAlchemy\nVersion: 2.0.30\n")
    bot.monkeypatch.syspath_prepend(str(folder.parent))


# Store


@case("a store in a folder that does not exist")
def no_store_folder(bot):
    bot.files.block["store_url"] = f"sqlite:///{bot.files.folder}/no/such/handoff.db"


@case("a store in a folder that may not be written")
def sealed_store_folder(bot):
    folder = bot.files.folder / "sealed"
    folder.mkdir(mode=0o555)
    bot.files.block["store_url"] = f"sqlite:///{folder}/handoff.db"
    allowed = os.access

    def access(path, mode, **values):
        # The superuser, as whom tests may run, may write there all the same.
        return Path(path) != folder and allowed(path, mode, **values)

    bot.monkeypatch.setattr(os, "access", access)


@case("a store that is no database")
def no_database(bot):
    file = bot.files.folder / "notes.txt"
    file.write_text("Buy milk, and do not forget the bread.")
    bot.files.block["store_url"] = f"sqlite:///{file}"


@case("PostgreSQL without its driver")
def no_driver(bot):
    bot.monkeypatch.setitem(sys.modules, "asyncpg", None)
    bot.files.block["store_url"] = "postgresql://user:password@db.example.com/handoff"


@case("PostgreSQL that does not run")
def no_postgresql(bot):
    bot.files.block["store_url"] = f"postgresql://user:password@127.0.0.1:{free_port()}/handoff"


@case("a store that a newer version has used")
async def newer_store(bot):
    url = bot.files.block["store_url"]
    async with await open_store(url) as store:
        await store.database.write(
            lambda connection: (
                connection.exec_driver_sql(
                    "UPDATE zendesk_handoff_version SET version_num = '9999'"
                ).rowcount
            )
        )


# The bot's files


@case("no importer, and none of the plugin's words")
def no_importer(bot):
    del bot.files.files["config.yml"]["importers"]


@case("a second importer beside ours")
def two_importers(bot):
    bot.files.files["config.yml"]["importers"].append({"name": "RasaFileImporter"})


@case("no action endpoint")
def no_endpoint(bot):
    bot.files.files["endpoints.yml"] = {}


@case("the plugin's actions are not imported")
def no_actions(bot):
    (bot.files.folder / "actions").mkdir()
    (bot.files.folder / "actions" / "__init__.py").write_text("# none\n")


@case("no channel for users")
def no_channel(bot):
    del bot.files.files["credentials.yml"]["rest"]


@case("Rasa's own Redis locks")
def redis_locks(bot):
    bot.files.files["endpoints.yml"]["lock_store"] = {"type": "redis", "url": "localhost"}


# The model


@case("no model")
def no_model(bot):
    (bot.files.folder / "models").mkdir()


@case("a model from before the last change")
def old_model(bot):
    bot.files.train(lambda metadata, rules: metadata.update(trained_at="2020-01-01T00:00:00"))


@case("a model trained without the plugin")
def no_plugin_in_model(bot):
    def change(metadata, rules):
        domain = metadata["domain"]
        domain["actions"] = [each for each in domain["actions"] if "handoff" not in each]
        domain["intents"].remove("human_handoff")
        del domain["slots"]["handoff_status"]
        without_policy(metadata, "FrustrationPolicy")

    bot.files.train(change)


@case("`learn: summary`, and a domain without its slot")
def no_slot_of_the_outcome(bot):
    bot.files.block["learn"] = "summary"
    bot.files.train(lambda metadata, rules: metadata["domain"]["slots"].pop(LEARNED_SLOT, None))


@case("`policies:` without a RulePolicy")
def no_rules(bot):
    bot.files.train(lambda metadata, rules: without_policy(metadata, "RulePolicy"))


@case("no rule for the request for a person")
def no_rule_for_the_request(bot):
    def change(metadata, rules):
        for states in [each for each in rules if '"intent": "human_handoff"' in each]:
            del rules[states]

    bot.files.train(change)


@case("no rule for a “yes” to the offer")
def no_rule_for_yes(bot):
    def change(metadata, rules):
        for states in [each for each in rules if '"intent": "affirm"' in each]:
            del rules[states]

    bot.files.train(change)


@case("FrustrationPolicy below the rules")
def low_priority(bot):
    def change(metadata, rules):
        for node in nodes_of(metadata).values():
            if node["uses"].endswith("FrustrationPolicy"):
                node["config"]["priority"] = 3

    bot.files.train(change)


@case("a classifier behind the recogniser")
def recogniser_first(bot):
    def change(metadata, rules):
        name = "zendesk_handoff.nlu.recognizer.HandoffRecognizer"
        with_component(metadata, name, before="LogisticRegressionClassifier")

    bot.files.train(change)


@case("a form that takes any text")
def greedy_form(bot):
    def change(metadata, rules):
        metadata["domain"]["slots"]["return_reason"]["mappings"] = [{"type": "from_text"}]
        del metadata["domain"]["forms"]["return_form"]["ignored_intents"]

    bot.files.train(change)


@case("questions before a handover, and a model from before them")
def form_missing(bot):
    bot.connector["contact"] = "ask"

    def change(metadata, rules):
        del metadata["domain"]["forms"]["handoff_contact_form"]

    bot.files.train(change)


@case("a ticket with names that the domain does not have")
def names_of_nothing(bot):
    bot.connector["ticket"] = {
        "priority": "{handoff_priority}",
        "tags": ["rasa_handoff", "{campaign}"],
        "fields": {360001234567: "{ordr_number}"},
    }
    route = {"when": {"slot": "retrn_reason", "is": "broken"}, "ticket": {"group_id": 4711}}
    bot.connector["routes"] = [route]
