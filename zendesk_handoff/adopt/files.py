"""The bot's files on the disk: read as text, and written all or none."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zendesk_handoff.errors import CannotPatch

#: Mode of a file that holds secrets, and of any other new one.
_SECRET, _USUAL = 0o600, 0o666


@dataclass(frozen=True)
class FileChange:
    """The text of a file before and after.

    Args:
        path: The file; for a symbolic link, the file that it leads to is changed.
        old: Its text, ``None`` if there is no such file.
        new: Its new text, ``None`` to remove it.
        is_secret: Whether only its owner may read it.
        with_folder: Whether its folder is removed with it, if nothing else is left in there.
    """

    path: Path
    old: str | None
    new: str | None
    is_secret: bool = False
    with_folder: bool = False


def read_text(path: Path) -> str | None:
    """Read a file that may be missing; its line ends and byte order mark stay in the text.

    Raises:
        CannotPatch: It cannot be read, or is not text.
    """
    try:
        content = path.read_bytes()
        return content.decode(_encoding(path, content))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CannotPatch(path, f"cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, SyntaxError, LookupError):
        raise CannotPatch(path, "is not UTF-8 text; save it as UTF-8.") from None


def write_all(changes: Sequence[FileChange]) -> None:
    """Write all files, or none: whatever fails, what was written before is put back.

    New texts go into temporary files first, which then take the place of the old ones.

    Raises:
        CannotPatch: A file is read-only, cannot be written, or was changed meanwhile.
    """
    with contextlib.ExitStack() as undo:
        staged = [(change, _stage(change, undo)) for change in changes]
        for change, temporary in staged:
            _replace(change, temporary, undo)
        undo.pop_all()
    for change in changes:
        if change.new is None and change.with_folder:
            with contextlib.suppress(OSError):  # something else is in it
                change.path.parent.rmdir()


def _stage(change: FileChange, undo: contextlib.ExitStack) -> str | None:
    """Write the new text beside its file."""
    path = _target(change.path)
    _check_unchanged(change)
    try:
        if change.new is None:
            return None
        _make_folder(path.parent, undo)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        undo.callback(_remove, temporary)
        with os.fdopen(handle, "wb") as opened:
            opened.write(_encoded(path, change.new))
        os.chmod(temporary, _mode(path, is_secret=change.is_secret))
        _keep_owner(path, temporary)
    except OSError as error:
        raise CannotPatch(change.path, f"cannot be written: {error.strerror}.") from None
    return temporary


def _replace(change: FileChange, temporary: str | None, undo: contextlib.ExitStack) -> None:
    path = _target(change.path)
    try:
        backup = _back_up(path)
        undo.callback(_restore, path, backup)
        if temporary is None:
            path.unlink()
        else:
            os.replace(temporary, path)
    except OSError as error:
        raise CannotPatch(change.path, f"cannot be written: {error.strerror}.") from None


def _check_unchanged(change: FileChange) -> None:
    if read_text(change.path) != change.old:
        raise CannotPatch(change.path, "was changed meanwhile; run the command again.")
    path = _target(change.path)
    # Replacing a file needs no right to write to it, but taking that right away was meant.
    if change.old is not None and not path.stat().st_mode & stat.S_IWUSR:
        raise CannotPatch(change.path, "is read-only; make it writable and run the command again.")


def _target(path: Path) -> Path:
    return path.resolve() if path.is_symlink() else path


def _encoding(path: Path, content: bytes) -> str:
    """Tell the encoding: UTF-8, or what a Python file declares in its first lines."""
    if path.suffix != ".py":
        return "utf-8"
    declared = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    return "utf-8" if declared == "utf-8-sig" else declared


def _encoded(path: Path, text: str) -> bytes:
    return text.encode(_encoding(path, text.encode("utf-8", "replace")))


def _mode(path: Path, *, is_secret: bool) -> int:
    if is_secret:
        return _SECRET
    with contextlib.suppress(FileNotFoundError):
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return _USUAL & ~mask


def _keep_owner(path: Path, temporary: str) -> None:
    """Give the new file the owner of the old one, where that may be done (by root, in practice)."""
    with contextlib.suppress(OSError, AttributeError):
        status = path.stat()
        os.chown(temporary, status.st_uid, status.st_gid)


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    if not folder.exists():
        _make_folder(folder.parent, undo)
        folder.mkdir()
        undo.callback(folder.rmdir)


def _back_up(path: Path) -> tuple[bytes, int] | None:
    if not path.exists():
        return None
    return path.read_bytes(), stat.S_IMODE(path.stat().st_mode)


def _restore(path: Path, backup: tuple[bytes, int] | None) -> None:
    if backup is None:
        path.unlink(missing_ok=True)
        return
    content, mode = backup
    path.write_bytes(content)
    path.chmod(mode)


def _remove(temporary: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
