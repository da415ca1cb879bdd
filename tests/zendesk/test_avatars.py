"""Agents' own pictures: which addresses this server reads, for whom, and how much of them."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer

from tests.support.webchat import PNG
from tests.support.zendesk import connector
from zendesk_handoff.domain.media import AVATAR_PATH
from zendesk_handoff.zendesk.avatars import (
    MAX_BYTES,
    AvatarClient,
    PublicResolver,
    avatar_path,
    signed_address,
)

ADDRESS = "https://secure.gravatar.example.com/avatar/1?s=80&d=https%3A%2F%2Fa.example%2Fb.png"


def of_account(**values):
    account = connector(base_url=values.pop("base_url", "https://your-company.zendesk.com/sc"))
    return dataclasses.replace(account, **{"webhook_secrets": ("a secret",), **values})


def parts(path):
    assert path.startswith(f"{AVATAR_PATH}/")
    return path.removeprefix(f"{AVATAR_PATH}/").split("/")


@pytest.mark.parametrize("address", [ADDRESS, "https://a.example.com/größe.png", "https://a.ch"])
def test_a_path_has_the_address_for_who_has_the_secret(address):
    account = of_account()
    connector_id, signature, encoded = parts(avatar_path(address, account))
    assert connector_id == account.id
    found = signed_address(account, signature, encoded)
    assert found == address.replace("ö", "%C3%B6").replace("ß", "%C3%9F") or found == address
    rotated = of_account(webhook_secrets=("a newer secret", "a secret"))
    assert signed_address(rotated, signature, encoded) == found
    assert signed_address(of_account(webhook_secrets=("another",)), signature, encoded) is None


@pytest.mark.parametrize(
    ("signature", "encoded"),
    [("", ""), ("ß", "aGk"), ("x", "\ud800"), ("x", "a"), ("x", "%00"), ("x", "gICA")],
)
def test_nobody_else_makes_a_path(signature, encoded):
    assert signed_address(of_account(), signature, encoded) is None
    _, signature, _ = parts(avatar_path(ADDRESS, of_account()))
    assert signed_address(of_account(), signature, encoded) is None


@pytest.mark.parametrize(
    "address",
    (
        *(None, "", "javascript:alert(1)", "data:image/png;base64,", "//a.example.com/a", 7),
        *("http://a.example.com/a.png", "https://u:p@a.example.com/a", "https://[", "https://a"),
        *("https://127.0.0.1/a", "https://169.254.169.254/a", "https://10.0.0.1/a", "file:///a"),
        *(
            "https://[::1]/a",
            "https://[fe80::1%25eth0]/",
            "https://localhost/a",
            "https://2130706433/",
        ),
        *("https://metadata.google.internal/a", "http://127.0.0.1:8090/a", ADDRESS + "a" * 2048),
    ),
)
def test_no_other_address_is_read(address):
    assert avatar_path(address, of_account()) is None
    assert avatar_path(ADDRESS, of_account(webhook_secrets=())) is None


def test_a_local_zendesk_has_pictures_of_its_own():
    local = of_account(base_url="http://127.0.0.1:8090/sc")
    assert avatar_path("http://127.0.0.1:8090/avatars/a.png", local)
    assert avatar_path("http://127.0.0.1:8091/avatars/a.png", local) is None


class Names(AbstractResolver):
    """Knows every name, at these addresses."""

    def __init__(self, *addresses):
        self.addresses = addresses

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0}
            for each in self.addresses
        ]

    async def close(self):
        pass


async def test_a_name_of_a_private_address_is_none():
    public, private = "93.184.216.34", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "fe80::1%eth0"]
    found = await PublicResolver(Names(public, *private)).resolve("a.example.com", 443)
    assert [each["host"] for each in found] == [public]
    assert all(not ipaddress.ip_address(each.partition("%")[0]).is_global for each in private)
    async with aiohttp.ClientSession() as own:
        client = AvatarClient(own=own, resolver=Names(*private))
        assert await client.read(ADDRESS, of_account()) is None
        await client.close()


@pytest.fixture
async def zendesk():
    """A local Zendesk with some pictures, and the headers of what was asked."""
    asked = []

    async def answer(request):
        asked.append(request.headers)
        name = request.match_info["name"]
        if name.startswith("to-"):
            raise web.HTTPFound({"to-inside": "http://10.0.0.1/a", "to-a": "a"}.get(name, name))
        if name == "missing":
            raise web.HTTPNotFound
        return web.Response(body=PNG if name == "a" else b"x" * (MAX_BYTES + 1))

    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as own:
        client = AvatarClient(own=own)
        root = str(server.make_url("/")).removesuffix("/")
        yield client, of_account(base_url=f"{root}/sc"), root, asked
        await client.close()


async def test_pictures_are_read_without_the_key_and_with_an_end(zendesk):
    client, account, root, asked = zendesk
    assert await client.read(f"{root}/a", account) == PNG
    assert await client.read(f"{root}/to-a", account) == PNG
    for name in ("large", "missing", "to-inside", "to-to"):
        assert await client.read(f"{root}/{name}", account) is None
    assert not any("authorization" in each for each in asked)
