"""The servers' logs: no text that a person wrote and no secret, during a whole run."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from dataclasses import dataclass, field

import pytest

from tests.support.bot_texts import ASK_HUMAN, ENDED
from tests.support.users import RestUser, conversation_of
from tests.support.waiting import until
from tests.support.webchat import PNG, open_chat_page
from tests.support.webhooks import agent_event, post_events, webhook_url

#: The start of every JWT: its header begins with {"alg", in base64.
JWT = "eyJ"


@dataclass
class Marks:
    """Random words, one for each place that takes text from outside."""

    made: dict[str, str] = field(default_factory=dict)

    def __call__(self, place):
        return self.made.setdefault(place, f"mark{uuid.uuid4().hex}")


@pytest.fixture
def marks():
    return Marks()


@pytest.fixture
def printed(stack):
    """Read what the processes print from here on, by their names."""
    logs = {name: process.log for name, process in stack.processes.items()}
    start = {name: log.stat().st_size for name, log in logs.items()}

    def read(*names):
        return "".join(
            logs[name].read_bytes()[start[name] :].decode(errors="replace")
            for name in names or logs
        )

    return read


def secrets_of(stack):
    for connector in stack.connectors.values():
        yield connector["key_secret"]
        yield connector["webhook_secret"]
    database = sqlite3.connect(stack.folder / "handoff.db")
    tokens = database.execute("SELECT media_token FROM inbox WHERE media_token IS NOT NULL")
    yield from [token for (token,) in tokens]
    database.close()


async def test_a_whole_run_logs_no_text_and_no_secret(
    hand_over, sim, new_user, stack, http, marks, printed
):
    await use_rest(hand_over, sim, new_user(), stack, http, marks)
    cookie = await use_the_chat_page(sim, stack, marks)
    await cause_errors(hand_over, sim, new_user(), stack, http, marks)
    output = printed()
    seen = set(re.findall(r"\bhandoff\.[a-z_]+\.[a-z_]+\b", output))
    assert {
        "handoff.session.opened",
        "handoff.session.ended",
        "handoff.session.failed",
        "handoff.message.refused",
        "handoff.webhook.invalid_key",
        "handoff.webhook.invalid_payload",
        "handoff.webhook.unreadable",
    } <= seen, "the events must be there, or the search proves nothing"
    for place, mark in marks.made.items():
        assert mark not in output, place
    for secret in (cookie, JWT, *secrets_of(stack)):
        assert secret not in output


async def use_rest(hand_over, sim, user, stack, http, marks):
    await user.says(f"{marks('to the bot')} where is my order 10234?")
    session = await hand_over(user)
    body = {
        "sender": user.sender,
        "message": marks("to the agent"),
        "metadata": {
            "name": marks("name"),
            "email": f"{marks('email')}@example.com",
            "attachments": [
                {"media_url": f"https://example.com/{marks('link')}", "media_type": "image/png"}
            ],
        },
    }
    async with http.post(f"{stack.rasa_url}/webhooks/rest/webhook", json=body) as answer:
        assert answer.status == 200
    await sim.wait_for_message(session.conversation, marks("to the agent"))
    await sim.agent_text(session.conversation, marks("to the user"), agent=marks("agent"))
    file = f"{marks('file')}.pdf"
    await sim.agent_file(session.conversation, b"%PDF-1.4", filename=file)
    heard = await user.hears(marks("to the user"), file)
    link = next(each["attachment"] for each in heard if "attachment" in each)
    async with http.get(link) as answer:
        await answer.read()
    await sim.end_session(session.conversation)
    await user.hears(ENDED)


async def use_the_chat_page(sim, stack, marks):
    """Run a session on the chat page and return the secret of its cookie."""
    async with open_chat_page(stack.rasa_url) as page:
        await page.start(name=marks("page name"), email=f"{marks('page email')}@example.com")
        await page.says(ASK_HUMAN)
        found = await conversation_of(page.sender, sim, stack)
        await page.says(marks("page text"))
        await sim.wait_for_message(found["id"], marks("page text"))
        await page.uploads(PNG, filename=f"{marks('upload')}.png")
        await sim.wait_for_state(
            found["id"],
            lambda one: any(each["content"]["type"] == "image" for each in one["messages"]),
        )
        await page.says(marks("bad json"), id="no id of ours", status=400)
        [cookie] = [each.value for each in page.http.cookie_jar]
        return cookie


async def cause_errors(hand_over, sim, user, stack, http, marks):
    """Cause every error that the servers log, with a mark in the input that causes it."""
    session = await hand_over(user)
    await sim.add_fault("status", status=400, method="POST", path="*/messages", count=1)
    await user.says(marks("refused"))
    await user.says(marks("after the refused"))
    await sim.wait_for_message(session.conversation, marks("after the refused"))
    await sim.add_fault("status", status=503, method="POST", path="*/messages", count=2)
    await user.says(marks("overdue"))
    await sim.wait_for_message(session.conversation, marks("overdue"))
    event = agent_event(session.conversation, marks("wrong key"), event_id=uuid.uuid4().hex[:24])
    assert await post_events(http, stack, event, key=marks("key")) == 401
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    for garbage in (f'{{"events": "{marks("invalid_payload")}"}}', f'{{"{marks("broken")}": '):
        async with http.post(webhook_url(stack), data=garbage, headers=key) as answer:
            assert answer.status == 400
    odd = agent_event(session.conversation, marks("odd"), event_id=uuid.uuid4().hex[:24])
    odd["payload"]["message"]["content"] = {marks("odd key"): marks("odd value")}
    odd["payload"]["message"]["author"] = marks("odd author")
    assert await post_events(http, stack, odd) == 200
    await sim.add_fault("status", status=403, method="POST", path="/conversations", count=1)
    other = RestUser(user.rasa_url, user.http)
    await other.says(f"{marks('never connected')} {ASK_HUMAN}")
    await other.says(ASK_HUMAN)
    url = f"{stack.rasa_url}/webhooks/webchat/files/{marks('unknown file')}"
    async with http.get(url) as answer:
        assert answer.status == 401

    async def all_faults_have_hit():
        return all(fault["hits"] for fault in await sim.faults())

    await until(all_faults_have_hit)


async def test_log_lines_are_json_with_session_and_connector(
    hand_over, sim, user, status_of, printed
):
    session = await hand_over(user)
    await sim.end_session(session.conversation)
    await user.hears(ENDED)
    status = await status_of(session.conversation)
    lines: list[dict[str, str]] = []

    async def logged():
        lines[:] = [
            json.loads(line[line.index("{") :])
            for line in printed("rasa").splitlines()
            if '"event": "handoff.session.ended"' in line and status["id"] in line
        ]
        return lines

    await until(logged)
    [line] = lines
    assert (line["connector"], line["reason"]) == ("support", "agent")
    # The action server's lines may have another format: rasa_sdk does not configure structlog.
    opened = [line for line in printed("actions").splitlines() if status["id"] in line]
    assert any("handoff.session.opened" in line and "support" in line for line in opened)
