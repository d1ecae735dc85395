"""Writing report files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path


def write_atomically(path: str | Path, content: str | bytes) -> None:
    """Write bytes, or a text as UTF-8, to a temporary file beside `path` and rename it over `path`.

    A symbolic link stays and its target is replaced. What is no regular file (a pipe, `/dev/stdout`) is written directly, since
    a rename would put a file in its place.

    Raises:
        OSError: the folder is missing, not writable or full; the temporary file is gone and `path` is as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    mode = _mode_of(Path(path))
    if mode is not None and not stat.S_ISREG(mode):
        Path(path).write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
