"""Attachments."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest

from simulator import Simulator

from .support.account import BUSINESS, Account

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


async def upload(
    account: Account, name: str = "a.png", data: bytes = PNG, *, part: str = "source", **query: str
) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field(part, io.BytesIO(data), filename=name)
    params = {"access": "public", **query}
    status, answer, _ = await account.raw("POST", "/attachments", data=form, params=params)
    return status, answer


async def test_download(account: Account) -> None:
    status, answer = await upload(account, "Straße 1.png")
    assert status == 201
    attachment = answer["attachment"]
    assert attachment["mediaType"] == "image/png"
    assert attachment["mediaUrl"].startswith(f"{account.sim.base_url}/attachments/v2/")
    async with account.session.get(attachment["mediaUrl"]) as response:
        assert (response.status, response.content_type) == (200, "image/png")
        assert await response.read() == PNG
        assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_private_files_need_the_apis_credentials(sim: Simulator, account: Account) -> None:
    await sim.set_switches(account.app.id, private_attachments=True)
    _, answer = await upload(account)
    url = answer["attachment"]["mediaUrl"]
    wrong = aiohttp.BasicAuth("app_nobody", "x")
    for auth, status in ((None, 401), (wrong, 401), (account.auth, 200)):
        async with account.session.get(url, auth=auth) as response:
            assert response.status == status


@pytest.mark.parametrize(
    ("name", "data", "title"),
    [
        ("a.exe", b"MZ", "File rejected. File extension not allowed"),
        ("none", b"x", "File rejected. File extension not allowed"),
        ("a.png", b"no picture", "File rejected. File type not allowed"),
        ("a.png", b"", "File rejected. File type could not be retrieved"),
    ],
)
async def test_refused_files(account: Account, name: str, data: bytes, title: str) -> None:
    status, answer = await upload(account, name, data)
    assert status == 415
    assert answer == {"errors": [{"code": "unsupported_media_type", "title": title}]}


async def test_refused_uploads(account: Account) -> None:
    assert (await upload(account, part="file"))[0] == 400
    assert (await upload(account, access="private"))[0] == 400
    assert (await upload(account, conversationId="0" * 24))[0] == 404
    assert (await account.call("POST", "/attachments", {"a": 1}, access="public"))[0] == 400


async def test_more_than_50_mb(account: Account) -> None:
    status, answer = await upload(account, "a.txt", b"x" * (50 * 1024 * 1024 + 1))
    assert (status, answer["errors"][0]["code"]) == (413, "request_entity_too_large")


async def test_a_file_of_another_conversation(account: Account) -> None:
    mine, other = await account.conversation(), await account.conversation()
    _, answer = await upload(account, conversationId=mine)
    content = {"type": "image", "mediaUrl": answer["attachment"]["mediaUrl"]}
    body = {"author": BUSINESS, "content": content}
    assert (await account.call("POST", f"/conversations/{other}/messages", body))[0] == 400
    posted = await account.must("POST", f"/conversations/{mine}/messages", body)
    assert posted["messages"][0]["content"]["mediaSize"] == len(PNG)


async def test_removal(account: Account) -> None:
    _, answer = await upload(account)
    body = {"mediaUrl": answer["attachment"]["mediaUrl"]}
    await account.must("POST", "/attachments/remove", body)
    assert (await account.call("POST", "/attachments/remove", body))[0] == 404
    async with account.session.get(body["mediaUrl"]) as response:
        assert response.status == 404
