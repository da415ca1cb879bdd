"""An integration beside ours, which works with Zendesk's own Python client."""

from __future__ import annotations

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from tests.support import outside
from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, HOURS, STARTED
from tests.support.environments import make_environment
from tests.support.visitors import Visitor
from tests.support.waiting import until

CLIENT = "sunshine-conversations-client==17.0.1"
SCRIPT = Path(outside.__file__).with_name("outside_program.py")
AGENTS = "zd-agentWorkspace"
OWN, ASIDE = "outside", "this is not for the bot"
PICTURE, MANUAL = "https://shop.example/lamp.png", "https://shop.example/manual.pdf"
#: What the bot says, as Rasa's events have it.
RICH = [
    {
        "text": "Which lamp?",
        "data": {
            "buttons": [
                {"title": "The green one", "payload": '/inform{"lamp": "green"}'},
                {"title": "See all", "url": "https://shop.example/lamps"},
            ]
        },
    },
    {
        "text": None,
        "data": {
            "elements": [
                {
                    "title": "Fern lamp",
                    "subtitle": "brass",
                    "image_url": PICTURE,
                    "buttons": [{"title": "Take it", "payload": "/inform", "type": "postback"}],
                },
                {
                    "title": "Moss lamp",
                    "default_action": {"url": "https://shop.example/moss"},
                },
            ]
        },
    },
    {"text": None, "data": {"image": PICTURE}},
    {"text": None, "data": {"attachment": MANUAL}},
]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with Zendesk's client, which needs pydantic 2."""
    folder = tmp_path_factory.mktemp("official-client") / "environment"
    try:
        return make_environment(folder, CLIENT)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"cannot install {CLIENT}: {error}")


@pytest.fixture
async def program(python, sim, stack):
    """Run a phase of the program, with a key of its own integration in our account."""
    app_id = stack.connectors["messaging"]["app_id"]
    own = await outside.integration(sim, app_id, OWN)

    async def run(phase, **values):
        given = {
            "phase": phase,
            "url": sim.base_url,
            "app": app_id,
            "key": own.key_id,
            "secret": own.key_secret,
            "own": OWN,
            "bot": "Fern",
            "external_id": f"mia of {app_id}",
            "aside": ASIDE,
            "question": ASK_HOURS,
            "answer": HOURS,
            "wish": ASK_HUMAN,
            "started": STARTED,
            "agents": AGENTS,
            **values,
        }
        done = await asyncio.to_thread(
            subprocess.run,
            [str(python), str(SCRIPT)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env={},  # without the checkout's import path
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


async def user_texts(http, visitor):
    return [each["text"] for each in await visitor.user_events(http)]


async def test_an_integration_passes_control_to_the_bot_takes_it_away_and_gives_it_back(
    program, sim, stack, http
):
    begun = await program("begin")
    visitor = Visitor(sim, begun["conversation"], stack.rasa_url, "messaging")
    assert await user_texts(http, visitor) == [ASK_HOURS], "what was the other's is not read"

    await visitor.bot_says(http, *RICH)

    async def all_is_posted():
        types = [one["content"]["type"] for one in await visitor.heard()]
        return types[-4:] == ["text", "carousel", "image", "file"]

    await until(all_is_posted)
    [answer, *rich] = (await program("read", **begun))["messages"]
    assert answer == {"type": "text", "model": "TextMessage", "actions": []}
    assert [(one["type"], one["model"], one["actions"]) for one in rich] == [
        ("text", "TextMessage", ["Reply", "Link"]),
        ("carousel", "CarouselMessage", ["Postback", "Link"]),
        ("image", "ImageMessage", []),
        ("file", "FileMessage", []),
    ]

    taken = await program("take", **begun)
    assert (await visitor.view())["control"]["active"] == OWN
    given_back = await program("give_back", **begun)
    assert given_back["said_before"] == taken["said"], "the bot was silent meanwhile"
    assert given_back["said"] == taken["said"] + 1
    assert await user_texts(http, visitor) == [ASK_HOURS, ASK_HOURS]


async def test_the_client_sees_the_handover_and_takes_the_conversation_from_the_agents(
    program, sim, stack, http
):
    begun = await program("begin", external_id="a user who asks for a person")
    visitor = Visitor(sim, begun["conversation"], stack.rasa_url, "messaging")
    seen = await program("ask_human", **begun)
    assert seen["users"] == [begun["user"]], "no agent is a participant"
    assert seen["conversations"] == [visitor.conversation], "there is no second one"
    *_, asked, started = seen["texts"]
    assert asked == ASK_HUMAN and STARTED in started
    assert [text for text in seen["texts"] if "Summary" in text] == [], "it is the agents' alone"

    await sim.agent_text(visitor.conversation, "Hello, this is Ana", agent="Ana")
    await sim.offer_control(visitor.conversation, OWN)
    returned = await program("accept_and_release", **begun)
    assert returned == {"active": "rasa"}, "which is the default"
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND state = 'ended'"
    assert stack.count(query, sender=visitor.sender) == 1
    assert ASIDE not in await user_texts(http, visitor), "it was the other's"
