"""``endpoints.yml``: the address of the action server."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.adopt.patch import (
    NOTHING,
    Edits,
    entry_added,
    first_right,
    value_added,
)
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.errors import CannotPatch

ACTION_SERVER = "http://localhost:5055/webhook"
_KEY = "action_endpoint"
#: Entries that say where actions run: on a server, or (Rasa Pro) in the Rasa server itself.
_WAYS = ("url", "actions_module")
_LINES = (f"{_KEY}:", f'  url: "{ACTION_SERVER}"')
#: The two lines as `rasa init` writes them, commented out.
_COMMENT = re.compile(rf"(# ?){_KEY}:\s*")
_COMMENTED_URL = re.compile(r"\s+url: *(['\"]?)http://(localhost|127\.0\.0\.1):5055/webhook\1\s*")


def name_action_server(path: Path, text: str) -> Edits:
    """Name the action server, where the bot has none yet.

    Args:
        path: The file, for errors.
        text: Its text; empty for a new file.

    Raises:
        CannotPatch: The text is no YAML, or the entry is of another form.
    """
    yaml = YamlText.read(path, text)
    value = {"url": ACTION_SERVER}
    if _KEY not in yaml.data:
        try:
            return _uncommented(yaml)
        except CannotPatch:
            return entry_added(yaml, _KEY, value, _LINES)
    if yaml.data[_KEY] in (None, {}):
        return value_added(yaml, _KEY, value, _LINES[1:])
    if not isinstance(yaml.data[_KEY], dict) or not any(map(yaml.data[_KEY].get, _WAYS)):
        raise yaml.refuse(f"`{_KEY}` has no `url`; write {ACTION_SERVER} there.", _KEY)
    return NOTHING


def _uncommented(yaml: YamlText) -> Edits:
    """Uncomment the lines of `rasa init`."""
    lines = Lines.of(yaml.text).lines
    candidates = []
    for number, (line, following) in enumerate(pairwise(lines)):
        found = _COMMENT.fullmatch(line)
        if found and following.startswith(found[1]):
            new = (line[len(found[1]) :], following[len(found[1]) :])
            if url := _COMMENTED_URL.fullmatch(new[1]):
                wanted = {**yaml.data, _KEY: {"url": f"http://{url[2]}:5055/webhook"}}
                candidates.append(((Edit(number, (line, following), new),), wanted))
    for edits, wanted in candidates:
        return first_right(yaml, [edits], wanted, "")
    raise CannotPatch(yaml.path, "has no such comment.")
