"""CALM bots: the modules ``test_pro_…`` need Rasa Pro, and run in `make test-pro`."""

from __future__ import annotations

from zendesk_handoff.bounds import installed

collect_ignore_glob = [] if installed().rasa_pro else ["test_pro_*.py"]
