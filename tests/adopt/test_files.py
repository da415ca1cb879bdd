"""Writing: all files or none, with modes and links as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.adopt.shapes import BASE, of_folder, write
from tests.adopt.test_shapes import init, undo
from zendesk_handoff.adopt.files import FileChange, write_all
from zendesk_handoff.errors import CannotPatch


def test_a_failure_half_way_puts_everything_back(tmp_path):
    write(tmp_path, {"a": "1", "b": "2"})
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "b").chmod(0o600)
    a, b, new = (tmp_path / name for name in ("a", "b", "folder/new"))
    twice = [FileChange(b, "2", None), FileChange(b, "2", None)]  # the second time it is gone
    with pytest.raises(CannotPatch, match="b: cannot be written: No such file"):
        write_all([FileChange(a, "1", "one"), FileChange(new, None, "3"), *twice])
    assert of_folder(tmp_path) == {"a": b"1", "b": b"2"}
    assert sorted(tmp_path.iterdir()) == [a, b]
    assert [file.stat().st_mode & 0o777 for file in (a, b)] == [0o640, 0o600]


def test_a_failure_at_first_leaves_no_temporary_file(tmp_path):
    write(tmp_path, {"a": "1"})
    far = Path("/proc/no/such/folder/x")  # where nobody makes one
    with pytest.raises(CannotPatch, match="cannot be written"):
        write_all([FileChange(tmp_path / "a", "1", "2"), FileChange(far, None, "x")])
    assert of_folder(tmp_path) == {"a": b"1"}


def test_links_stay_links(tmp_path):
    bot, elsewhere = tmp_path / "bot", tmp_path / "elsewhere"
    write(elsewhere, {**BASE, ".env": ""})
    write(bot, {"domain.yml": BASE["domain.yml"]})
    (bot / "actions").symlink_to(elsewhere / "actions")
    for name in ("config.yml", "credentials.yml", "endpoints.yml", ".env"):
        (bot / name).symlink_to(os.path.relpath(elsewhere / name, bot))
    init(bot)
    assert (bot / "config.yml").is_symlink() and (bot / ".env").is_symlink()
    assert "HandoffImporter" in (elsewhere / "config.yml").read_text()
    assert (elsewhere / ".env").stat().st_mode & 0o777 == 0o600
    undo(bot)
    assert of_folder(elsewhere) == {
        name: text.encode() for name, text in {**BASE, ".env": ""}.items()
    }


def test_a_link_to_nothing_makes_the_file_there(tmp_path):
    write(tmp_path, {**BASE, "mounted/readme": ""})
    (tmp_path / "credentials.yml").unlink()
    (tmp_path / "credentials.yml").symlink_to(tmp_path / "mounted" / "credentials.yml")
    init(tmp_path)
    assert "ZendeskInput" in (tmp_path / "mounted" / "credentials.yml").read_text()
    assert (tmp_path / "credentials.yml").is_symlink()


def test_modes_and_owners_stay(tmp_path):
    write(tmp_path, {**BASE, ".env": "A=1\n"})
    (tmp_path / "config.yml").chmod(0o664)
    (tmp_path / ".env").chmod(0o644)
    init(tmp_path)
    assert (tmp_path / "config.yml").stat().st_mode & 0o777 == 0o664
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_new_files_have_the_usual_mode(tmp_path):
    write(tmp_path, {"config.yml": ""})
    before = os.umask(0o027)
    try:
        init(tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "endpoints.yml").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
