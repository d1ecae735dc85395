"""The command line: `dmalab run`, `chips`, `rules`, `plan`, `doctor`.

Exit status: 0 clean; 1 findings (error or warning) or a failed firmware; 2 could not run (one line says why, a failed build shows
the compiler's own messages); 3 a fault in dmalab itself. Program output and reports go to stdout, complaints to stderr.

Only typer is imported at the top: `dmalab --help` has to answer within 0.2 s, so everything else waits for its command.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from dmalab.plan.cli import plan_app

EXIT_CANNOT_RUN = 2
EXIT_FAULT = 3
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells have it
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Why an output can't be written, through nobody's fault here."""
EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE

# Newer typer releases carry their own copy of click, so its base class of usage errors has no stable import path.
_UsageError: type[Any] = typer.BadParameter.__bases__[0]

# Options that several commands have.
_Chips = Annotated[
    list[str] | None,
    typer.Option("--chip", metavar="NAME[,NAME...]|all", help="Chips to run on. [default: esp32s3; mcu-m7 for Zephyr]"),
]
_Api = Annotated[str, typer.Option("--api", metavar="idf|zephyr", help="What the firmware is written against.")]
_Folders = Annotated[list[Path] | None, typer.Option("-I", metavar="DIR", help="Folder with headers.")]
_Defines = Annotated[list[str] | None, typer.Option("-D", metavar="NAME[=V]", help="Preprocessor definition.")]
_Flags = Annotated[list[str] | None, typer.Option("--cflag", metavar="F", help="Further compiler flag.")]

app = typer.Typer(
    name="dmalab",
    help="Runs DMA code on a model of the chip and says where it would go wrong on silicon.",
    epilog="Exit status: 0 clean, 1 findings or a failed firmware, 2 could not run, 3 a fault in dmalab.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(plan_app, name="plan")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        arguments: What follows the program's name; None for the process's own.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a report must not fail on a terminal that lacks a character
            stream.reconfigure(errors="backslashreplace")
    command = typer.main.get_command(app)
    try:
        status = command.main(
            args=None if arguments is None else list(arguments), prog_name="dmalab", standalone_mode=False
        )
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _complain("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()  # the reader has gone
        return EXIT_BROKEN_PIPE
    except _UsageError as error:
        return _complain(_one_line(error.format_message()), EXIT_CANNOT_RUN)
    except Exception as error:  # noqa: BLE001 - whatever is left is either the user's to fix or a fault of ours
        return _handle(error)
    if status == EXIT_INTERRUPTED:  # some releases of typer turn the interrupt into a status, silently
        return _complain("interrupted", EXIT_INTERRUPTED)
    return status if isinstance(status, int) else 0


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from dmalab.version import __version__

        typer.echo(f"dmalab {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(EXIT_CANNOT_RUN)


@app.command(
    help="Build and run firmware (or a Python program) on one or more chips and report its DMA and cache bugs.",
    short_help="Run firmware on a model of a chip and report its bugs.",
)
def run(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCES", help="C or C++ files, or one Python file.")],
    chip: _Chips = None,
    api: _Api = "idf",
    idf: Annotated[
        str, typer.Option("--idf", metavar="RELEASE", help="ESP-IDF release whose contracts apply.")
    ] = "v5.5",
    include: _Folders = None,
    define: _Defines = None,
    cflag: _Flags = None,
    psram: Annotated[
        str | None, typer.Option("--psram", metavar="SIZE", help="PSRAM fitted, such as 8M; 0 for none.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="NAME[=VALUE]",
            help="How the image is built: flash_encryption, psram_ecc, cache_line=BYTES, revision=1.0, as far as the chip has it; with Zephyr driver=NAME.",
        ),
    ] = None,
    policy: Annotated[
        str, typer.Option("--policy", metavar="NAME", help="When the cache evicts: lazy, lru, eager or random.")
    ] = "lazy",
    tests: Annotated[
        list[str] | None,
        typer.Option(
            "--tests",
            metavar="PATTERN",
            help="Run only the Unity test cases whose name or '[tag]' fits; '!' turns it round.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the free choices.")] = 0,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds of chip time after which a run is stopped.")
    ] = 60.0,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON too.")] = None,
    sarif: Annotated[
        Path | None,
        typer.Option("--sarif", metavar="FILE", help="Write the findings as SARIF 2.1.0, for code scanning."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML.")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace", metavar="FILE", help="Write what happened when: FILE.perfetto, or FILE.vcd for waveform viewers."
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with findings, sources and a timeline.")
    ] = None,
    annotations: Annotated[
        bool,
        typer.Option("--annotations", help="Print findings as workflow commands, which CI shows at the source lines."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only findings and summary, no program output.")] = False,
    wait_for_debugger: Annotated[
        bool, typer.Option("--wait-for-debugger", help="Stop the firmware at its start until a debugger attaches.")
    ] = False,
) -> None:
    """Build and run; the exit status is that of the worst report, of `--chip all` of those that could run."""
    from dmalab.options import Options, parse_options, parse_size, split_list
    from dmalab.outputs import Outputs

    outputs = Outputs({"--json": json, "--sarif": sarif, "--junit": junit, "--trace": trace, "--html": html})
    options = Options(
        sources=tuple(sources),
        chips=split_list(chip or ()),
        api=api,
        idf=idf,
        includes=tuple(include or ()),
        defines=tuple(define or ()),
        cflags=tuple(cflag or ()),
        psram=None if psram is None else _named("--psram", parse_size, psram),
        options=parse_options(option or ()),
        policy=policy,
        tests=tuple(tests or ()),
        seed=seed,
        timeout_s=timeout,
        quiet=quiet,
        trace=outputs.traced,
        wait_for_debugger=wait_for_debugger,
    )
    from dmalab.errors import Interrupted
    from dmalab.report.run import exit_code
    from dmalab.report.text import show
    from dmalab.runner import run_sources

    interrupted = False
    reports: Sequence[Any]
    try:
        reports = run_sources(options)
    except Interrupted as stop:
        reports, interrupted = stop.reports, True
    outputs.write(reports)  # before the text: a reader that closes the pipe early must not cost the files
    sys.stdout.flush()
    show(reports, sys.stdout, quiet=quiet)
    if annotations:
        from dmalab.report.annotations import workflow_commands

        sys.stdout.writelines(f"{line}\n" for line in workflow_commands(reports))
    if interrupted:
        raise KeyboardInterrupt
    # Of all chips there are, some may be unable to run the program; that is told, but it is no failure while others can.
    ran = [report for report in reports if report.verdict != "error"]
    raise typer.Exit(exit_code(ran if options.every_chip and ran else reports))


@app.command(
    help="Propose changes that make a file's findings go away, each proved by building and running a copy with it. Prints a diff.",
    short_help="Propose changes for findings, proved by a run.",
)
def fix(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A C, C++ or Python file.")],
    chip: _Chips = None,
    api: _Api = "idf",
    idf: Annotated[str, typer.Option("--idf", metavar="RELEASE", help="As for run.")] = "v5.5",
    include: _Folders = None,
    define: _Defines = None,
    cflag: _Flags = None,
    psram: Annotated[str | None, typer.Option("--psram", metavar="SIZE", help="PSRAM fitted, as for run.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME[=VALUE]", help="How the image is built, as for run.")
    ] = None,
    policy: Annotated[
        str, typer.Option("--policy", metavar="NAME", help="When the cache evicts, as for run.")
    ] = "lazy",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the free choices, as for run.")] = 0,
    write: Annotated[bool, typer.Option("--write", help="Change the file. Without it, no file is changed.")] = False,
) -> None:
    """Exit status: 0 nothing is left to fix, 1 a finding remains, 2 could not run."""
    from dmalab.fixes import session
    from dmalab.fixes.show import render
    from dmalab.options import Options, parse_options, parse_size, split_list

    options = Options(
        sources=(file,),
        chips=split_list(chip or ()),
        api=api,
        idf=idf,
        includes=tuple(include or ()),
        defines=tuple(define or ()),
        cflags=tuple(cflag or ()),
        psram=None if psram is None else _named("--psram", parse_size, psram),
        options=parse_options(option or ()),
        policy=policy,
        seed=seed,
        quiet=True,
    )
    with _trying(file):
        outcome = session.fix_file(options)
    if write:
        session.write(outcome, file)
    typer.echo(render(outcome, file, written=write))
    raise typer.Exit(outcome.exit_code)


def _trying(file: Path) -> AbstractContextManager[object]:
    """Something that moves on the terminal while changes are built and run; gone when that is over."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(f"trying changes to {file.name}")


@app.command(help="List the chips, or show what is known about one.")
def chips(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A chip's name, or the path of a chip file.")
    ] = None,
    psram: Annotated[str | None, typer.Option("--psram", metavar="SIZE", help="PSRAM fitted, as for run.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME[=VALUE]", help="How the image is built, as for run.")
    ] = None,
) -> None:
    """Print the list, or one chip as those options build it."""
    from dmalab import chips as chip_files
    from dmalab.options import parse_options, parse_size
    from dmalab.pages import chip_list, chip_page

    if name is None:
        typer.echo(chip_list([chip_files.load(each) for each in chip_files.names()]))
        return
    size = None if psram is None else _named("--psram", parse_size, psram)
    chip = chip_files.with_options(chip_files.load(name), parse_options(option or ()), psram=size)
    typer.echo(chip_page(chip, plain=not _has_blocks(sys.stdout)))


@app.command(help="List the rules, or explain one.")
def rules(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A rule's name, as findings carry it.")] = None,
) -> None:
    """Print the list, or one rule."""
    from dmalab.pages import rule_list
    from dmalab.rule_page import rule_page

    typer.echo(rule_list() if name is None else rule_page(name))


@app.command(
    help="Check what firmware runs need on this computer: compiler, 32-bit libraries, shared memory, cache folder.",
    short_help="Check what firmware runs need on this computer.",
)
def doctor() -> None:
    """Print one line per check; exit status 2 when firmware can't be run."""
    from dmalab.doctor import examine

    results = examine()
    for result in results:
        typer.echo(str(result))
    raise typer.Exit(EXIT_CANNOT_RUN if any(result.blocks for result in results) else 0)


def _named(option: str, parse: Any, text: str) -> Any:
    """`parse(text)`, with the option's name in front of its complaint."""
    from dmalab.errors import OptionError

    try:
        return parse(text)
    except OptionError as error:
        raise OptionError(f"{option}: {error}") from None


def _has_blocks(stream: TextIO) -> bool:
    """Whether the stream's encoding knows the characters that maps are drawn with."""
    try:
        "█⋮".encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _handle(error: Exception) -> int:
    """Complain about `error`: a line when the user can act on it, else a traceback and a request to report it."""
    from dmalab.chips import ChipError
    from dmalab.errors import CannotRunError, OptionError
    from dmalab.guest.toolchain import BuildError

    if isinstance(error, (CannotRunError, BuildError)):
        return _complain(str(error), EXIT_CANNOT_RUN)
    if isinstance(error, (OptionError, ChipError)):
        return _complain(_one_line(str(error)), EXIT_CANNOT_RUN)
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        _close_stdout()  # what is still in the buffer has no room either
        return _complain(f"can't write: {error.strerror}", EXIT_CANNOT_RUN)
    traceback.print_exception(error)
    summary = _one_line(f"{type(error).__name__}: {error}")
    return _complain(f"fault in dmalab itself ({summary}); please report it with the traceback above", EXIT_FAULT)


def _close_stdout() -> None:
    """Python flushes stdout once more on its way out, which must not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str, status: int) -> int:
    typer.echo(f"dmalab: {text}", err=True)
    return status


def _one_line(text: str) -> str:
    return " ".join(text.split())
