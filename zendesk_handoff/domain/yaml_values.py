"""YAML as Rasa reads it: by version 1.2, in which `no` and `on` are texts. No I/O.

PyYAML reads by version 1.1. To it a connector `no`, for Norway, is called ``False``: the Rasa
server and the action server would not mean the same one. Rasa's own reader, ruamel.yaml, is no
choice here: within a Rasa server it puts values in the place of ``${NAME}``.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_TAG = "tag:yaml.org,2002:"
#: What is no text (YAML 1.2.2, section 10.3.2, with the underscores and the
#: `0b` that Rasa's reader takes).
_VALUES = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9][0-9_]*|0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
)
_CHANGED = frozenset(f"{_TAG}{kind}" for kind, _, _ in _VALUES)


class _Loader(yaml.SafeLoader):
    """PyYAML's reader with the values of version 1.2."""

    def read_int(self, node: Any) -> int:
        """Read a whole number, of which zeros in front are no base."""
        digits = str(self.construct_scalar(node)).replace("_", "")
        return int(digits, {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2], 10))


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in _CHANGED]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _kind, _pattern, _first in _VALUES:
    _Loader.add_implicit_resolver(f"{_TAG}{_kind}", re.compile(rf"(?:{_pattern})\Z"), list(_first))
_Loader.add_constructor(f"{_TAG}int", _Loader.read_int)


def read_yaml(text: str) -> Any:
    """Read a document.

    Args:
        text: Of a file that people write.

    Raises:
        yaml.YAMLError: It is no YAML, or nested too deeply.
    """
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise yaml.YAMLError("nested too deeply") from None
    except ValueError:  # a day of no calendar
        raise yaml.YAMLError("a value that cannot be read") from None
