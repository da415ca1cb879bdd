"""The chat on another site, by its launcher: this server's is 127.0.0.1, the shop is localhost."""

from __future__ import annotations

import asyncio
import json
import uuid
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from playwright.async_api import expect

from tests.support.bot_texts import ASK_HOURS, HOURS
from tests.support.browser import CHROMIUM, FLAGS, SHOTS, Customer, violations
from tests.support.identity import identity
from tests.support.servers import free_port

HTTPS = {"X-Forwarded-Proto": "https"}  # as a proxy says it; browsers take loopback for secure
#: A site with a policy that allows nothing but the launcher and its frame.
POLICY = "default-src 'none'; script-src 'self' {chat}; frame-src {chat}"


class Shop:
    """A site of another origin, with the launcher on its page."""

    def __init__(self, stack, *, loading="async", **data):
        self.chat = stack.rasa_url
        self.loading = loading
        self.data = data

    async def page(self, request):
        attributes = "".join(f' data-{key}="{value}"' for key, value in self.data.items())
        src = f"{self.chat}/webhooks/webchat/widget.js"
        script = f'<script src="{src}" {self.loading}{attributes}></script>'
        head = f'<!doctype html><html lang="en"><title>Shop</title>{script}'
        html = f"{head}<main><h1>Kettles</h1></main>"
        headers = {"Content-Security-Policy": POLICY.format(chat=self.chat)}
        return web.Response(text=html, content_type="text/html", headers=headers)


@pytest.fixture
async def serve_shop(stack):
    runners = []

    async def serve(shop, *, url=stack.site_url):
        app = web.Application()
        app.router.add_get("/", shop.page)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", urlsplit(url).port).start()
        runners.append(runner)
        return url

    yield serve
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def open_shop(open_page, serve_shop, stack):
    async def open_one(*, headers=None, **data):
        url = await serve_shop(Shop(stack, **data))
        return await open_page(url, extra_http_headers=headers or {})

    return open_one


async def opened(page):
    await page.get_by_role("button", name="Open the chat").click()
    return await frame_of(page)


async def frame_of(page):
    element = await page.locator("iframe").element_handle()
    customer = Customer(page, await element.content_frame())
    await expect(customer.input).to_be_visible()
    return customer


async def test_a_partitioned_cookie_outlives_a_reload(open_shop):
    """Even here, where the browser's private window takes no other cookie of another site."""
    page = await open_shop(headers=HTTPS, name="Jo Doe")
    customer = await opened(page)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    [cookie] = await page.context.cookies()
    assert cookie["name"] == "webchat_embedded"
    assert cookie["sameSite"] == "None" and cookie["httpOnly"] and cookie["secure"]
    assert cookie["partitionKey"] == "http://localhost"
    await reloaded(page)
    await customer.shot("embedded")


async def reloaded(page):
    """Load the site again: the frame is loaded by itself, since there is a conversation."""
    await page.reload()
    await expect(page.locator("iframe")).to_have_count(1)
    await page.get_by_role("button", name="Open the chat").click()
    await (await frame_of(page)).sees(HOURS)


async def test_a_token_without_https_outlives_a_reload_and_is_in_no_address(
    playwright, serve_shop, stack, tmp_path
):
    # A browser that lets frames of other sites keep something; the others of these tests do not.
    preferences = tmp_path / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0}}))
    context = await playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=FLAGS
    )
    page, requests = await context.new_page(), []
    page.on("request", lambda request: requests.append(request))
    await page.goto(await serve_shop(Shop(stack)))
    customer = await opened(page)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    assert await context.cookies() == []
    await reloaded(page)
    given = {request.headers.get("authorization") for request in requests} - {None}
    [token] = {each.removeprefix("Bearer ") for each in given}
    assert len(token) == 43
    assert not any(token in request.url for request in requests)
    await context.close()


async def test_a_browser_that_keeps_no_cookie_gets_a_token(open_shop, http):
    """What its user writes before the page knows, and who they are, is kept."""
    page = await open_shop(headers=HTTPS, identity=identity(str(uuid.uuid4()), name="Mo Roe"))
    begun, released = [], asyncio.Event()

    async def without_cookie(route):
        request = route.request
        async with http.post(request.url, json=request.post_data_json, headers=HTTPS) as answer:
            begun.append(await answer.json())
            await route.fulfill(status=answer.status, json=begun[-1])

    async def wait(route):
        await released.wait()
        await route.continue_()

    await page.context.route("**/webchat/conversations", without_cookie)
    await page.context.route("**/webchat/events", wait)
    customer = await opened(page)
    await customer.says("hello from before")
    await customer.input.fill(ASK_HOURS)
    released.set()
    await customer.sees("Sent")
    await expect(customer.input).to_be_focused()
    await customer.input.press("Enter")
    await customer.sees(HOURS)
    assert await page.context.cookies() == []
    assert ["token" in each for each in begun] == [False, True]
    assert [each["signed_in_as"] for each in begun] == ["Mo Roe"] * 2
    words = [each["words"] for each in await customer.messages() if each["role"] == "user"]
    assert words == ["hello from before", ASK_HOURS]


async def test_the_sites_script_opens_listens_and_closes(open_shop, sim, stack):
    page = await open_shop()
    await page.wait_for_function("() => window.HandoffChat")
    await page.evaluate(
        """() => {
            window.heard = [];
            for (const event of ["ready", "open", "close", "message", "unread"]) {
                HandoffChat.on(event, () => { throw new Error("a listener of the site's"); });
                HandoffChat.on(event, (detail) => heard.push([event, detail]));
            }
            HandoffChat.open();
        }"""
    )
    customer = await frame_of(page)
    conversation = await customer.with_agents(sim, stack)
    await page.evaluate("() => HandoffChat.close()")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="Open the chat")).to_be_focused()
    await sim.agent_text(conversation, "Are you there?", agent="<b>Mo</b>")
    badge = page.get_by_role("button", name="Open the chat: 1 new")  # "… is here now" is none
    await expect(badge).to_be_visible()
    await page.screenshot(path=SHOTS / "launcher-unread.png")
    assert await violations(page) == []
    heard = await page.evaluate("() => heard")
    events = [event for event, _ in heard]
    assert events[0] == "open" and {"ready", "close", "message", "unread"} <= set(events)
    assert "Are you there?" not in json.dumps(heard), "the site is told that, not what, was said"
    await page.keyboard.press("Enter")  # it has the focus
    await expect(page.get_by_role("button", name="Close the chat").first).to_be_visible()
    await customer.sees("Are you there?")
    await customer.page.keyboard.press("Escape")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("button", name="Open the chat", exact=True)).to_be_visible()


async def test_the_site_signs_its_user_in_at_any_time(open_shop):
    page = await open_shop()
    customer = await opened(page)
    await expect(customer.frame.locator("#signed-in")).to_be_hidden()
    addresses = []
    page.on("request", lambda request: addresses.append(request.url))
    token = identity(str(uuid.uuid4()), name="Mo Roe")
    await page.evaluate("token => HandoffChat.identify(token)", token)
    await expect(customer.frame.locator("#signed-in")).to_have_text("Signed in as Mo Roe")
    assert not any(token in address for address in addresses)


async def test_who_signs_out_leaves_nothing_for_the_next_person(open_shop):
    page = await open_shop(headers=HTTPS)
    customer = await opened(page)
    signed_in = customer.frame.locator("#signed-in")
    identify = "token => HandoffChat.identify(token)"
    await page.evaluate(identify, identity(str(uuid.uuid4()), name="Mo Roe"))
    await expect(signed_in).to_have_text("Signed in as Mo Roe")
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await page.evaluate(identify, None)
    await expect(signed_in).to_be_hidden()
    await customer.sees(HOURS, times=0)
    await customer.says("I am somebody else")
    await customer.sees("Sent")
    await page.reload()
    await page.get_by_role("button", name="Open the chat").click()
    customer = await frame_of(page)
    await customer.sees("I am somebody else")
    await page.evaluate(identify, None)
    await customer.says("still here")
    await customer.sees("Sent", times=2)
    words = [each["words"] for each in await customer.messages() if each["role"] == "user"]
    assert words == ["I am somebody else", "still here"]


async def test_an_identity_that_changes_nothing_leaves_the_chat_as_it_is(open_shop):
    subject = str(uuid.uuid4())
    page = await open_shop(headers=HTTPS, identity=identity(subject, name="Mo Roe"))
    customer = await opened(page)
    signed_in = customer.frame.locator("#signed-in")
    await expect(signed_in).to_have_text("Signed in as Mo Roe")
    await customer.input.fill(ASK_HOURS)
    identify = "token => HandoffChat.identify(token)"
    await page.evaluate(identify, identity(subject, name="Mo Doe"))
    await expect(signed_in).to_have_text("Signed in as Mo Doe")
    await expect(customer.input).to_have_text(ASK_HOURS)
    await page.evaluate(identify, identity(subject, expires_in=-60))
    await customer.sees("Your sign-in has expired. Please open the chat from the site again.")
    await customer.input.press("Enter")
    await customer.sees(HOURS)


async def test_a_sign_in_while_the_chat_begins_is_the_one_that_counts(open_shop):
    page = await open_shop()
    requests, answered = [], asyncio.Event()

    async def overtake(route):
        requests.append(route.request)
        is_first = len(requests) == 1
        response = await route.fetch()
        if is_first:
            await asyncio.sleep(1)
        await route.fulfill(response=response)
        if is_first:
            answered.set()

    await page.context.route("**/webchat/conversations", overtake)
    await page.wait_for_function("() => window.HandoffChat")
    await page.evaluate(
        "token => HandoffChat.on('ready', () => HandoffChat.identify(token))",
        identity(str(uuid.uuid4()), name="Mo Roe"),
    )
    customer = await opened(page)
    await expect(customer.frame.locator("#signed-in")).to_have_text("Signed in as Mo Roe")
    await answered.wait()
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)


async def test_the_history_is_no_news_for_the_site(open_shop):
    page = await open_shop(headers=HTTPS)
    await page.context.add_init_script(
        """addEventListener("handoffchat", () => {
            window.heard = [];
            HandoffChat.on("message", ({ role }) => heard.push(role));
        });"""
    )
    customer = await opened(page)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await reloaded(page)
    assert await page.evaluate("() => heard") == []
    customer = await frame_of(page)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS, times=2)
    assert await page.evaluate("() => heard") == ["bot"]


async def test_the_site_may_open_it_before_its_page_is_there(open_page, serve_shop, stack):
    url = await serve_shop(Shop(stack, loading=""))
    page = await open_page("about:blank")
    await page.add_init_script('addEventListener("handoffchat", () => HandoffChat.open())')
    await page.goto(url)
    customer = await frame_of(page)
    # With Escape the user leaves a suggestion of the input method, for example for Japanese.
    await customer.input.evaluate(
        """input => input.dispatchEvent(new KeyboardEvent("keydown", {
            key: "Escape", isComposing: true, bubbles: true, composed: true,
        }))"""
    )
    launcher = page.locator("handoff-chat button.launcher")
    await expect(launcher).to_have_attribute("aria-expanded", "true")
    await expect(launcher).to_have_accessible_name("Close the chat")
    await customer.input.press("Escape")
    await expect(launcher).to_have_attribute("aria-expanded", "false")


async def test_a_launcher_tries_again_when_it_is_opened_again(open_shop):
    page = await open_shop()
    frames = "**/webchat/?widget*"
    await page.context.route(frames, lambda route: route.abort())
    await page.get_by_role("button", name="Open the chat").click()
    link = page.get_by_role("link", name="Open it in a window of its own")
    await expect(link).to_be_visible()
    await page.context.unroute(frames)
    await page.get_by_role("button", name="Close the chat").click()
    customer = await opened(page)
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await expect(link).to_be_hidden()


async def test_a_site_that_is_not_allowed_gets_no_chat(open_page, serve_shop, stack):
    other = await serve_shop(Shop(stack), url=f"http://localhost:{free_port()}")
    page = await open_page(other)
    await page.get_by_role("button", name="Open the chat").click()
    link = page.get_by_role("link", name="Open it in a window of its own")
    await expect(link).to_be_visible()
    assert await link.get_attribute("href") == f"{stack.rasa_url}/webhooks/webchat/"
    assert await violations(page) == []
    await page.screenshot(path=SHOTS / "launcher-refused.png")


async def test_messages_of_other_windows_are_ignored_on_both_sides(open_shop, stack):
    page = await open_shop()
    customer = await opened(page)
    forged = identity(str(uuid.uuid4()), name="Mallory")
    message = {"handoffChat": "identify", "identity": forged}
    # Of the frame's own origin, but not the window around it.
    await customer.frame.evaluate("message => window.postMessage(message, '*')", message)
    # Of the site's own, and not the frame.
    await page.evaluate("() => window.postMessage({handoffChat: 'close'}, '*')")
    await page.evaluate("() => window.postMessage({handoffChat: 'constructor'}, '*')")
    await customer.says(ASK_HOURS)
    await customer.sees(HOURS)
    await expect(customer.frame.locator("#signed-in")).to_be_hidden()
    await expect(page.locator("iframe")).to_be_visible()
    # A window of an origin that may not embed, around a frame that was opened all the same.
    await customer.frame.evaluate(
        """identity => window.dispatchEvent(new MessageEvent("message", {
            data: {handoffChat: "identify", identity},
            origin: "https://evil.example",
            source: parent,
        }))""",
        forged,
    )
    await asyncio.sleep(0)
    await customer.says("and on")
    await customer.sees("and on")
    await expect(customer.frame.locator("#signed-in")).to_be_hidden()


async def test_the_launcher_speaks_the_sites_language_and_fits_a_phone(
    open_page, serve_shop, stack
):
    url = await serve_shop(Shop(stack, locale="de", position="left"))
    page = await open_page(url, width=360, height=640)
    launcher = page.get_by_role("button", name="Chat öffnen")
    box = await launcher.bounding_box()
    assert box["x"] < 40
    await launcher.click()
    customer = await frame_of(page)
    await expect(customer.frame.get_by_text("Wie können wir Ihnen heute helfen?")).to_be_visible()
    box = await page.locator("iframe").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 640)
    assert await violations(customer.frame) == []
    await customer.shot("embedded-phone-de")
    await customer.frame.get_by_role("button", name="Chat schließen").click()
    await expect(launcher).to_be_focused()
