"""Run Rasa's command line without its libraries' deprecations.

``PYTHONWARNINGS=ignore`` does not last: some of them turn such warnings on when they are imported.
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
