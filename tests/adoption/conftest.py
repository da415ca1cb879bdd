"""The two wheels, and environments with Rasa into which they are installed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adoption.adopter import Environment
from tests.support.environments import build_wheel, make_environment, uv
from tools.paths import ROOT

#: An environment's Python, and what installs the wheels into it.
Made = tuple[Path, Callable[[list[Path]], None]]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The plugin's wheel and the simulator's, as `make dist` builds them."""
    folder = tmp_path_factory.mktemp("wheels")
    return [build_wheel(folder / "plugin"), build_wheel(folder / "simulator", ROOT / "simulator")]


@pytest.fixture(scope="session")
def environment(wheels, tmp_path_factory):
    """Make environments that hold Rasa and the wheels alone, by the way of installing."""
    made: dict[str, Environment] = {}

    def get(installer: str) -> Environment:
        if installer not in made:
            folder = tmp_path_factory.mktemp(installer) / "environment"
            python, install = _MAKERS[installer](folder)
            started = time.monotonic()
            install(wheels)
            made[installer] = Environment(python, (time.monotonic() - started) / 60)
        return made[installer]

    return get


def _with_pip(folder: Path) -> Made:
    python = _with_rasa(folder)
    return python, lambda wheels: _run(folder, python, "-m", "pip", "install", "-q", *wheels)


def _with_uv(folder: Path) -> Made:
    python = _with_rasa(folder)
    return python, lambda wheels: uv("pip", "install", "-q", "--python", python, *wheels)


def _with_rasa(folder: Path) -> Path:
    return make_environment(folder, "rasa==3.6.21", "--constraints", "requirements/dev.txt")


def _beside_this_rasa(folder: Path) -> Made:
    """Make an environment whose Rasa is the checkout's: a fresh one has all of it to compile."""
    python = folder / "bin" / "python"
    uv("venv", "-q", "--python", sys.executable, folder)
    site = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    Path(site, "checkout.pth").write_text(sysconfig.get_path("purelib"))
    rasa = python.parent / "rasa"
    rasa.write_text(f"#!{python}\nfrom rasa.__main__ import main\nmain()\n")
    rasa.chmod(0o755)
    options = ("-q", "--no-deps", "--python", python)
    return python, lambda wheels: uv("pip", "install", *options, *wheels)


def _run(folder: Path, *command: str | Path) -> None:
    subprocess.run(command, check=True, cwd=folder)


_MAKERS = {"pip": _with_pip, "uv": _with_uv, "beside": _beside_this_rasa}
