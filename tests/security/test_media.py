"""Attack: the route of agents' files, its key and its places, and addresses that users give."""

from __future__ import annotations

import logging
import re

import pytest
import sqlalchemy as sa

from tests.support.bot_texts import NOT_PASSED_ON
from tests.support.webchat import PNG
from tests.support.webhooks import agent_event, post_events
from tests.support.zendesk import connector
from zendesk_handoff.channels.access_log import hide_media_tokens
from zendesk_handoff.domain.byte_ranges import read_range
from zendesk_handoff.domain.links import user_media_address
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.zendesk.media import is_zendesk_media, media_address

ROOT = "https://your-company.zendesk.com/sc"
OWN = connector(base_url=ROOT)
LOCAL = connector(base_url="http://127.0.0.1:8090/sc")
FILE = f"{ROOT}/attachments/v2/01HZX/label.png"
OTHERS = "/v2/apps/a/conversations/c/messages"


@pytest.mark.parametrize(
    "name", ["label.png", "größe.png", "a%20b.png", "100%25.png", "%D9%AA.pdf"]
)
def test_an_attachment_takes_the_key(name):
    found = media_address(f"{ROOT}/attachments/v2/01HZX/{name}", OWN)
    assert found is not None and found.takes_key and found.url.isascii()


@pytest.mark.parametrize("root", ["https://Your-Company.zendesk.com/sc", f"{ROOT[:-3]}:443/sc"])
def test_an_attachment_takes_the_key_however_the_settings_write_the_host(root):
    """Zendesk writes its addresses in lower case."""
    found = media_address(FILE, connector(base_url=root))
    assert found is not None and found.takes_key and found.url == FILE


@pytest.mark.parametrize(
    "url",
    [
        *(ROOT + OTHERS, f"{FILE}/..{OTHERS}", f"{FILE}?next={OTHERS}", f"{FILE}#x"),
        *(f"{ROOT}/attachments/v2/../../v2/apps/a", f"{ROOT}/attachments/v2/../x/label.png"),
        *(f"{ROOT}/attachments/v2/01HZX/..", f"{ROOT}/attachments/v2/01HZX/%2e%2e"),
        *(f"{ROOT}/attachments/v2/01HZX/..%2f..%2fv2%2fapps", f"{ROOT}/attachments/v2/01HZX/%252e"),
        *(f"{ROOT}/attachments/v2/01HZX/a%5c..%5c", f"{ROOT}/attachments/v2/01HZX/a\\..\\b"),
        *(f"{ROOT}/attachments/v2/01HZX/a%00", f"{ROOT}/attachments/v2/%2e%2e/a", f"{ROOT}//a"),
        *(f"{ROOT}/attachments/v2//label.png", f"{ROOT}/attachments/remove", ROOT),
        *(FILE.replace("https", "http"), FILE.replace("zendesk.com", "zendesk.com.evil.example")),
        *(FILE.replace("https://", "https://user@"), FILE.replace(".com/", ".com:444/")),
        *(
            f"https://other.zendesk.com/sc{OTHERS}",
            "https://x.zdusercontent.com/attachments/v2/a/b",
        ),
    ],
)
def test_nothing_else_does(url):
    found = media_address(url, OWN)
    assert found is None or not found.takes_key


@pytest.mark.parametrize(
    "url",
    (
        *("http://[", "http://[::1", "https://" + "a" * 64 + ".zendesk.com/x", "https://:80/", ""),
        *("https://.zendesk.com/x", "https://a..zendesk.com/x", "https://xn--.zendesk.com:x/"),
        *("https://zendesk.com.evil.example/a", "https://evil.example/?zendesk.com", "//a"),
        *("http://127.0.0.1:8090/sim/apps", "http://127.0.0.1:8090/", "http://169.254.169.254/a"),
        *("javascript:alert(1)//zendesk.com", "file:///etc/passwd", "https://ⓩendesk.com/a"),
        *("ftp://a.zendesk.com/a", "https://u:p@a.zendesk.com/a", "https://a.zendesk.com:22/a"),
    ),
)
def test_this_server_requests_no_other_address(url):
    assert not is_zendesk_media(url, LOCAL)
    assert not is_zendesk_media(url, OWN)


@pytest.mark.parametrize(
    "url",
    (
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[", 7, None),
        *("http://169.254.169.254/latest", "http://[fe80::1%25eth0]/", "http://10.0.0.1/a"),
        *("http://192.168.1.1/a", "http://127.1/a", "http://2130706433/", "http://0x7f.1/a"),
        *("http://0177.0.0.1/a", "http://[::ffff:127.0.0.1]/", "http://[64:ff9b::7f00:1]/"),
        *("http://[2002:7f00:1::]/", "http://[::1]/", "http://[fc00::1]/", "http://localhost/a"),
        *(
            "http://localhost./a",
            "http://a.localhost/",
            "http://printer.local/a",
            "http://intranet/",
        ),
        *("http://１２７.0.0.1/a", "http://127。0。0。1/a", "http://0.0.0.0/", "http://224.0.0.1/"),
        *(
            "http://metadata.google.internal/a",
            f"http://{'a' * 64}.example/a",
            "http://a..example/",
        ),
        *("http://127.0.0.1./a", "http://a.example:99999/", "http://100.64.0.1/a"),
    ),
)
def test_a_private_address_of_a_user_goes_nowhere(url):
    assert user_media_address(url) is None


def test_public_addresses_of_users_are_passed_on():
    for url in (
        "https://cdn.example.com/a.png?x=1&y=2",
        "http://93.184.216.34/a",
        "https://bücher.example.com/a",
    ):
        assert user_media_address(url) == url
    assert user_media_address("https://a.example.com/%[x](y)") == "https://a.example.com/%25[x](y)"
    assert user_media_address("http://127.0.0.1:8090/a", from_here=True)
    assert user_media_address("http://10.0.0.1/a", from_here=True) is None


@pytest.mark.parametrize(
    ("header", "size", "part"),
    [
        ("bytes=0-3", 10, (0, 3, 10)),
        ("bytes=4-", 10, (4, 9, 10)),
        ("bytes=-3", 10, (7, 9, 10)),
        ("bytes=-30", 10, (0, 9, 10)),
        ("bytes=5-500", 10, (5, 9, 10)),
        ("bytes=10-", 10, None),
        ("bytes=-0", 10, None),
        ("bytes=0-", 0, None),
    ],
)
def test_ranges(header, size, part):
    assert read_range(header).within(size) == part


@pytest.mark.parametrize(
    "header", ["bytes=-", "bytes=3-1", "bytes=0-1,4-5", "items=0-1", "x", None]
)
def test_other_headers_ask_for_the_whole_file(header):
    assert read_range(header) is None


def test_no_log_line_of_the_web_server_has_a_token(caplog):
    hide_media_tokens()
    path = f"{AGENT_MEDIA_PATH}/a-secret-token/tax%20return.pdf"
    with caplog.at_level(logging.INFO):
        logger = logging.getLogger("sanic.access")
        logger.propagate = True
        logger.info("", extra={"request": f"GET http://here{path}", "status": 200})
        logging.getLogger("sanic.error").error(
            "Exception while handling uri: '%s'", f"http://a{path}"
        )
    assert len(caplog.records) >= 1
    shown = "".join(str(each.__dict__) for each in caplog.records)
    assert (
        "a-secret-token" not in shown and "return.pdf" not in shown and "GET http://here" in shown
    )


def tokens(stack, conversation):
    query = sa.text(
        "SELECT media_token FROM inbox JOIN sessions ON sessions.id = session_id "
        "WHERE conversation_id = :conversation AND media_token IS NOT NULL ORDER BY inbox.id"
    )
    engine = sa.create_engine(stack.store_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return [row[0] for row in connection.execute(query, {"conversation": conversation})]


async def test_the_key_reads_no_other_conversation(hand_over, sim, stack, http, user, new_user):
    other = await hand_over(new_user())
    await other.user.says("a secret of another user")
    await sim.wait_for_message(other.conversation, "a secret of another user")
    mine = await hand_over(user)
    app = stack.connectors["support"]["app_id"]
    root = stack.connectors["support"]["base_url"]
    api = f"/v2/apps/{app}/conversations/{other.conversation}/messages"
    urls = [
        root + api,
        f"{root}/attachments/v2/x/..%2f..%2f..{api}",
        f"{root}/attachments/../{api}",
    ]
    urls += ["http://[", "http://" + "a" * 300 + ".zendesk.com/a", "http://169.254.169.254/a"]
    for number, url in enumerate(urls):
        event = agent_event(mine.conversation, "", message_id=f"m{number}", event_id=f"e{number}")
        event["payload"]["message"]["content"] = {"type": "image", "mediaUrl": url}
        event["payload"]["message"]["received"] = "2099-01-05T10:00:00.000Z"
        assert await post_events(http, stack, event) == 200
    found = tokens(stack, mine.conversation)
    assert len(found) >= 3
    for token in found:
        async with http.get(f"{stack.rasa_url}{AGENT_MEDIA_PATH}/{token}/a") as answer:
            assert answer.status in {404, 502}
            assert "secret" not in await answer.text()
    log = stack.processes["rasa"].log.read_text(errors="replace")
    assert not any(token in log for token in found)


async def test_ranges_head_and_expiry_of_a_file(hand_over, sim, stack, http, user):
    session = await hand_over(user)
    await sim.set_switches(stack.connectors["support"]["app_id"], private_attachments=True)
    await sim.agent_image(session.conversation, PNG, filename="label.png")
    [address] = re.findall(
        rf"http\S+?{AGENT_MEDIA_PATH}[^'\"\s]+", str(await user.hears("label.png"))
    )[:1]
    async with http.get(address) as answer:
        assert (answer.status, await answer.read()) == (200, PNG)
        tag = answer.headers["ETag"]
        assert answer.headers["Accept-Ranges"] == "bytes"
    for headers, status, body in (
        ({"Range": "bytes=2-5"}, 206, PNG[2:6]),
        ({"Range": "bytes=-4"}, 206, PNG[-4:]),
        ({"Range": "bytes=2-5", "If-Range": tag}, 206, PNG[2:6]),
        ({"Range": "bytes=2-5", "If-Range": '"another"'}, 200, PNG),
        ({"Range": f"bytes={len(PNG)}-"}, 416, b""),
    ):
        async with http.get(address, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (status, body), headers
    async with http.head(address) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(PNG)))
    await sim.end_session(session.conversation)
    await user.hears("I am the bot again")
    async with http.get(address) as answer:
        assert answer.status == 200, "some time after the end, too"
    engine = sa.create_engine(stack.store_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        aged = "UPDATE sessions SET ended_at = ended_at - 2678400 WHERE sender_id = :sender"
        connection.execute(sa.text(aged), {"sender": user.sender})
    async with http.get(address) as answer:
        assert answer.status == 410


async def test_users_files_are_their_own_and_public(page, hand_over, sim, stack, http, user):
    await page.is_handed_over(sim, stack)
    await page.uploads(PNG)
    session = await hand_over(user)
    engine = sa.create_engine(stack.store_url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        uploaded = connection.execute(sa.text("SELECT id FROM uploads")).scalars().all()
    attachments = [{"upload_id": each} for each in uploaded]
    attachments += [
        {"media_url": url, "media_type": "image/png"}
        for url in (
            "javascript:alert(1)",
            "http://169.254.169.254/a",
            "http://10.0.0.1/a",
            "http://[",
        )
    ]
    body = {"sender": user.sender, "message": "look", "metadata": {"attachments": attachments}}
    async with http.post(f"{stack.rasa_url}/webhooks/rest/webhook", json=body) as answer:
        assert answer.status == 200
    await user.says("the last one")
    await sim.wait_for_message(session.conversation, "the last one")
    posted = str(await sim.messages(session.conversation))
    assert "mediaUrl" not in posted and "javascript" not in posted and "169.254" not in posted
    await user.hears(NOT_PASSED_ON)
