"""Environments beside the one that runs the tests, and the wheel: made with uv."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DISTRIBUTION = Path(__file__).resolve().parents[2]
_CHECKOUT = DISTRIBUTION.parent
_PINNED_BACKEND = _CHECKOUT / "requirements" / "build.txt"


async def run(
    *arguments: str | Path, stdin: str = "", folder: Path | None = None
) -> tuple[int, str, str]:
    """Run a program without the checkout's import paths; return status, output, error output."""
    # In a thread: uvloop, which Sanic installs, raises where a program ends without reading
    # its input, as the shim of pyenv does; `subprocess` takes that as it is meant.
    done = await asyncio.to_thread(
        subprocess.run,
        [str(argument) for argument in arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


async def must(*arguments: str | Path, folder: Path | None = None) -> str:
    """Run a program that has to succeed; return its output."""
    status, out, err = await run(*arguments, folder=folder)
    assert status == 0, (arguments, out, err)
    return out


async def find_uv() -> Path:
    """Return a uv that runs; skip the test where there is none."""
    for candidate in _installed_uvs():
        if (await run(candidate, "--version"))[0] == 0:
            return candidate
    pytest.skip("no uv that runs: put it on PATH, or name it in the environment variable UV")


async def make_environment(folder: Path, *packages: str) -> Path:
    """Make a virtual environment with pip and packages of the index; return its Python.

    The test is skipped where the packages cannot be installed.
    """
    uv = await find_uv()
    python = folder / "bin" / "python"
    await must(uv, "venv", "-q", "--seed", "--python", sys.executable, folder)
    status, _, problem = await run(uv, "pip", "install", "-q", "--python", python, *packages)
    if status:
        pytest.skip(f"cannot install {', '.join(packages)}: {problem.strip().splitlines()[-1]}")
    return python


async def build_wheel(folder: Path) -> Path:
    """Build the wheel, in a checkout with its pinned build backend."""
    uv = await find_uv()
    pinned: tuple[str | Path, ...] = ()
    if _PINNED_BACKEND.is_file():
        pinned = ("--build-constraints", _PINNED_BACKEND, "--require-hashes")
    await must(uv, "build", "-q", "--wheel", *pinned, "--out-dir", folder, DISTRIBUTION)
    return _only_wheel(folder)


def _installed_uvs() -> list[Path]:
    # A name in UV may be relative to the checkout: the Makefile's is.
    names = [os.environ.get("UV"), shutil.which("uv"), ".tools/bin/uv"]
    candidates = [_CHECKOUT / name for name in names if name]
    return [candidate for candidate in candidates if candidate.is_file()]


def _only_wheel(folder: Path) -> Path:
    [wheel] = folder.glob("*.whl")
    return wheel
