"""The contents of the wheel."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tools.paths import ROOT


@pytest.fixture(scope="module")
def site(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that contains the plugin's wheel alone."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheels[0]) as packed:
        packed.extractall(folder)
    return folder


def test_the_wheel_holds_the_package_and_nothing_beside_it(site):
    package, metadata = sorted(site.iterdir())
    assert package.name == "zendesk_handoff"
    assert re.fullmatch(r"zendesk_handoff-[\d.]+\.dist-info", metadata.name)
    assert (metadata / "licenses" / "LICENSE").is_file()
    for file in (
        "py.typed",
        "webchat/static/index.html",
        "webchat/static/deepChat.bundle.js",
        "store/engine/migrations/env.py",
        "summary/languages/de.json",
        "summary/languages/de.txt",
        "frustration/words/de.txt",
        "domain/words/de.yml",
        "handover/words/de.yml",
        "importer/examples/de.yml",
        "wish/models/de.json",
    ):
        assert (package / file).is_file(), file
    versions = "zendesk_handoff/store/engine/migrations/versions/*.py"
    shipped, written = ({file.name for file in each.glob(versions)} for each in (site, ROOT))
    assert shipped == written
    assert not list(package.rglob("node_modules"))
