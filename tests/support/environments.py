"""Additional virtual environments and the wheel, made with uv."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from tools.paths import ROOT


@cache
def find_uv() -> str:
    """Find the uv that the Makefile uses, relative to the root."""
    return (
        os.environ.get("UV")
        or subprocess.check_output([ROOT / "tools/uv.sh", "find"], text=True).strip()
    )


def uv(*arguments: str | Path) -> None:
    """Run uv in the root."""
    subprocess.run([ROOT / find_uv(), *arguments], cwd=ROOT, check=True)


def make_environment(folder: Path, *requirements: str | Path) -> Path:
    """Make a virtual environment with pip and the requirements.

    Args:
        folder: Its location.
        *requirements: As ``uv pip install`` takes them.

    Returns:
        Its Python.
    """
    python = folder / "bin" / "python"
    uv("venv", "-q", "--seed", "--python", sys.executable, folder)
    uv("pip", "install", "-q", "--python", python, *requirements)
    return python


def build_wheel(folder: Path, project: Path = ROOT) -> Path:
    """Build a wheel with the pinned build backend.

    Args:
        folder: Gets the wheel.
        project: The plugin's folder, or the simulator's.
    """
    pinned = ("--build-constraints", "requirements/build.txt", "--require-hashes")
    uv("build", "-q", "--wheel", *pinned, "--out-dir", folder, project)
    [wheel] = folder.glob("*.whl")
    return wheel
