"""The command line: what it prints, where, and its exit status. The runner is replaced; firmware has its own tests."""

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dmalab.chips import names
from dmalab.cli import app, main
from dmalab.errors import CannotRunError
from dmalab.options import Options
from dmalab.report.finding import Certainty, Finding, Severity
from dmalab.report.run import RunReport
from dmalab.rules.catalogue import RULES
from dmalab.version import __version__

CLEAN = RunReport(chip="esp32s3", api="idf", idf="v5.5", duration_ns=1000)
LEAK = Finding(
    rule="leak", severity=Severity.WARNING, certainty=Certainty.CERTAIN, message="a driver was still installed"
)
BAD = RunReport(chip="esp32p4", api="idf", idf="v5.5", duration_ns=2000, findings=(LEAK,), notes=("a note",))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "main.c"
    path.write_text("void app_main(void) {}\n")
    return str(path)


@pytest.fixture
def runner(monkeypatch):
    """Replaces `dmalab.runner`; set `.reports` to what it returns or to what it raises. `.options` is what it was given."""
    stub = types.ModuleType("dmalab.runner")
    stub.reports = [CLEAN]
    stub.options = None

    def run_sources(options):
        stub.options = options
        if isinstance(stub.reports, BaseException):
            raise stub.reports
        return stub.reports

    stub.run_sources = run_sources
    monkeypatch.setitem(sys.modules, "dmalab.runner", stub)
    return stub


def test_help_lists_the_commands():
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert all(f"\n  {command} " in result.stdout for command in ("run", "chips", "rules", "doctor"))


def test_defaults_shown_are_those_in_force(runner, source):
    main(["run", source])
    assert runner.options == Options(sources=(Path(source),))


def test_no_command_shows_help_and_is_a_usage_error(capsys):
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("Usage: dmalab [OPTIONS] COMMAND [ARGS]...")


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"dmalab {__version__}\n"


def test_a_clean_run(runner, source, capsys):
    assert main(["run", source]) == 0
    assert capsys.readouterr() == (f"{CLEAN}\n", "")
    assert runner.options.chips == ("esp32s3",)


def test_findings_are_exit_status_1(runner, source, capsys):
    runner.reports = [BAD]
    assert main(["run", source, "--chip", "esp32p4"]) == 1
    assert capsys.readouterr() == (f"{BAD}\n", "")


def test_several_chips_end_with_a_table(runner, source, capsys):
    runner.reports = [BAD, CLEAN]
    assert main(["run", source, "--chip", "esp32p4,esp32s3"]) == 1
    assert runner.options.chips == ("esp32p4", "esp32s3")
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "chip     verdict   errors  warnings  notes  chip time",
        "esp32p4  findings       0         1      0     2.0 us",
        "esp32s3  clean          0         0      0     1.0 us",
    ]


def test_quiet_reaches_the_runner_and_drops_notes(runner, source, capsys):
    runner.reports = [BAD]
    main(["run", source, "--quiet"])
    assert runner.options.quiet
    assert "a note" not in capsys.readouterr().out


def test_every_option_reaches_the_runner(runner, source, tmp_path):
    arguments = [
        "--chip",
        "esp32p4",
        "--idf",
        "5.5.3",
        "--psram",
        "16M",
        "--policy",
        "random",
        "--seed",
        "9",
        "--timeout",
        "2.5",
    ]
    arguments += ["--option", "psram_ecc,flash_encryption", "--option", "revision=1.0"]
    compiler = ["-I", str(tmp_path), "-DONE", "-D", "TWO=2", "--cflag", "-O2", "--cflag=-Wall"]
    assert main(["run", source, *arguments, *compiler, "--wait-for-debugger"]) == 0
    options = runner.options
    assert (options.chips, options.idf, options.psram) == (("esp32p4",), "v5.5.3", 16 << 20)
    assert options.options == {"psram_ecc": "", "flash_encryption": "", "revision": "1.0"}
    assert (options.policy, options.seed, options.timeout_s, options.wait_for_debugger) == ("random", 9, 2.5, True)
    assert (options.includes, options.defines, options.cflags) == ((tmp_path,), ("ONE", "TWO=2"), ("-O2", "-Wall"))


def test_json_is_written_beside_the_text(runner, source, tmp_path, capsys):
    path = tmp_path / "report.json"
    assert main(["run", source, "--json", str(path)]) == 0
    assert json.loads(path.read_text())["verdict"] == "clean"
    assert capsys.readouterr().out == f"{CLEAN}\n"


def complaint(capsys, *arguments):
    """The one line on stderr of a command that could not run."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("dmalab: ")
    assert err.count("\n") == 1
    return err.removeprefix("dmalab: ").rstrip("\n")


def test_user_errors_are_one_line(runner, source, capsys, tmp_path):
    chips = ", ".join(names())
    assert complaint(capsys, "run", "no.c") == "no such file: no.c"
    assert complaint(capsys, "run", source, "--chip", "esp33") == (
        f"unknown chip 'esp33'; available: {chips}; did you mean esp32s3?"
    )
    assert complaint(capsys, "run", source, "--psram", "lots") == (
        "--psram: 'lots' is no size; write bytes, or a number with K or M such as 512K or 8M"
    )
    assert complaint(capsys, "run", source, "--json", str(tmp_path)) == f"--json: {tmp_path} is a folder"
    assert complaint(capsys, "run", source, "--json", "no/x.json") == "--json: no such folder: no"
    assert complaint(capsys, "run", source, "--chip", "esp32c3", "--option", "psram_ecc") == (
        "esp32c3 has no option psram_ecc; available: flash_encryption"
    )
    assert complaint(capsys, "run", source, "--chip", "esp32h2", "--psram", "2M") == "esp32h2 has no PSRAM"
    assert complaint(capsys, "run", source, "--option", "cache_line=128") == (
        "esp32s3 has no 128-byte cache lines; available: 16, 32, 64"
    )
    assert complaint(capsys, "chips", "esp32c2", "--option", "cache_line=64") == (
        "esp32c2 has no option cache_line=64; available: flash_encryption"
    )
    assert complaint(capsys, "chips", "nope").startswith(f"unknown chip 'nope'; available: {chips}")
    assert complaint(capsys, "rules", "leaks").endswith("; did you mean leak?")
    assert runner.options is None


@pytest.mark.parametrize(
    "arguments", [["frob"], ["run"], ["run", "--seed", "x", "a.c"], ["--frob"], ["run", "a.c", "--html", "x.html"]]
)
def test_usage_errors_are_one_line(arguments, capsys):
    assert complaint(capsys, *arguments)


def test_a_failed_build_shows_the_compilers_own_lines(runner, source, capsys):
    runner.reports = CannotRunError("the build failed\nmain.c:3:1: error: unknown type name 'foo'")
    assert main(["run", source]) == 2
    assert capsys.readouterr().err == "dmalab: the build failed\nmain.c:3:1: error: unknown type name 'foo'\n"


def test_a_run_that_could_not_run_is_exit_status_2(runner, source, capsys):
    runner.reports = [RunReport(chip="esp32s3", api="idf", error="no app_main()")]
    assert main(["run", source]) == 2
    assert capsys.readouterr().out == "error: no app_main()\nesp32s3: could not run\n"


UNABLE = RunReport(chip="esp32", api="idf", error="it has no such engine")


def test_of_all_chips_those_that_can_not_run_it_are_told_but_do_not_fail(runner, source, capsys):
    runner.reports = [UNABLE, CLEAN]
    assert main(["run", source, "--chip", "all"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["error: it has no such engine", "esp32: could not run"]
    assert main(["run", source, "--chip", "esp32,esp32s3"]) == 2
    runner.reports = [UNABLE, BAD]
    assert main(["run", source, "--chip", "all"]) == 1
    runner.reports = [UNABLE, UNABLE]
    assert main(["run", source, "--chip", "all"]) == 2


def test_a_fault_of_dmalab_is_exit_status_3_with_a_traceback(runner, source, capsys):
    runner.reports = ZeroDivisionError("boom")
    assert main(["run", source]) == 3
    err = capsys.readouterr().err.splitlines()
    assert err[0] == "Traceback (most recent call last):"
    assert (
        err[-1] == "dmalab: fault in dmalab itself (ZeroDivisionError: boom); please report it with the traceback above"
    )


def test_an_interrupt_is_no_fault(runner, source, capsys):
    runner.reports = KeyboardInterrupt()
    assert main(["run", source]) == 130
    assert capsys.readouterr().err == "dmalab: interrupted\n"


def test_rules_lists_every_rule(capsys):
    assert main(["rules"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[: len(RULES)]] == list(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rules_page_explains(name, capsys):
    assert main(["rules", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{name} (")
    assert all(f"\n{title}\n  " in out for title in ("what happens", "in the field", "fix", "source"))
    assert max(map(len, out.splitlines())) <= 130


def test_help_needs_neither_numpy_nor_rich():
    """What makes `dmalab --help` quick; the bench measures the time itself."""
    code = "import sys; from dmalab.cli import main; main(['--help']); print(sorted({'numpy', 'rich', 'elftools'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def process(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "dmalab", *arguments], capture_output=True, text=True, check=False, **more
    )


def test_exit_statuses_of_the_process():
    assert process("--version").returncode == 0
    result = process("run", "no.c")
    assert (result.returncode, result.stdout, result.stderr) == (2, "", "dmalab: no such file: no.c\n")


def test_a_reader_that_goes_away_is_no_error():
    command = f"{sys.executable} -m dmalab chips esp32s3 | head -n 1"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.startswith("ESP32-S3 (esp32s3)")
