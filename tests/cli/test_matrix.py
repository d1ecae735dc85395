"""Several chips at once: order, output, failures, and that nothing is left behind. The runs are plain functions here."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import matrix
from dmalab.errors import CannotRunError, OptionError
from dmalab.matrix import WorkerFault, run_all
from dmalab.report.run import RunReport

CHIPS = ("a", "b", "c", "d", "e")


def report(chip, **more):
    return RunReport(chip=chip, api="idf", **more)


@pytest.fixture
def shown():
    """What was printed, as (text, stream)."""
    return []


def keeper(shown):
    return lambda data, stream: shown.append((data.decode(), stream))


@pytest.fixture
def silent():
    return lambda _data, _stream: None


@pytest.mark.parametrize("workers", [1, 2, 7, None])
def test_reports_come_in_the_order_of_the_chips(workers, silent):
    reports = run_all(CHIPS, lambda chip, _: report(chip, duration_ns=ord(chip)), silent, workers=workers)
    assert reports == [report(chip, duration_ns=ord(chip)) for chip in CHIPS]


def test_output_of_one_chip_stays_together_and_in_order(shown, tmp_path):
    def run(chip, output):
        output(f"{chip} begins\n".encode(), 1)
        if chip == "a":  # the first chip is done last
            while not (tmp_path / "b is done").exists():
                time.sleep(0.001)
        output(f"{chip} complains\n".encode(), 2)
        (tmp_path / f"{chip} is done").touch()
        return report(chip)

    run_all(("a", "b"), run, keeper(shown), workers=2)
    assert shown == [
        ("--- a ---\n", 1),
        ("a begins\n", 1),
        ("a complains\n", 2),
        ("--- b ---\n", 1),
        ("b begins\n", 1),
        ("b complains\n", 2),
    ]


def test_silent_chips_get_no_heading(shown):
    def run(chip, output):
        if chip == "b":
            output(b"hello\n", 1)
        return report(chip)

    run_all(("a", "b", "c"), run, keeper(shown))
    assert shown == [("--- b ---\n", 1), ("hello\n", 1)]


def test_what_python_prints_is_kept_too(shown, capsys):
    def run(chip, output):
        print("to out")  # noqa: T201
        output(b"direct\n", 1)
        print("to err", file=sys.stderr)  # noqa: T201
        return report(chip)

    run_all(("a", "b"), run, keeper(shown))
    texts = ["".join(text for text, number in shown if number == stream) for stream in (1, 2)]
    assert texts == ["--- a ---\nto out\ndirect\n--- b ---\nto out\ndirect\n", "to err\nto err\n"]
    assert capsys.readouterr() == ("", "")


def test_preparation_happens_once_and_before(silent):
    done = []
    reports = run_all(CHIPS, lambda chip, _: report(chip, seed=len(done)), silent, prepare=lambda: done.append(1))
    assert done == [1]
    assert {one.seed for one in reports} == {1}


@pytest.mark.parametrize("error", [OptionError("no entry point"), CannotRunError("no compiler")])
def test_mistakes_of_the_user_arrive_as_they_are(error, silent):
    def run(chip, output):
        raise error

    with pytest.raises(type(error)) as caught:
        run_all(CHIPS, run, silent)
    assert str(caught.value) == str(error)


def test_a_fault_arrives_with_the_traceback_of_the_worker(silent):
    def run(chip, output):
        raise ZeroDivisionError("boom")

    with pytest.raises(WorkerFault) as caught:
        run_all(("a", "b"), run, silent, workers=1)
    assert str(caught.value) == "on a: ZeroDivisionError: boom"
    (note,) = caught.value.__notes__
    assert note.startswith("Traceback (most recent call last):")
    assert note.endswith("ZeroDivisionError: boom")


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "the process that ran b was killed by SIGKILL"),
        (lambda: os._exit(7), "the process that ran b ended with status 7"),
    ],
)
def test_a_worker_that_dies_is_a_fault(end, message, silent):
    def run(chip, output):
        if chip == "b":
            end()
        return report(chip)

    with pytest.raises(WorkerFault) as caught:
        run_all(("a", "b"), run, silent, workers=1)
    assert str(caught.value) == message


def children():
    """Processes that this one started, the ended ones that nobody waited for too."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(int(folder.name))
    return found


@pytest.fixture(autouse=True)
def no_new_children():
    """Other tests of this process may keep some, such as a browser."""
    before = children()
    yield
    assert children() <= before


def test_an_interrupt_ends_the_workers(tmp_path, silent):
    """Workers clean up (`finally` runs), nobody survives, and what the parent does next is its own affair."""

    def run(chip, output):
        if chip == "a":
            while not (tmp_path / "b started").exists():
                time.sleep(0.001)
            os.kill(os.getppid(), signal.SIGINT)
        try:
            (tmp_path / f"{chip} started").touch()
            while True:
                time.sleep(0.01)
        finally:
            (tmp_path / f"{chip} cleaned up").touch()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_all(("a", "b"), run, silent, workers=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (tmp_path / "b cleaned up").exists()


def test_workers_die_with_their_parent(tmp_path):
    """Even if it is killed and can't tell them."""

    def run(chip, output):
        (tmp_path / f"{chip}.part").write_text(str(os.getpid()))
        (tmp_path / f"{chip}.part").rename(tmp_path / f"{chip}.pid")
        while True:
            time.sleep(0.01)

    parent = os.fork()
    if parent == 0:
        try:
            run_all(("a", "b"), run, lambda *_: None, workers=2)
        finally:
            os._exit(1)
    files = [tmp_path / "a.pid", tmp_path / "b.pid"]
    while not all(file.exists() for file in files):
        time.sleep(0.001)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    for file in files:
        pid = int(file.read_text())
        deadline = time.monotonic() + 10
        while is_alive(pid):
            assert time.monotonic() < deadline, "a worker survived its parent"
            time.sleep(0.001)


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 3))
def test_any_number_of_chips_and_workers(prints, workers):
    """Against the obvious: one after the other."""
    names = [f"chip{index}" for index in range(len(prints))]
    shown, expected = [], []

    def run(chip, output):
        for number in range(prints[names.index(chip)]):
            output(f"{chip} line {number}\n".encode(), 1 + number % 2)
        return report(chip, seed=prints[names.index(chip)])

    reports = run_all(names, run, keeper(shown), workers=workers)
    for name, count in zip(names, prints, strict=True):
        expected += [(f"--- {name} ---\n", 1)] * bool(count)
        expected += [(f"{name} line {number}\n", 1 + number % 2) for number in range(count)]
    assert shown == expected
    assert [one.seed for one in reports] == prints


class Terminal:
    """A stderr that says it is one."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_terminal_gets_one_bar_that_goes_away(monkeypatch, shown):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")

    def run(chip, output):
        output(b"hello\n", 1)
        return report(chip)

    run_all(("a", "b"), run, keeper(shown), workers=1)
    assert [part for part in ("0/2", "1/2", "2/2") if part in terminal.text] == ["0/2", "1/2", "2/2"]
    assert terminal.text.endswith("\x1b[2K")  # the line it stood in is cleared
    assert len(shown) == 4


def test_elsewhere_there_is_no_bar(capsys, silent):
    run_all(("a", "b"), lambda chip, _: report(chip), silent)
    assert capsys.readouterr() == ("", "")


def test_the_bar_needs_no_rich_when_there_is_none():
    assert "rich" not in vars(matrix)
