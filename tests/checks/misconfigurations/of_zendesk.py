"""Misconfigurations of the account at Zendesk."""

from __future__ import annotations

from tests.checks.misconfigurations.cases import case, target, use, use_integration
from tests.support.bot_folder import SECRET
from tests.support.servers import free_port
from zendesk_handoff.store import open_store
from zendesk_handoff.zendesk.webhooks import SIGNS, TRIGGERS

# Zendesk


@case("a wrong key secret", online=True)
def wrong_key_secret(bot):
    bot.connector["key_secret"] = "another-key-secret"


@case("a wrong app id", online=True)
def wrong_app(bot):
    bot.connector["app_id"] = "0123456789abcdef01234567"


@case("another account's app id", online=True)
async def other_app(bot):
    bot.connector["app_id"] = (await bot.sim.add_app()).id


@case("a subdomain that does not exist", online=True)
def no_such_subdomain(bot):
    bot.files.block["public_url"] = "https://bot.example.com"
    bot.connector["base_url"] = "https://no-such-company.invalid/sc"


@case("a wrong `base_url`", online=True)
def wrong_base_url(bot):
    bot.connector["base_url"] = f"{bot.sim.url}/elsewhere"


@case("nothing at `base_url`", online=True)
def nothing_at_base_url(bot):
    bot.connector["base_url"] = f"http://127.0.0.1:{free_port()}/sc"


@case("no webhook", online=True)
async def no_webhook(bot):
    app = await bot.sim.add_app()
    use(bot, app)


@case("a webhook to an older address", online=True)
async def old_target(bot):
    await use_integration(bot, target="https://old.example/api/v1/connectors/support/webhook")


@case("a webhook whose secret differs", online=True)
async def wrong_webhook_secret(bot):
    await use_integration(bot, secret="another-webhook-secret")


@case("a webhook without all triggers", online=True)
async def few_triggers(bot):
    await use_integration(bot, triggers=["conversation:message", "conversation:remove"])


@case("a webhook of an earlier version's", online=True)
async def no_signs(bot):
    await use_integration(bot, triggers=[each for each in TRIGGERS if each not in SIGNS])


@case("two webhooks with our address", online=True)
async def two_webhooks(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours, ours]))


@case("a wrong `agent_workspace`", online=True)
def wrong_agent_workspace(bot):
    bot.connector["agent_workspace"] = "agents"


@case("a place in the switchboard that is not there", online=True)
def no_place(bot):
    bot.connector["switchboard_integration"] = "rasa"


@case("a place in the switchboard that the settings do not name", online=True)
async def unnamed_place(bot):
    await use_integration(bot, switchboard_name="rasa")


@case("one place for the agents and for us", online=True)
def same_place(bot):
    bot.connector["switchboard_integration"] = "zd-agentWorkspace"


@case("another integration's place", online=True)
async def foreign_place(bot):
    ours = {"target": target(bot), "secret": SECRET}
    other = {"target": "https://other.example/hook", "switchboard_name": "rasa"}
    use(bot, await bot.sim.add_app(integrations=[ours, other]))
    bot.connector["switchboard_integration"] = "rasa"


@case("an account without a switchboard", online=True)
async def no_switchboard(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], switchboard=False))


@case("multi-conversations off", online=True)
async def one_conversation(bot):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], multi_conversations=False))


@case("fields of a ticket, and multi-conversations off", online=True)
async def fields_and_one_conversation(bot):
    await one_conversation(bot)
    bot.connector["ticket"] = {"priority": "high"}


@case("fields of a ticket, and the agents have control of new conversations", online=True)
async def fields_and_agents_first(bot):
    ours = {"target": target(bot), "secret": SECRET}
    first = "zd-agentWorkspace"
    use(bot, await bot.sim.add_app(integrations=[ours], default_integration=first))
    bot.connector["routes"] = [{"when": {"slot": "return_reason"}, "ticket": {"group_id": 4711}}]


SUPPORT = {"support_email": "ana@example.com", "support_token": "a token of the Support API"}
RECORDS = {
    "groups": {"4711": {}},
    "ticket_fields": {"36": {"editable_in_portal": False}, "37": {"active": False}},
}


async def use_support(bot, **settings):
    ours = {"target": target(bot), "secret": SECRET}
    use(bot, await bot.sim.add_app(integrations=[ours], support_records=RECORDS, **SUPPORT))
    bot.connector.update(SUPPORT, **settings)


@case("a group that the account does not have", online=True)
async def unknown_group(bot):
    route = {"when": {"slot": "return_reason"}, "ticket": {"group_id": 4712}}
    await use_support(bot, ticket={"group_id": 4711}, routes=[route])


@case("ticket fields that end users cannot edit, or that are not active", online=True)
async def closed_fields(bot):
    await use_support(bot, ticket={"fields": {36: "{order_number}", 37: "x"}})


@case("a wrong token of the Support API", online=True)
async def wrong_support_token(bot):
    await use_support(bot, support_token="another token")


@case("a priority that Zendesk does not have, in a route")
def wrong_priority(bot):
    route = {"when": {"reason": "frustration"}, "ticket": {"priority": "hoch"}}
    bot.connector["routes"] = [route]


@case("a webhook from which no event comes", round_trip=True)
async def no_event(bot):
    async with await open_store(bot.files.block["store_url"]):
        pass
