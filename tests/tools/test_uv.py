"""tools/uv.sh: the choice of a uv, and the causes named in its errors."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.paths import ROOT

OWN = ".tools/bin/uv"
COMMANDS = ("basename", "bash", "cp", "dirname", "env", "ls", "mkdir", "rm", "sed", "touch")
SHIM = """
echo "pyenv: $(basename "$0"): command not found" >&2
echo "The command exists in these Python versions: 3.12.1" >&2
exit 127
"""
PYENV_WITHOUT_IT = """
echo "pyenv: version '3.10' is not installed" >&2
exit 1
"""
WORKS = "echo uv 0.0.1"
PYTHON = Path(sys.executable).resolve()


class Checkout:
    """A folder with the script, and a PATH with only the programs of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        (self.folder / "tools").mkdir(parents=True)
        (self.folder / "requirements").mkdir()
        shutil.copy(ROOT / "tools/uv.sh", self.folder / "tools")
        shutil.copy(ROOT / ".python-version", self.folder)
        self.path = [folder / "commands"]
        self.path[0].mkdir()
        for name in COMMANDS:
            (self.path[0] / name).symlink_to(str(shutil.which(name)))
        self.env = {"HOME": str(folder), "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}

    def put(self, place: str, name: str, script: str) -> Path:
        """Put a command onto the PATH, after those that are there."""
        folder = self.folder.parent / place
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
        if folder not in self.path:
            self.path.append(folder)
        return folder / name

    def run(self, what: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "tools/uv.sh", what],
            env={**self.env, "PATH": os.pathsep.join(map(str, self.path)), **env},
            capture_output=True,
            text=True,
        )

    def offer_uv(self) -> None:
        """Let pip find a uv on the disk."""
        script = b"#!/bin/sh\necho uv 9.9.9\n"
        about = b"Metadata-Version: 2.1\nName: uv\nVersion: 9.9.9\n"
        tags = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files = {
            "uv-9.9.9.data/scripts/uv": script,
            "uv-9.9.9.dist-info/METADATA": about,
            "uv-9.9.9.dist-info/WHEEL": tags,
        }
        wheel = self.folder / "uv-9.9.9-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as packed:
            record = ""
            for name, content in files.items():
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o100755 << 16  # it may be run
                packed.writestr(entry, content)
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
                record += f"{name},sha256={digest.decode()},{len(content)}\n"
            packed.writestr("uv-9.9.9.dist-info/RECORD", record)
        sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        pinned = f"./{wheel.name} --hash=sha256:{sha256}\n"
        (self.folder / "requirements/tools.txt").write_text(pinned)


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_a_uv_that_runs_is_taken(checkout):
    there = checkout.put("bin", "uv", WORKS)
    assert checkout.run("find").stdout.strip() == str(there)


def test_a_shim_for_another_python_is_passed_over(checkout):
    checkout.put("shims", "uv", SHIM)
    assert checkout.run("find").stdout.strip() == OWN
    behind = checkout.put("bin", "uv", WORKS)
    assert checkout.run("find").stdout.strip() == str(behind)


def test_without_any_it_is_our_own(checkout):
    found = checkout.run("find")
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, OWN, "")


def test_our_own_is_installed_by_any_python_and_the_reason_said(checkout):
    shim = checkout.put("shims", "uv", SHIM)
    checkout.put("shims", "python3", PYENV_WITHOUT_IT)
    version = checkout.folder.parent / "pyenv/versions/3.11.0/bin"
    version.mkdir(parents=True)
    (version / "python3").symlink_to(PYTHON)
    checkout.offer_uv()
    done = checkout.run("install", PYENV_ROOT=str(checkout.folder.parent / "pyenv"))
    assert done.returncode == 0, done.stderr
    assert f"{shim} does not run here" in done.stderr
    assert "pyenv: uv: command not found" in done.stderr
    assert subprocess.check_output([checkout.folder / OWN], text=True) == "uv 9.9.9\n"


def test_no_python_for_it_is_said_with_each_ones_words(checkout):
    shim = checkout.put("shims", "python3", PYENV_WITHOUT_IT)
    bare = checkout.put(
        "bin", "python3", '[ "$1" = -c ] || { echo "No module named venv"; exit 1; }'
    )
    done = checkout.run("install")
    assert done.returncode == 1
    assert "no Python 3.8 or newer with its venv module runs here" in done.stderr
    assert f"{shim}:\n    pyenv: version '3.10' is not installed" in done.stderr
    assert f"{bare}:\n    No module named venv" in done.stderr
    assert not (checkout.folder / ".tools").exists()


def test_no_python_at_all_is_said(checkout):
    assert "There is no python3 on the PATH." in checkout.run("install").stderr


def test_a_python_too_old_is_said(checkout):
    older = f'exec "{PYTHON}" -c "import sys; sys.version_info = (3, 7); exec(sys.argv[1])" "$2"'
    checkout.put("bin", "python3", older)
    assert "This is Python 3.7." in checkout.run("install").stderr


def test_what_pip_cannot_get_is_said_in_its_words(checkout):
    offline = checkout.put("offline", "pip", 'echo "ERROR: Connection refused" >&2; exit 1')
    makes = f'[ "$1" = -c ] || {{ mkdir -p .tools/bin; cp "{offline}" .tools/bin/python; }}'
    checkout.put("bin", "python3", makes)
    done = checkout.run("install")
    assert done.returncode == 1
    assert "pip did not get it. It says:\n    ERROR: Connection refused" in done.stderr
    assert "venv module" not in done.stderr
    assert not (checkout.folder / ".tools").exists()


@pytest.mark.parametrize(
    ("script", "said", "unsaid"),
    [
        ("exit 0", "", "Python 3.10"),
        (
            '[ "$1" = --version ] || { echo "error: No interpreter found" >&2; exit 2; }',
            "Rasa 3.6 needs Python 3.10, and uv finds none. It says:\n    error: No interpreter",
            "could not be made",
        ),
        (
            '[ "$1" = venv ] && { echo "error: No space left" >&2; exit 2; }; exit 0',
            "The environment .venv could not be made. uv says:\n    error: No space left",
            "Rasa 3.6 needs",
        ),
        (SHIM, "does not run:\n    pyenv: uv: command not found", "Rasa 3.6 needs"),
    ],
)
def test_why_there_is_no_environment(checkout, script, said, unsaid):
    done = checkout.run("venv", UV=str(checkout.put("bin", "uv", script)))
    assert done.returncode == (1 if said else 0)
    assert said in done.stderr and unsaid not in done.stderr
