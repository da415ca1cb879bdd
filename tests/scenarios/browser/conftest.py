"""Browser windows for the stories in a browser; they need Chromium."""

from __future__ import annotations

import uuid

import pytest
from playwright.async_api import async_playwright, expect

from tests.support.browser import CHROMIUM, FLAGS, SITE, Customer
from tests.support.identity import identity


@pytest.fixture
async def playwright():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    async with async_playwright() as started:
        yield started


@pytest.fixture
async def browser(playwright):
    launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield launched
    await launched.close()


@pytest.fixture
async def open_page(browser):
    problems = []

    async def open_one(url, *, width=860, height=760, referer=None, **options):
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        page = await context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(url, referer=referer)
        return page

    yield open_one
    assert problems == [], "the pages' scripts raise nothing"


@pytest.fixture
async def open_chat(open_page, stack):
    """Open the chat's own page, in the language and the looks of a browser."""

    async def open_one(rest="", **options):
        opened = Customer(await open_page(f"{stack.rasa_url}/webhooks/webchat/{rest}", **options))
        await expect(opened.input).to_be_visible()
        return opened

    return open_one


@pytest.fixture
async def customer(open_chat):
    """A customer whom the site has signed in."""
    token = identity(str(uuid.uuid4()), name="Jo Doe", email="jo@example.com")
    return await open_chat(f"#identity={token}", referer=f"{SITE}?session=s3cret")
