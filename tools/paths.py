"""Locations in this checkout, and of the optional evaluation data beside it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "models" / "demo.tar.gz"

#: Names another folder for the optional data.
SHARED_VARIABLE = "ZENDESK_HANDOFF_SHARED"
#: Evaluation sets and Zendesk's OpenAPI file, which are not part of the project. Tests and
#: benchmarks that read them are optional.
SHARED = Path(os.environ.get(SHARED_VARIABLE) or ROOT.parent / "shared")
EVALUATION_SETS = SHARED / "data" / "dev"
