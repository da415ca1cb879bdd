"""``setup --ticket-events`` against the simulator: webhook, trigger and signing secret."""

from __future__ import annotations

import json
import signal
import stat

import aiohttp
import pytest

from tests.support.killable import ARMED, PASSED
from tests.support.setup_bot import NOTHING, PUBLIC_URL, SetupBot, killed
from tests.support.ticket_triggers import BODY, SESSION_FIELD
from zendesk_handoff.settings import load_settings

EMAIL, TOKEN = "ana@acme.shop", "an admin's token of the Support API"
TARGET = f"{PUBLIC_URL}/api/v1/connectors/help-desk/ticket-events"
NAME = "Rasa handoff: help-desk"
TITLE = f"{NAME}, ticket solved"
VARIABLE = "ZENDESK_SIGNING_SECRET_help__desk"
CONDITIONS = [
    {"field": "status", "operator": "value", "value": "solved"},
    {"field": "current_tags", "operator": "includes", "value": "rasa_handoff"},
]


class Support:
    """A bot whose connector has an admin's token, and the account's side of it."""

    def __init__(self, bot: SetupBot) -> None:
        self.bot = bot

    async def setup(self, *options: str, code: int = 0, **settings: object) -> str:
        return await self.bot.setup("--ticket-events", *options, code=code, **settings)

    async def call(self, method, path, json=None):
        auth = aiohttp.BasicAuth(f"{EMAIL}/token", TOKEN)
        async with aiohttp.ClientSession(auth=auth) as http:
            url = f"{self.bot.sim.url}/api/v2{path}"
            async with http.request(method, url, json=json) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.json() if answer.status != 204 else {}

    async def webhooks(self):
        return (await self.call("GET", "/webhooks"))["webhooks"]

    async def triggers(self):
        return (await self.call("GET", "/triggers"))["triggers"]

    async def secret(self, webhook):
        found = await self.call("GET", f"/webhooks/{webhook['id']}/signing_secret")
        return found["signing_secret"]["secret"]

    def signing_secrets(self):
        settings = load_settings(self.bot.folder / "credentials.yml")
        return settings.connectors["help-desk"].signing_secrets


async def with_support(bot, sim, **account):
    made = await sim.add_app(support_email=EMAIL, support_token=TOKEN, **account)
    bot.app_id, bot.key = made.id, (made.key_id, made.key_secret)
    bot.write(
        app_id=made.id,
        key_id=made.key_id,
        webhook_secret="a webhook secret of the tests",
        support_email=EMAIL,
        support_token="${ACME_TOKEN}",
    )
    env = f"ACME_KEY={made.key_secret}\nACME_TOKEN={TOKEN}\n"
    (bot.folder / ".env").write_text(env)
    return Support(bot)


@pytest.fixture
async def support(bot, sim):
    return await with_support(bot, sim, support_role="admin")


async def test_a_new_account(support):
    output = await support.setup()
    [webhook] = await support.webhooks()
    assert (webhook["name"], webhook["endpoint"], webhook["status"]) == (NAME, TARGET, "active")
    assert (webhook["http_method"], webhook["request_format"]) == ("POST", "json")
    assert webhook["subscriptions"] == ["conditional_ticket_events"]
    [trigger] = await support.triggers()
    assert (trigger["title"], trigger["active"]) == (TITLE, True)
    assert trigger["conditions"]["all"] == CONDITIONS
    [action] = trigger["actions"]
    assert action["field"] == "notification_webhook"
    assert action["value"][0] == webhook["id"]
    assert json.loads(action["value"][1]) == {**json.loads(BODY), "reference": ""}
    secret = await support.secret(webhook)
    assert support.signing_secrets() == (secret,)
    assert support.bot.variables[VARIABLE] == secret
    assert stat.S_IMODE((support.bot.folder / ".env").stat().st_mode) == 0o600
    written = (support.bot.folder / "credentials.yml").read_text()
    assert f'webhook_signing_secret: "${{{VARIABLE}}}"' in written
    for words in (NAME, TITLE, TARGET, VARIABLE, "Done."):
        assert words in output
    assert NOTHING in await support.setup()
    assert [len(await support.webhooks()), len(await support.triggers())] == [1, 1]
    assert await support.bot.account() == [], "nothing else is made"


async def test_the_other_set_up_names_it(support):
    support.bot.write(webhook_secret="${ACME_HOOK}")
    assert "With --ticket-events, setup makes what ends" in await support.bot.setup()
    await support.setup()
    assert "--ticket-events" not in await support.bot.setup()


async def test_a_dry_run_changes_nothing(support):
    before = (support.bot.folder / "credentials.yml").read_text()
    output = await support.setup("--dry-run")
    assert "to do  webhook" in output and "Nothing was changed." in output
    assert (await support.webhooks(), await support.triggers()) == ([], [])
    assert (support.bot.folder / "credentials.yml").read_text() == before
    assert VARIABLE not in support.bot.variables


async def test_a_secret_that_is_named_and_not_made_yet(support):
    support.bot.write(webhook_signing_secret="${ACME_SIGNING}")
    await support.setup()
    [webhook] = await support.webhooks()
    assert support.bot.variables["ACME_SIGNING"] == await support.secret(webhook)
    assert NOTHING in await support.setup()


async def test_a_secret_of_something_else_is_left_as_it_is(support):
    support.bot.write(webhook_signing_secret="${ACME_SIGNING}")
    env = support.bot.folder / ".env"
    env.write_text(env.read_text() + "ACME_SIGNING=a secret that something else needs\n")
    output = await support.setup(code=1)
    assert "No webhook was made" in output and "`webhook_signing_secret` name another" in output
    assert await support.webhooks() == []
    support.bot.write(webhook_signing_secret="a secret that is written as it is")
    output = await support.setup(code=1)
    assert 'Write `webhook_signing_secret: "${ZENDESK_SIGNING_SECRET}"` instead' in output


async def test_a_reference_in_a_field(support):
    support.bot.write(
        session_field=SESSION_FIELD,
        ticket={"tags": ["{topic}", "Returns"]},
    )
    await support.setup()
    [trigger] = await support.triggers()
    assert json.loads(trigger["actions"][0]["value"][1]) == json.loads(BODY)
    assert trigger["conditions"]["all"][1]["value"] == "returns"


async def test_without_a_common_tag_every_solved_ticket_counts(support):
    support.bot.write(ticket={"tags": ["{topic}"]}, end_on=["released"])
    output = await support.setup()
    [trigger] = await support.triggers()
    assert trigger["conditions"]["all"] == CONDITIONS[:1]
    assert "No tag is written" in output and "`end_on` leaves out `solved`" in output


async def test_what_an_admin_has_made_is_found(support):
    values = {"name": "Our bot", "endpoint": TARGET, "http_method": "POST", "status": "active"}
    values |= {"request_format": "json", "subscriptions": ["conditional_ticket_events"]}
    made = (await support.call("POST", "/webhooks", {"webhook": values}))["webhook"]
    body = '{"event": "solved", "tags": "{{ticket.tags}}", "by": "hand",\n "updated_at": '
    body += '"{{ticket.updated_at_with_timestamp}}"}'
    trigger = {
        "title": "Tell the bot",
        "conditions": {"all": CONDITIONS[:1]},
        "actions": [{"field": "notification_webhook", "value": [made["id"], body]}],
    }
    await support.call("POST", "/triggers", {"trigger": trigger})
    output = await support.setup()
    assert "found  webhook" in output and "'Our bot'" in output and "'Tell the bot'" in output
    assert [each["name"] for each in await support.webhooks()] == ["Our bot"]
    assert [each["actions"] for each in await support.triggers()] == [trigger["actions"]]
    assert support.signing_secrets() == (await support.secret(made),)


async def test_only_what_differs_is_changed(support):
    await support.setup()
    [webhook], [trigger] = await support.webhooks(), await support.triggers()
    wrong = {"endpoint": "https://old.acme.shop/x", "status": "inactive", "http_method": "PUT"}
    await support.call("PATCH", f"/webhooks/{webhook['id']}", {"webhook": wrong})
    actions = [{"field": "notification_webhook", "value": [webhook["id"], "{}"]}]
    old_tag = {"field": "current_tags", "operator": "includes", "value": "an_older_tag"}
    closed = {"field": "status", "operator": "value", "value": "closed"}
    changed = {"active": False, "actions": actions, "conditions": {"all": [closed, old_tag]}}
    await support.call("PUT", f"/triggers/{trigger['id']}", {"trigger": changed})
    output = await support.setup()
    for words in ("instead of https://old.acme.shop/x", "POST instead of PUT", "active again"):
        assert words in output
    for words in ("when the status is changed to solved", "with the tag rasa_handoff"):
        assert words in output
    assert await support.webhooks() == [webhook]
    assert await support.triggers() == [trigger]
    assert NOTHING in await support.setup()


async def test_other_triggers_and_webhooks_stay(support):
    other = {"name": "Warehouse", "endpoint": "https://warehouse.acme.shop/", "status": "active"}
    other |= {"http_method": "PUT", "request_format": "xml"}
    other |= {"subscriptions": ["zen:event-type:ticket.created"]}
    await support.call("POST", "/webhooks", {"webhook": other})
    own = {**other, "name": "Events", "endpoint": TARGET}
    await support.call("POST", "/webhooks", {"webhook": own})
    before = await support.webhooks()
    await support.setup()
    assert (await support.webhooks())[:2] == before, "one that hears of events cannot be notified"
    assert len(await support.webhooks()) == 3


async def test_an_admin_for_the_command_alone(bot, sim):
    support = await with_support(bot, sim, support_role="admin")
    del bot.connector["support_email"], bot.connector["support_token"]
    bot.write()
    output = await support.setup(code=1)
    assert "no `support_token`" in output and "--support-email" in output
    options = ("--support-email", EMAIL)
    output = await support.setup(*options, ZENDESK_SETUP_SUPPORT_TOKEN=TOKEN)
    assert TOKEN not in output
    assert len(await support.triggers()) == 1
    assert "support_token" not in (bot.folder / "credentials.yml").read_text()


async def test_options_that_belong_to_the_other_set_up(support):
    output = await support.setup("--switchboard", "--own-key", code=1)
    assert "Run setup with --switchboard --own-key for itself." in output
    output = await support.bot.setup("--support-email", EMAIL, code=1)
    assert "--support-email belongs to --ticket-events." in output


async def test_an_agent_may_not(bot, sim):
    support = await with_support(bot, sim)
    output = await support.setup(code=1)
    assert "403" in output and f"{EMAIL} may not do this" in output and "an admin's" in output


async def test_a_wrong_token(support):
    env = support.bot.folder / ".env"
    env.write_text(env.read_text().replace(TOKEN, "no token"))
    output = await support.setup(code=1)
    assert "401" in output and "Zendesk does not accept `support_token`" in output


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v2/webhooks", 404, "was deleted meanwhile, or the account's plan has no webhooks"),
        ("/api/v2/triggers", 422, "Zendesk has refused what was sent"),
        ("/api/v2/triggers", 429, "Zendesk is busy"),
    ],
)
async def test_refusals(support, sim, path, status, words):
    fault = {"app": support.bot.app_id, "path": path, "method": "POST", "status": status}
    await sim.add_fault("status", count=1, **fault)
    output = await support.setup(code=1)
    assert str(status) in output and words in output
    # What was made is found by the next run.
    await support.setup()
    assert [len(await support.webhooks()), len(await support.triggers())] == [1, 1]
    assert NOTHING in await support.setup()


async def test_an_address_that_zendesk_cannot_reach(support):
    support.bot.write(base_url="https://acme.zendesk.com/sc")
    text = (support.bot.folder / "credentials.yml").read_text()
    (support.bot.folder / "credentials.yml").write_text(
        text.replace(PUBLIC_URL, "https://bot.acme.internal")
    )
    assert "Zendesk cannot reach it" in await support.setup(code=1)


PLACES = (
    "setup: POST /api/v2/webhooks",
    "setup: write .env",
    "setup: POST /api/v2/triggers",
    "setup: write credentials.yml",
)


async def test_the_places_are_all(support):
    (support.bot.folder / PASSED).touch()
    assert await killed(support.bot, "--ticket-events") == 0
    assert tuple((support.bot.folder / PASSED).read_text().splitlines()) == PLACES


@pytest.mark.parametrize("place", PLACES)
async def test_a_kill_and_a_repeat(support, place):
    bot = support.bot
    (bot.folder / ARMED).write_text(place)
    assert await killed(bot, "--ticket-events") == -signal.SIGKILL
    for _ in range(2):
        output = await support.setup()
    assert NOTHING in output
    [webhook], [trigger] = await support.webhooks(), await support.triggers()
    assert trigger["actions"][0]["value"][0] == webhook["id"]
    assert support.signing_secrets() == (await support.secret(webhook),)
