"""Steps that the scenarios of platforms share."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.servers import Stack
from tests.support.users import conversation_of
from tests.support.waiting import PATIENCE, until
from zendesk_handoff.domain.markup import WORD_JOINER

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
LONG = " ".join(f"Sentence number {number} of a long answer." for number in range(400))
Texts = Callable[[], list[str]]


@contextmanager
def running(folder: Path, channels: dict[str, Any], **settings: Any) -> Iterator[Stack]:
    """Run the servers with these channels."""
    with Stack(folder, channels=channels, settings=settings) as servers:
        yield servers


async def hears(texts: Texts, words: str, *, timeout: float = PATIENCE) -> str:
    """Wait until a text with these words is there, once, and return it."""

    async def look() -> bool:
        return any(words in each for each in texts())

    try:
        await until(look, timeout=timeout)
    except AssertionError:
        raise AssertionError(f"{words!r} was not heard, but {texts()[-3:]}") from None
    found = [each for each in texts() if words in each]
    assert len(found) == 1, f"{words!r} was heard {len(found)} times"
    return found[0]


def without_escapes(texts: Texts) -> Texts:
    """Read texts as people do, where a backslash or a word joiner keeps a mark literal."""
    return lambda: [each.replace("\\", "").replace(WORD_JOINER, "") for each in texts()]


async def is_told_and_comes_later(
    talk: Any, sim: SimulatorClient, conversation: str, reason: str
) -> None:
    """Let a platform refuse a message for good: the agent is told, the user reads it later.

    Args:
        talk: The user's, on a platform that refuses what goes to the places of a set.
        sim: Zendesk.
        conversation: Its id there.
        reason: Words of the platform's refusal, which the agent reads.
    """
    words = "to nobody, *for now*"
    talk.refusing.add(talk.place)
    await sim.agent_text(conversation, words)
    told = await sim.wait_for_message(
        conversation, lambda one: "could not be delivered" in str(one["content"].get("text"))
    )
    assert reason in told["content"]["text"]
    assert words not in told["content"]["text"]
    talk.refusing.clear()
    await talk.user.says("are you there?")
    await hears(talk.texts, words)


async def starts(talk: Any, sim: SimulatorClient, stack: Stack) -> str:
    """Let the user of a talk ask for a human; return the conversation's id."""
    return await is_handed_over(talk.user, talk.sender, talk.texts, sim, stack)


async def is_handed_over(
    user: Any, sender: str, texts: Texts, sim: SimulatorClient, stack: Stack
) -> str:
    """Let a user ask for a human; return the conversation's id."""
    await user.says(ASK_HUMAN)
    await hears(texts, STARTED)
    found = await conversation_of(sender, sim, stack)
    return str(found["id"])


#: A place, and the map that shows it.
PLACE = {
    "type": "location",
    "coordinates": {"lat": 52.516275, "long": 13.377704},
    "location": {"name": "Our shop", "address": "Pariser Platz 1"},
}
#: What an agent sends, and by which words it is known on the user's side.
KINDS = {
    "picture": "label.png",
    "file": "terms.pdf",
    "place": "https://www.openstreetmap.org/?mlat=52.516275&mlon=13.377704",
    "buttons": "The red one",
    "links": "https://shop.example/both?a=1",
    "cards": "https://shop.example/kettle.png",
}
ALL_KINDS = frozenset(KINDS)


async def sends_all_kinds(sim: SimulatorClient, conversation: str) -> None:
    """Let an agent send a message of each kind, and a long text."""
    actions = [
        {"type": "reply", "text": KINDS["buttons"], "payload": "RED"},
        {"type": "link", "text": "See both", "uri": KINDS["links"]},
    ]
    card = {"title": "Kettle", "description": "1.7 l", "mediaUrl": KINDS["cards"]}
    look = {"type": "link", "text": "Look", "uri": "https://shop.example/kettle"}
    await sim.agent_image(conversation, PNG, filename=KINDS["picture"], text="your label")
    await sim.agent_file(conversation, b"%PDF-1.4", filename=KINDS["file"])
    await sim.agent_content(conversation, PLACE)
    await sim.agent_content(
        conversation, {"type": "carousel", "items": [{**card, "actions": [look]}]}
    )
    question = {"type": "text", "text": "Which one?", "actions": actions}
    await sim.agent_text(conversation, LONG)
    await sim.agent_content(conversation, question, agent="Jörg O'Neil")


async def shows_all_kinds(
    texts: Texts, seen: Callable[[], Iterable[str]], *, in_words: Iterable[str]
) -> None:
    """Wait until a user has all that ``sends_all_kinds`` sends.

    Args:
        texts: What the user reads.
        seen: What the platform got, whole.
        in_words: The kinds that are in a text, among other words.
    """

    async def is_whole() -> bool:
        return any("Which one?" in each for each in texts())

    await until(is_whole)
    words = "".join(texts()).replace(" ", "")
    assert LONG.replace(" ", "") in words, "a long text is whole"
    whole = html.unescape("\n".join(seen()))  # Slack has entities
    missing = {kind for kind, known_by in KINDS.items() if known_by not in whole}
    assert not missing
    assert any("Our shop" in each and KINDS["place"] in each for each in texts())
    said = {
        kind
        for kind in in_words
        if not any(KINDS[kind] in each and each != KINDS[kind] for each in texts())
    }
    assert not said, "these are in words"


async def uploaded(sim: SimulatorClient, conversation: str, kind: str = "image") -> dict[str, Any]:
    """Wait until a file of the user's is at Zendesk; return its content object."""

    def fits(message: dict[str, Any]) -> bool:
        is_users = message["author"]["type"] == "user"
        return bool(is_users and message["content"]["type"] == kind)

    return dict((await sim.wait_for_message(conversation, fits))["content"])


async def restart_killed(stack: Stack) -> None:
    """Kill the Rasa server and start it again."""
    rasa = stack.processes["rasa"]
    await asyncio.to_thread(rasa.stop, kill=True)
    await asyncio.to_thread(rasa.start)
