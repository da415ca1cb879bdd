"""``.gitignore``: what is missing is added, and nothing twice."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from zendesk_handoff.adopt.gitignore import ignore_files
from zendesk_handoff.adopt.patch import applied

BOTH = ".env\nhandoff.db*\n"
TEXTS = {
    "": BOTH,
    "*.pyc": "*.pyc\n.env\nhandoff.db*",
    ".env\n": BOTH,
    "/.env\n*.db*\n": "/.env\n*.db*\n",
    "**/.env\nhandoff.*": "**/.env\nhandoff.*",
    ".env*\n!.env\n": ".env*\n!.env\n.env\nhandoff.db*\n",
    "!.env\n.env\n*.db\n": "!.env\n.env\n*.db\nhandoff.db*\n",
    "#.env\n.env \r\n": "#.env\n.env \r\nhandoff.db*\r\n",
    " .env\n": " .env\n.env\nhandoff.db*\n",
    "models/\n\n": "models/\n\n.env\nhandoff.db*\n",
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_missing_is_added(tmp_path, text):
    (tmp_path / ".git").mkdir()
    new = applied(text, ignore_files(tmp_path, text))
    assert new.replace("\r\n", "\n") == TEXTS[text].replace("\r\n", "\n")
    assert ignore_files(tmp_path, new) == ()


def test_a_folder_above_may_ignore_it_already(tmp_path):
    bot = tmp_path / "bots" / "shop"
    bot.mkdir(parents=True)
    assert ignore_files(bot, "") == ()  # no checkout
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert applied("", ignore_files(bot, "")) == BOTH
    (tmp_path / ".gitignore").write_text("*.db*\n")
    assert applied("", ignore_files(bot, "")) == ".env\n"
    (tmp_path / "bots" / ".gitignore").write_text(".env\n")
    assert ignore_files(bot, "") == ()
    assert applied("!.env\n", ignore_files(bot, "!.env\n")) == "!.env\n.env\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("text", TEXTS)
def test_git_agrees(tmp_path, text):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    new = applied(text, ignore_files(tmp_path, text))
    (tmp_path / ".gitignore").write_bytes(new.encode())
    for name in (".env", "handoff.db", "handoff.db-wal"):
        done = subprocess.run(["git", "check-ignore", "-q", name], cwd=tmp_path, check=False)
        assert done.returncode == 0, name
