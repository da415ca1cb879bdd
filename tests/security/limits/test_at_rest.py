"""The store's files are their owner's alone, and no secret travels or is chosen carelessly."""

from __future__ import annotations

import os
import stat

import pytest
from structlog.testing import capture_logs

from tests.support.store import request_session
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store import open_store

SUFFIXES = ("", "-wal", "-shm")


@pytest.fixture(params=[0o022, 0o000])
def umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(path):
    files = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    return [stat.S_IMODE(each.stat().st_mode) for each in files]


@pytest.mark.usefixtures("umask")
async def test_a_new_store_is_private(tmp_path):
    path = tmp_path / "handoff.db"
    async with await open_store(f"sqlite:///{path}") as store:
        await request_session(store)
        assert modes(path) == [0o600] * 3


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640])
async def test_an_existing_store_becomes_private_and_keeps_its_content(tmp_path, mode):
    path = tmp_path / "王 handoff.db"
    async with await open_store(f"sqlite:///{path}") as older:
        session = await request_session(older)
        # Open at this moment, so that the files beside the database exist.
        for suffix in SUFFIXES:
            path.with_name(path.name + suffix).chmod(mode)
        with capture_logs() as logs:
            async with await open_store(f"sqlite:///{path}") as store:
                assert modes(path) == [0o600] * 3
                assert await store.sessions.get(session.id) == session
    assert [each["event"] for each in logs].count("handoff.store.file_made_private") == 3


def block(*, base_url=None, public_url="https://bot.example.com", secret="x" * 16):
    connector = {
        "subdomain": "your-company",
        "app_id": "5f0c",
        "key_id": "app_1",
        "key_secret": "s",
        "webhook_secret": secret,
    }
    if base_url:
        connector["base_url"] = base_url
    return {"public_url": public_url, "connectors": {"support": connector}}


def problems_of(settings):
    with pytest.raises(SettingsError) as caught:
        read_settings(settings, environ={})
    return {problem.key: str(problem) for problem in caught.value.problems}


@pytest.mark.parametrize(
    "url",
    [
        "http://your-company.zendesk.com/sc",
        "HTTP://your-company.zendesk.com/sc",
        "http://10.0.0.5:8090",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://[2001:db8::1]/sc",
        "http://[::2]",
        "http://0.0.0.0:8090",
        "http://2130706433",
        "http://[",
        "http://x:y",
        "http://:80",
        "ftp://example.com",
    ],
)
def test_plain_http_to_another_machine_is_refused(url):
    found = problems_of(block(base_url=url, public_url=url))
    assert found.keys() == {"connectors.support.base_url", "public_url"}
    assert all("https://" in text for text in found.values())
    summary = {"engine": "llm", "model": "m", "base_url": url, "api_key": "k"}
    found = problems_of({**block(), "summary": summary})
    assert found.keys() == {"summary.base_url"}
    assert "https://" in found["summary.base_url"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8090/sc",
        "http://127.8.9.1",
        "http://localhost:1",
        "HTTPS://a.example",
        "http://[::1]:8090",
    ],
)
def test_this_machine_and_https_are_accepted(url):
    summary = {"engine": "llm", "model": "m", "base_url": url, "api_key": "k"}
    settings = read_settings(
        {**block(base_url=url, public_url=url), "summary": summary}, environ={}
    )
    assert settings.summary.base_url
    assert settings.public_url.startswith(("http://", "https://"))


@pytest.mark.parametrize("secret", ["x", "x" * 15, ["x" * 40, "short"]])
def test_a_webhook_secret_that_can_be_guessed_is_refused(secret):
    found = problems_of(block(secret=secret))
    assert found.keys() == {"connectors.support.webhook_secret"}
    assert "16 characters" in found["connectors.support.webhook_secret"]
    assert read_settings(block(secret=secret, base_url="http://127.0.0.1:8090/sc"), environ={})
    # The action server has none.
    assert read_settings(block(secret=secret), environ={}, for_actions=True)
