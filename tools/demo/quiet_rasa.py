"""Run Rasa's command line without the deprecation warnings of its libraries.

``PYTHONWARNINGS=ignore`` is not enough: some libraries enable these warnings when imported.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

_show = warnings.showwarning


def _show_others(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
    if not issubclass(category, DeprecationWarning):
        _show(message, category, *where, **more)


if __name__ == "__main__":
    warnings.showwarning = _show_others
    from rasa.__main__ import main

    sys.exit(main())
