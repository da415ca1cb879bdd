"""The chat page's API as the browser's page uses it, without a browser."""

from __future__ import annotations

import asyncio
import io
import json
import mimetypes
import uuid
from contextlib import asynccontextmanager, suppress

import aiohttp

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.users import conversation_of
from tests.support.waiting import until

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG = PNG_SIGNATURE + b"a small picture"


class ChatPage:
    """One visitor's page; the secret is a cookie of the HTTP session."""

    def __init__(self, root, http):
        self.root = f"{root}/webhooks/webchat"
        self.http = http
        self.sender = ""

    async def start(self, **profile):
        async with self.http.post(f"{self.root}/conversations", json=profile) as answer:
            assert answer.status in {200, 201}
            self.sender = (await answer.json())["conversation"]
            return answer

    async def begins(self, *, status=None, **values):
        """Ask for a conversation as the page does; return the answer's body."""
        async with self.http.post(f"{self.root}/conversations", json=values) as answer:
            assert status is None or answer.status == status
            body = await answer.json()
            self.sender = body.get("conversation", self.sender)
            return body

    async def chooses(self, payload, title, *, answers=None, status=202):
        """Send a payload as a button of the page does."""
        body = {"id": str(uuid.uuid4()), "payload": payload, "title": title}
        if answers is not None:
            body["answers"] = answers
        async with self.http.post(f"{self.root}/messages", json=body) as answer:
            assert answer.status == status

    async def says(self, text, *, id=None, status=202, **place):
        body = {"id": id or str(uuid.uuid4()), "text": text, **place}
        async with self.http.post(f"{self.root}/messages", json=body) as answer:
            assert answer.status == status
            return await answer.json()

    async def has_shown(self, item, *, status=202):
        """Tell that an item has been shown, as the page does once it is in view."""
        async with self.http.post(f"{self.root}/read", json={"item": item}) as answer:
            assert answer.status == status

    async def try_to_say(self, text, *, id):
        """Send a message to a server that may die; return whether it was acknowledged."""
        with suppress(aiohttp.ClientError):
            await self.says(text, id=id)
            return True
        return False

    async def uploads(self, data, *, filename="kettle.png", id=None, status=202):
        form = aiohttp.FormData()
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        form.add_field("files", io.BytesIO(data), filename=filename, content_type=kind)
        query = {"id": id} if id else {}
        async with self.http.post(f"{self.root}/files", data=form, params=query) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()

    async def try_to_upload(self, data, *, id):
        """Send a file to a server that may die; return whether it was acknowledged."""
        with suppress(aiohttp.ClientError):
            await self.uploads(data, id=id)
            return True
        return False

    async def shows(self, words):
        """Wait until the page shows the words; return all that it shows, from the beginning."""
        async with self.listens() as stream:
            await stream.until(words)
        return [stream.entries[number] for number in sorted(stream.entries)]

    async def is_handed_over(self, sim, stack):
        """Ask for a human, wait until the bot's turn is over, and return the conversation's id.

        The bot's answer is shown before that.
        """
        found = await hand_over_page(self, sim, stack)
        await self.shows(STARTED)
        unhandled = "SELECT count(*) FROM chat WHERE sender_id = :sender AND work IS NOT NULL"

        async def is_handled():
            return stack.count(unhandled, sender=self.sender) == 0

        await until(is_handled)
        return found["id"]

    @asynccontextmanager
    async def listens(self, *, after=None):
        headers = {"Last-Event-ID": str(after)} if after else {}
        async with self.http.get(f"{self.root}/events", headers=headers) as answer:
            assert answer.status == 200
            assert answer.content_type == "text/event-stream"
            yield EventStream(answer.content)


class EventStream:
    """The page's server-sent events, and the entries read so far by their ids."""

    def __init__(self, content):
        self.content = content
        self.entries = {}

    async def until(self, words):
        """Read up to the event that contains the words, and return it."""
        event = {}
        while True:
            line = (await asyncio.wait_for(self.content.readline(), 20)).decode().rstrip("\n")
            key, _, value = line.partition(": ")
            if key in {"id", "event", "data"}:
                event[key] = value
            elif not line and event:
                if "id" in event:
                    self.entries[int(event["id"])] = json.loads(event["data"])
                if words in event.get("data", ""):
                    return event
                event = {}


@asynccontextmanager
async def open_chat_page(root):
    """Open a page whose HTTP session keeps cookies of an IP address."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield ChatPage(root, http)


async def hand_over_page(page, sim, stack):
    """Start a page, ask for a human there, and return the conversation."""
    await page.start(name="Jo Doe", email="jo@example.com")
    await page.says(ASK_HUMAN)
    return await conversation_of(page.sender, sim, stack)
