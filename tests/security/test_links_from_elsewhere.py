"""A link that anybody can write, opened in a browser that has a conversation."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.async_api import async_playwright, expect

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.identity import identity
from tests.support.users import conversation_of
from tools.paths import ROOT

LINKS = [
    {"name": "Mallory"},
    {"email": "mallory@evil.example"},
    {"workspace": "wholesale"},
    {"name": "Mallory", "email": "mallory@evil.example", "workspace": "wholesale"},
]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("before", [{}, {"name": "Jo", "email": "jo@example.com"}])
async def test_a_link_changes_nothing_and_is_told(page, sim, stack, link, before):
    mine = await page.begins(status=201, **before)
    await page.says("hello")
    answer = await page.begins(status=200, **link)
    assert answer == {**mine, "asks": link}
    assert await page.begins(status=200, **link) == answer, "nothing was put into it"
    await page.says(ASK_HUMAN)
    found = await conversation_of(page.sender, sim, stack)  # of the connector of before
    await page.shows(STARTED)
    first, *_ = await sim.messages(found["id"])
    assert "mallory" not in str(found).lower() + first["content"]["text"].lower()
    for value in before.values():
        assert value in first["content"]["text"]


@pytest.mark.parametrize("new", ["true", 1, [True], {"a": 1}, "yes", None])
async def test_only_the_page_itself_begins_another_one(page, new):
    mine = await page.begins(status=201)
    assert await page.begins(status=200, new=new) == mine
    assert await page.begins(status=201, new=True) != mine


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
async def test_another_site_begins_none_by_itself(page, headers):
    await page.begins(status=201)
    url, body = f"{page.root}/conversations", {"new": True, "name": "Mallory"}
    async with page.http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


async def test_a_token_asks_where_the_user_has_written_before(page):
    mine = await page.begins(status=201)
    await page.says("hello")
    token = identity(str(uuid.uuid4()), name="Mallory")
    assert await page.begins(status=200, identity=token) == {**mine, "asks": {"name": "Mallory"}}
    begun = await page.begins(status=201, identity=token, new=True)
    assert begun["signed_in_as"] == "Mallory"


@pytest.mark.parametrize("workspace", ["retail", "WHOLESALE", "wholesale.", "*", "../default"])
@pytest.mark.parametrize("new", [False, True])
async def test_a_workspace_that_is_not_allowed_is_refused(page, workspace, new):
    body = await page.begins(status=403, workspace=workspace, new=new)
    assert "not open for the workspace" in body["error"]
    assert workspace not in body["error"]


async def test_a_workspace_that_is_allowed_has_its_own_zendesk(page, sim, stack):
    await page.begins(status=201, workspace="wholesale")
    await page.says(ASK_HUMAN)
    assert await conversation_of(page.sender, sim, stack, connector="wholesale")


@pytest.fixture
async def context():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await browser.new_context(viewport={"width": 860, "height": 760})
        await browser.close()


@pytest.fixture
async def tab(context, stack):
    """A page whose user has written something."""
    opened = await context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    await opened.goto(f"{stack.rasa_url}/webhooks/webchat/")
    await says(opened, "hello from before")
    yield opened
    assert problems == []


async def says(tab, text):
    await tab.locator("#text-input").fill(text)
    await tab.locator("#text-input").press("Enter")
    await expect(tab.get_by_text(text)).to_have_count(1)


async def follows(tab, stack, rest):
    """Follow a link: the browser loads the page anew."""
    await tab.goto("about:blank")
    await tab.goto(f"{stack.rasa_url}/webhooks/webchat/{rest}")


LINK = "?name=%3Cb%3EMallory%3C/b%3E&email=mallory@evil.example&workspace=wholesale&new=true"


#: The browser's own controls, between the last element and the first, count as the page's body.
IS_WITHIN = """dialog =>
    [...dialog.querySelectorAll("*"), document.body].includes(document.activeElement)"""


async def cookie_of(context):
    [cookie] = await context.cookies()
    return cookie["value"]


async def test_escape_keeps_the_conversation(tab, context, stack):
    before = await cookie_of(context)
    await follows(tab, stack, LINK)
    dialog = tab.get_by_role("dialog", name="Begin another conversation?")
    await expect(dialog).to_be_visible()
    await expect(dialog).to_contain_text("<b>Mallory</b>")
    await expect(dialog).to_contain_text("wholesale")
    keep = dialog.get_by_role("button", name="Keep this one")
    await expect(keep).to_be_focused()
    for _ in range(4):
        await tab.keyboard.press("Tab")
        assert await dialog.evaluate(IS_WITHIN), "the focus stays in the dialog"
    (ROOT / "shots").mkdir(exist_ok=True)
    await tab.screenshot(path=ROOT / "shots" / "link.png")
    await tab.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(tab.get_by_text("hello from before")).to_have_count(1)
    assert await cookie_of(context) == before
    await expect(tab).to_have_url(re.compile("/webhooks/webchat/$"))  # a reload asks no more
    await says(tab, "and on")


async def test_the_users_yes_begins_another_one(tab, context, stack):
    before = await cookie_of(context)
    await follows(tab, stack, LINK)
    dialog = tab.get_by_role("dialog")
    await dialog.get_by_role("button", name="Begin another").click()
    await expect(tab.get_by_text("hello from before")).to_have_count(0)
    await says(tab, "hello again")
    assert await cookie_of(context) != before
    await tab.reload()
    await expect(tab.get_by_text("hello again")).to_have_count(1)
    await expect(dialog).to_be_hidden()


async def test_a_token_leaves_the_address_at_once_and_a_frame_may_give_another(tab, context, stack):
    seen = []
    context.on("request", lambda request: seen.append(request.url))
    first, second = (str(uuid.uuid4()) for _ in range(2))
    tokens = [identity(first, name="Jo Doe"), identity(second, name="Mo Roe")]
    await context.clear_cookies()
    await follows(tab, stack, f"#identity={tokens[0]}")
    await expect(tab.locator("#signed-in")).to_have_text("Signed in as Jo Doe")
    assert "#" not in tab.url
    await says(tab, "mine alone")
    await tab.evaluate("token => { location.hash = `identity=${token}`; }", tokens[1])
    await expect(tab.locator("#signed-in")).to_have_text("Signed in as Mo Roe")
    await expect(tab.get_by_text("mine alone")).to_have_count(0)
    assert "#" not in tab.url
    requested = [each for each in seen if not each.startswith("blob:")]
    assert not any(token in each.partition("#")[0] for token in tokens for each in requested)
