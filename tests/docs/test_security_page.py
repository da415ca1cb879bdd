"""SECURITY.md names the tests that hold each threat, and every folder of attacks."""

from __future__ import annotations

import re

from tools.paths import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_each_threat_names_tests_that_exist():
    rows = re.findall(r"^\| .+? \| .+? \| (`tests/.+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 20
    for path in (each for row in rows for each in re.findall(r"`([^`]+)`", row)):
        assert (ROOT / path).exists(), path


def test_each_module_of_attacks_holds_a_threat():
    for module in (ROOT / "tests/security").rglob("test_*.py"):
        assert str(module.relative_to(ROOT)) in PAGE
