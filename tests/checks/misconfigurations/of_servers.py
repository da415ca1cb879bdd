"""Misconfigurations of the running servers."""

from __future__ import annotations

import msgspec

from tests.checks.misconfigurations.cases import case
from zendesk_handoff.bounds import own_version
from zendesk_handoff.checks.reports import ActionsReport, ChannelReport
from zendesk_handoff.store import open_store

# The servers


@case("two stores: each server has its own")
def two_stores(bot):
    bot.actions = msgspec.structs.replace(bot.actions, store="b" * 32)


@case("another store than these settings'")
async def another_store(bot):
    async with await open_store(bot.files.block["store_url"]):
        pass
    name = "sqlite:////elsewhere/handoff.db"
    bot.rasa = msgspec.structs.replace(bot.rasa, store="a" * 32, store_name=name)
    bot.actions = msgspec.structs.replace(bot.actions, store="a" * 32)


@case("an action server without the settings")
def actions_without_settings(bot):
    error = "credentials.yml: No such file or directory; name the file."
    bot.actions = ActionsReport(own_version(), error=error)


@case("two versions of the plugin")
def two_versions(bot):
    bot.actions = msgspec.structs.replace(bot.actions, version="0.0.9")


@case("a Rasa server without the plugin")
def without_plugin(bot):
    bot.rasa = None


@case("an action server without the plugin's actions")
def without_actions(bot):
    bot.actions = None


@case("a server with another webhook secret")
def other_secret(bot):
    bot.rasa = msgspec.structs.replace(bot.rasa, version="401")


@case("a Rasa server with an older model, and a channel that cannot push")
def older_model_loaded(bot):
    channels = [ChannelReport("rest", can_push=False)]
    bot.rasa = msgspec.structs.replace(bot.rasa, model_id="x" * 32, channels=channels)


@case("code that replaces Rasa's own")
def bypassed(bot):
    bot.rasa = msgspec.structs.replace(bot.rasa, in_front=False)
