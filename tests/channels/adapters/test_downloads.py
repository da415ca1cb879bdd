"""Files behind a token: it goes to one origin, and too large a file is not read to its end."""

from __future__ import annotations

import pytest

from tests.support.platforms import slack
from zendesk_handoff.channels.adapters.downloads import download
from zendesk_handoff.errors import NotDelivered

HEADERS = {"Authorization": f"Bearer {slack.TOKEN}"}


@pytest.fixture
def api():
    with slack.SlackApi() as served:
        yield served


async def test_a_redirect_to_another_origin_is_not_followed_even_to_an_own_one(api):
    with slack.SlackApi() as other:
        url = f"{api.url}/files-pri/elsewhere?to={other.url}/files-pri/a"
        with pytest.raises(NotDelivered):
            await download(url, HEADERS, is_own=lambda _origin: True)
        assert other.tokens_seen == []


async def test_a_redirect_within_the_origin_is_followed_but_not_for_ever(api):
    api.files["a"] = (b"a", "text/plain")
    url = f"{api.url}/files-pri/elsewhere?to=/files-pri/a"
    assert (await download(url, HEADERS, is_own=lambda _origin: True)).data == b"a"
    loop = f"{api.url}/files-pri/elsewhere?to=%3Fto%3D"
    with pytest.raises(NotDelivered):
        await download(loop, HEADERS, is_own=lambda _origin: True)


async def test_a_file_that_is_too_large(api):
    api.files["a"] = (b"a" * 11, "text/plain")
    url = f"{api.url}/files-pri/a"
    with pytest.raises(NotDelivered) as raised:
        await download(url, HEADERS, is_own=lambda _origin: True, max_bytes=10)
    assert not raised.value.may_repeat
