"""A report file is the old one or the new one, never half of one."""

import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from dmalab.report.files import write_atomically


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "report.json"
    write_atomically(path, "one\n")
    write_atomically(str(path), "zwei ü\n")
    assert path.read_bytes() == "zwei ü\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    path.write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


KILLED = """
import os, pathlib, signal, sys
from dmalab.report.files import write_atomically

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

step, path = sys.argv[1:]
if step == "replaced":
    replace = pathlib.Path.replace
    pathlib.Path.replace = lambda self, target: (replace(self, target), die())
else:
    setattr(os if step in ("fdopen", "fsync") else pathlib.Path, step, die)
write_atomically(path, "new" * 100_000)
"""


@pytest.mark.parametrize("step", ["fdopen", "fsync", "chmod", "replace", "replaced"])
def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(step, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    ended = subprocess.run([sys.executable, "-c", KILLED, step, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_text() == ("new" * 100_000 if step == "replaced" else "old")


def test_text_that_has_no_utf8_leaves_nothing(tmp_path):
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "report.json", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "no" / "report.json", "x")


def test_new_files_follow_the_umask_and_old_ones_keep_their_mode(tmp_path):
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_atomically(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    write_atomically(pipe, "through\n")
    reader.join(timeout=10)
    assert received == ["through\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
