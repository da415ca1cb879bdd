"""Origins of the sites that may show the chat in a frame.

An origin is what a browser says of a page in ``event.origin``: scheme, host and port, in lower case
and without the scheme's own port (https://html.spec.whatwg.org/multipage/browsers.html#origin).
"""

from __future__ import annotations

import re

_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(rf"(https?)://({_HOST}|\[[0-9a-f:]+\])(?::([1-9][0-9]{{0,4}}))?")
_OWN_PORTS = {"http": "80", "https": "443"}


def is_origin(value: object) -> bool:
    """Tell whether a value is an origin, spelled as browsers do; no wildcard is.

    Args:
        value: From the settings.
    """
    match = _ORIGIN.fullmatch(value) if isinstance(value, str) else None
    return match is not None and match[3] != _OWN_PORTS[match[1]]
