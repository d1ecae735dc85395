"""A terminal gets colour and progress, a pipe only results; an interrupted script tells what it knows."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
async def main(machine):
    buffer = machine.heap.alloc(64)
    buffer.free()
    buffer.free()
"""
INTERRUPTED = SCRIPT + "    await machine.sleep_us(7)\n    raise KeyboardInterrupt\n"
ESCAPE = "\x1b["


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT / "src"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TERM": "xterm-256color",
    }


def on_terminal(arguments, environment):
    """Everything a terminal is sent by a command whose output and complaints it shows."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "dmalab", *map(str, arguments)]
    with subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        parts = []
        try:
            while data := os.read(ours, 65536):
                parts.append(data)
        except OSError:  # the other side was closed
            pass
        os.close(ours)
        process.wait(60)
    return b"".join(parts).decode().replace("\r\n", "\n")


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "twice.py"
    path.write_text(SCRIPT)
    return path


def test_a_terminal_has_colour_unless_it_is_not_wanted(script, environment):
    shown = on_terminal(["run", script], environment)
    assert f"{ESCAPE}1;31merror" in shown
    assert "heap-misuse" in shown
    plain = on_terminal(["run", script], {**environment, "NO_COLOR": "1"})
    assert f"{ESCAPE}1;31m" not in plain
    assert f"{ESCAPE}31m" not in plain
    assert "heap-misuse" in plain


def test_a_matrix_shows_progress_on_a_terminal_and_takes_it_away(script, environment):
    shown = on_terminal(["run", script, "--chip", "esp32s3,esp32p4"], environment)
    assert "0/2" in shown
    assert "2/2" in shown
    assert shown.rindex("2/2") < shown.index("heap-misuse")
    assert f"{ESCAPE}2K" in shown[shown.rindex("2/2") : shown.index("heap-misuse")]


def test_a_build_shows_that_it_goes_on(tmp_path, environment):
    source = tmp_path / "main.c"
    source.write_text("void app_main(void) {}\n")
    assert "building for esp32s3" in on_terminal(["run", source], environment)
    assert "building" not in on_terminal(["run", source, "--quiet"], environment)


def test_a_fix_shows_that_it_goes_on(script, environment):
    assert "trying changes to twice.py" in on_terminal(["fix", script], environment)


def test_a_pipe_gets_results_and_nothing_else(script, environment):
    command = [sys.executable, "-m", "dmalab", "run", str(script), "--chip", "esp32s3,esp32p4"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == ""
    assert ESCAPE not in done.stdout
    assert done.stdout.startswith("error: heap-misuse (certain) on esp32s3\n")


def test_an_interrupted_script_tells_what_it_knows(tmp_path, environment):
    script = tmp_path / "endless.py"
    script.write_text(INTERRUPTED)
    command = [sys.executable, "-m", "dmalab", "run", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "dmalab: interrupted\n")
    assert done.stdout.startswith("error: heap-misuse (certain) on esp32s3\n")
    assert "note: interrupted after " in done.stdout


def test_an_interrupted_fix_changes_nothing_and_leaves_nothing(tmp_path, environment):
    script, scratch = tmp_path / "endless.py", tmp_path / "scratch"
    script.write_text(INTERRUPTED)
    scratch.mkdir()
    command = [sys.executable, "-m", "dmalab", "fix", str(script), "--write"]
    done = subprocess.run(command, env={**environment, "TMPDIR": str(scratch)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "dmalab: interrupted\n")
    assert script.read_text() == INTERRUPTED
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("arguments", [["chips"], ["rules"], ["plan", "spi", "--chip", "esp32s3", "--bytes", "64"]])
def test_an_output_without_room_is_no_fault_of_dmalab(arguments: list[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dmalab", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "dmalab: can't write: No space left on device\n")
