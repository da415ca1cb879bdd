"""Generated media addresses: the API key goes to attachments, whoever reads the address.

Each address is read here once more, by the rules of browsers (https://url.spec.whatwg.org/), and
what would be requested is read by yarl, as the HTTP client does. ``MEDIA_CASES`` sets their number.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from urllib.parse import quote, unquote

import pytest
from yarl import URL

from tests.support.zendesk import connector
from zendesk_handoff.zendesk.media import media_address

CASES = int(os.environ.get("MEDIA_CASES", "20000"))
SEED = int(os.environ.get("MEDIA_SEED", random.SystemRandom().randrange(2**32)))

ROOTS = {
    "https": "https://your-company.zendesk.com/sc",
    "legacy": "https://api.smooch.io",
    "this machine": "http://127.0.0.1:8090/sc",
}
OTHERS = "v2/apps/a/conversations/c/messages"
#: What two readers of an address may take for different things.
_MARKS = (
    *("/", "//", "\\", "/\\", "..", ".", "/../", "/./", "%2e%2e", "%2E.", ".%2e/", "%2f", "%5c"),
    *("%252e", "%252f", "%25", "%00", "%0a", "%0d%0a", "\t", "\n", "\r", "\x00", " ", "%20", ";"),
    *("?", "#", "?x=1", "#x", "@", "user@", "user:p@", ":", ":443", ":80", ":444", ":0", "[", "]"),
    *("%", "%zz", "%u002f", "%c0%af", "%e0%80%af", "%ff", "\u2215", "\uff0f", "\u3002", "\uff0e"),
    *(
        "\u202e",
        "\ud800",
        "é",
        "王",
        "٢",
        "\x7f",
        "\x85",
        "..;/",
        "*",
        "|",
        "^",
        "{",
        "}",
        "`",
        "<",
        '"',
    ),
    *(OTHERS, "attachments", "v2", "evil.example", "zendesk.com", "127.0.0.1", "169.254.169.254"),
)
_NAMES = (
    *("label.png", "größe.png", "a b.pdf", "100%.png", "٪.pdf", "..png", "...", "a..b", "%2e", "~"),
    *(
        "x" * 300,
        "emoji 👩🏽‍🚒.png",
        "a'b(c).png",
        "a;b,c=d&e+f@g:h!.png",
        "-",
        "_",
        "archive.tar.gz",
    ),
)
_SCHEMES = ("https", "http", "HTTPS", "ftp", "javascript", "data", "file", "", "https:https")
_HOSTS = (
    *("evil.example", "your-company.zendesk.com.evil.example", "other.zendesk.com", "zendesk.com"),
    *("x.zdusercontent.com", "api.smooch.io", "api.smooch.io.", "127.0.0.1", "127.1", "[::1]", ""),
    *("YOUR-COMPANY.zendesk.com", "your-company.zendesk.com.", "your-company。zendesk.com"),
    *("169.254.169.254", "metadata.google.internal", "xn--zendesk.com", "ⓩendesk.com"),
)


def address(choose, root):
    """Make an address: an attachment's, with some of its parts replaced, or marks put into it."""
    name = quote(choose.choice(_NAMES), safe="")
    version, number = choose.choice(("v1", "v2", "v2", "v10")), choose.choice(("01HZX", "a_b-c"))
    scheme, _, rest = root.partition("://")
    host, slash, path = rest.partition("/")
    parts = [
        scheme,
        "://",
        host,
        f"{slash}{path}",
        "/attachments/",
        version,
        "/",
        number,
        "/",
        name,
    ]
    kind = choose.random()
    if kind < 0.1:
        return "".join(parts)
    if kind < 0.3:
        parts[0] = choose.choice(_SCHEMES)
    elif kind < 0.5:
        parts[2] = choose.choice(_HOSTS)
    elif kind < 0.6:
        parts[choose.choice((4, 5, 7, 9))] = choose.choice((OTHERS, "x", "", "..", "%2e%2e"))
    for _ in range(choose.choice((0, 1, 1, 2, 3))):
        place = choose.randrange(len(parts))
        at = choose.randint(0, len(parts[place]))
        mark = choose.choice(_MARKS)
        parts[place] = parts[place][:at] + mark + parts[place][at:]
    return "".join(parts)


def as_browsers(url):
    """Read an address of the web: scheme, user, host, port, segments, query and fragment."""
    # They leave out a space at the end, too, which is a name's here.
    text = re.sub(r"[\t\n\r]", "", url.lstrip("".join(map(chr, range(0x21)))))
    scheme, found, rest = text.partition(":")
    if not found or scheme.lower() not in {"http", "https"}:
        return None
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.replace("\\", "/").lstrip("/").partition("/")
    user, at, host = authority.rpartition("@")
    host, _, port = host.partition(":")
    segments = []
    for segment in path.split("/"):
        plain = re.sub("%2e", ".", segment, flags=re.IGNORECASE)
        if plain == "..":
            segments = segments[:-1]
        elif plain != ".":
            segments.append(segment)
    return scheme.lower(), user + at, unquote(host).lower(), port, segments, query, fragment


def decoded(segment):
    """Decode a segment as often as any server may."""
    while (once := unquote(segment, errors="surrogateescape")) != segment:
        segment = once
    return segment


def is_attachment(segments, root):
    """Tell whether a path is an attachment's, to a reader that decodes it until nothing is left."""
    below = [each for each in URL(root).path.split("/") if each]
    own, rest = segments[: len(below)], segments[len(below) :]
    if own != below or len(rest) != 4 or rest[0] != "attachments":
        return False
    _, version, number, name = rest
    if not re.fullmatch(r"v[0-9]{1,2}", version) or not re.fullmatch(r"[0-9A-Za-z_-]+", number):
        return False
    name = decoded(name)
    return bool(name) and name not in {".", ".."} and not re.search(r"[/\\\x00-\x1f\x7f]", name)


def is_plain(url, root):
    """Tell whether an address is an attachment's in the one spelling that Zendesk writes."""
    if not url.isascii() or not url.startswith(f"{root}/attachments/"):
        return False
    rest = url.removeprefix(f"{root}/attachments/")
    found = re.fullmatch(r"v[0-9]{1,2}/[\w-]{1,64}/((?:[\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})+)", rest)
    if found is None:
        return False
    try:
        name = unquote(found[1], errors="strict")
    except UnicodeDecodeError:
        return False
    dots = name in {".", ".."}
    return not dots and "%" not in name and not re.search(r"[/\\\x00-\x1f\x7f]", name)


@pytest.mark.parametrize("kind", ROOTS)
def test_the_key_goes_to_attachments_alone(kind):
    choose, root, counts = random.Random(f"{SEED} {kind}"), ROOTS[kind], Counter()
    own, where = connector(base_url=root), URL(root)
    for _ in range(CASES // len(ROOTS)):
        url = address(choose, root)
        what, found = f"{url!r} (MEDIA_SEED={SEED})", media_address(url, own)
        if found is None:
            counts["not requested"] += 1
            assert not is_plain(url, root), what
            continue
        requested = URL(found.url, encoded=True)
        assert requested.user is requested.password is None and not requested.fragment, what
        if not found.takes_key:
            counts["without the key"] += 1
            assert not is_plain(url, root), what
            assert requested.scheme == "https" and requested.port == 443, what
            hosts = ("zendesk.com", "zdusercontent.com", "smooch.io")
            assert requested.host.endswith(hosts), what
            continue
        counts["with the key"] += 1
        origin = requested.scheme, requested.host.lower(), requested.port
        assert origin == (where.scheme, where.host, where.port), what
        assert not requested.query_string, what
        segments = requested.raw_path.split("/")[1:]
        assert is_attachment(segments, root), what
        # Whoever reads the address that came reads the same one.
        scheme, user, host, port, read, query, fragment = as_browsers(url)
        assert (scheme, host) == (where.scheme, where.host) and not (user or query or fragment), (
            what
        )
        assert int(port or {"https": 443, "http": 80}[scheme]) == where.port, what
        assert [unquote(each) for each in read] == [unquote(each) for each in segments], what
    assert counts.total() == CASES // len(ROOTS)
    assert all(count > counts.total() // 50 for count in counts.values()), counts
    assert len(counts) == 3 - (kind == "this machine"), counts
