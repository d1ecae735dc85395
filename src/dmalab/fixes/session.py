"""One `dmalab fix`: run, propose, verify, and again, until nothing is left or nothing more can be done."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

from dmalab.errors import CannotRunError, OptionError
from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import Proposal, apply, line_map
from dmalab.fixes.idf import IdfDialect
from dmalab.fixes.propose import proposals
from dmalab.fixes.python import Script
from dmalab.fixes.source import Source
from dmalab.fixes.verify import Judgement, judge, key, serious
from dmalab.fixes.zephyr import ZephyrDialect
from dmalab.options import C_SUFFIXES, Options
from dmalab.report.files import write_atomically
from dmalab.report.finding import Finding
from dmalab.report.run import RunReport
from dmalab.runner import run_sources

_BARE_NEWLINE = re.compile(r"(?<!\r)\n")
Run = Callable[[Options], list[RunReport]]


@dataclass(slots=True)
class Attempt:
    """What became of one finding."""

    chip: str
    finding: Finding
    place: str
    """`file.c:31` in the text as it was given; empty when unknown."""
    fixed: bool = False
    summary: str = ""
    """The change that was made; empty when none was."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Changes that did not pass, each with what spoke against it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one session came to."""

    old: str
    new: str
    attempts: tuple[Attempt, ...]
    chips: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing remains, else 1."""
        return int(any(not attempt.fixed for attempt in self.attempts))


def fix_file(options: Options, run: Run = run_sources) -> Outcome:
    """Find changes to a file that make its findings go away. The file itself is only read.

    Args:
        options: As for a run, with one source.
        run: Makes a run; replaceable for tests.
    Raises:
        OptionError: there is not exactly one file, or one in another language.
        CannotRunError: the file can't be built or run as it is.
    """
    if len(options.sources) != 1 or options.sources[0].suffix.lower() not in (*C_SUFFIXES, ".py"):
        raise OptionError("fix: name one C, C++ or Python file")
    with tempfile.TemporaryDirectory(prefix="dmalab-fix-") as folder:
        return _Session(options, Path(folder), run).work()


def write(outcome: Outcome, path: Path) -> None:
    """Put the change into the file, whole or not at all.

    Raises:
        CannotRunError: the file is not what it was when the session began.
        OSError: it can't be written.
    """
    if outcome.new == outcome.old:
        return
    if path.read_bytes() != outcome.old.encode():
        raise CannotRunError(f"{path} was changed in the meantime, so it was left alone")
    write_atomically(path, outcome.new)


class _Session:
    def __init__(self, options: Options, folder: Path, run: Run) -> None:
        original = options.sources[0]
        self._copy = (folder / original.name).resolve()
        shutil.copyfile(original, self._copy)
        # Headers beside the file are still found; the copy comes first, as it would at home.
        includes = (original.resolve().parent, *options.includes)
        self._options = replace(options, sources=(self._copy,), includes=includes, quiet=True)
        try:
            self._old = self._text = original.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise CannotRunError(f"{original}: not UTF-8: {error.reason} at byte {error.start}") from None
        self._dialect = ZephyrDialect() if options.api == "zephyr" else IdfDialect(options.idf)
        self._windows = "\r\n" in self._old
        self._run_sources = run

    def work(self) -> Outcome:
        reports = self._run(self._text)
        self._must_run(reports)
        attempts: list[Attempt] = []
        given_up: set[object] = set()
        while left := [each for each in serious(reports) if key(*each) not in given_up]:
            chip, finding = left[0]
            attempt = Attempt(chip, finding, self._place(finding))
            attempts.append(attempt)
            better = self._improve(attempt, reports)
            if better is None:
                given_up.add(key(chip, finding))
                continue
            before = self._text
            self._text, reports = better
            # Lines have moved, and with them the names of what was given up.
            if before != self._text:
                given_up = set()
                attempts = [one for one in attempts if one.fixed]
        return Outcome(self._old, self._text, tuple(attempts), tuple(report.chip for report in reports))

    def _improve(self, attempt: Attempt, reports: list[RunReport]) -> tuple[str, list[RunReport]] | None:
        """The first proposal that passes, made; None when none does."""
        wanted = key(attempt.chip, attempt.finding)
        tried = set()
        for proposal in self._proposals(attempt.finding):
            new = apply(self._text, proposal.edits)
            if self._windows:
                new = _BARE_NEWLINE.sub("\r\n", new)
            if new == self._text or new in tried:
                continue
            tried.add(new)
            try:
                after = self._run(new)
            except CannotRunError as error:
                judgement = Judgement(False, "it can't be built: " + _first_error(str(error)))
            else:
                judgement = judge(wanted, reports, after, str(self._copy), self._text, new)
            if judgement.good:
                attempt.fixed, attempt.summary = True, proposal.summary
                return new, after
            attempt.refused.append((proposal.summary, judgement.why))
        return None

    def _proposals(self, finding: Finding) -> Iterator[Proposal]:
        if self._copy.suffix == ".py":
            return Script(self._text, self._copy, finding).proposals()
        return proposals(Anchors(finding, Source(self._text), self._copy, self._dialect))

    def _place(self, finding: Finding) -> str:
        lines = line_map(self._old, self._text)
        known = [where for where in finding.first_places if where.file and where.line]
        if not known:
            return ""
        last = known[-1]
        line = lines.get(last.line, 0) if Path(last.file).resolve() == self._copy else last.line
        return f"{Path(last.file).name}:{line}" if line else Path(last.file).name

    def _run(self, text: str) -> list[RunReport]:
        self._copy.write_bytes(text.encode())
        if self._copy.suffix != ".py":
            return self._run_sources(self._options)
        with redirect_stdout(TextIOWrapper(BytesIO())):  # what a script prints is no result of ours
            return self._run_sources(self._options)

    def _must_run(self, reports: Sequence[RunReport]) -> None:
        broken = [report for report in reports if report.error]
        if broken:
            raise CannotRunError(f"{broken[0].chip}: {broken[0].error}")


def _first_error(output: str) -> str:
    lines = [line for line in output.splitlines() if "error:" in line] or output.splitlines() or [""]
    return lines[0].split("error:", 1)[-1].strip()
