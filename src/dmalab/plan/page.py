"""A plan as text: a table, bars for the terminal, and with matplotlib a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from dmalab.core.clock import PS_PER_US
from dmalab.errors import CannotRunError, OptionError
from dmalab.plan.table import Plan, Row

BAR_COLUMNS = 48
MARKS, PLAIN_MARKS = "█░", "#."
"""For busy and free."""
FORMATS = (".pdf", ".png", ".svg")


def render(plan: Plan, *, encoding: str | None = "utf-8") -> str:
    """Table, bars, break-even sizes and notes.

    Args:
        plan: What to show.
        encoding: What the reader understands; without block characters the bars are plain.
    """
    parts = [plan.title, "", _table(plan.rows), "", _bars(plan, _marks(encoding))]
    if plan.break_even:
        parts += ["", *plan.break_even]
    if plan.notes:
        parts += ["", *(f"note: {note}" for note in plan.notes)]
    return "\n".join(parts)


def _table(rows: Sequence[Row]) -> str:
    head = ("bytes", "way", "time", "core busy", "core left", "bandwidth")
    body = [
        (
            f"{row.size}",
            row.way,
            _time(row.total_ps),
            _time(row.busy_ps),
            f"{_time(row.left_ps)} ({row.left_ps / row.total_ps:.0%})",
            f"{row.bytes_per_s / 1e6:.3g} MB/s",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in (head, *body)) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            text.ljust(width) if column == 1 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in (head, *body)
    )


def _time(ps: int) -> str:
    us = ps / PS_PER_US
    if us < 1000:
        return f"{us:.1f} us"
    return f"{us / 1000:.2f} ms" if us < 1_000_000 else f"{us / 1e6:.3f} s"


def _marks(encoding: str | None) -> str:
    try:
        MARKS.encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return PLAIN_MARKS
    return MARKS


def _bars(plan: Plan, marks: str) -> str:
    """Bars on a common logarithmic scale; the dark part is the share the core is busy."""
    dark, light = marks[0], marks[1]
    longest, shortest = max(row.total_ps for row in plan.rows), min(row.total_ps for row in plan.rows)
    span = max(1.0, math.log2(longest / shortest))
    width = max(len(way) for way in plan.ways)
    lines = []
    for size in dict.fromkeys(row.size for row in plan.rows):
        lines.append(f"{size} byte{'s' if size > 1 else ''}")
        for row in (row for row in plan.rows if row.size == size):
            columns = round(8 + (BAR_COLUMNS - 8) * math.log2(row.total_ps / shortest) / span)
            busy = round(columns * row.busy_ps / row.total_ps)
            lines.append(f"  {row.way:<{width}}  {dark * busy}{light * (columns - busy)} {_time(row.total_ps)}")
    return "\n".join([*lines, f"{dark} core busy  {light} core free (bars: logarithm of the time)"])


def save_plot(plan: Plan, path: Path) -> None:
    """Draw time and busy time over the size, both axes logarithmic.

    Args:
        plan: More than one size makes lines, one size points.
        path: Ends in .png, .svg or .pdf.
    Raises:
        OptionError: another ending.
        CannotRunError: matplotlib is not installed, or the file can't be written.
    """
    if path.suffix.lower() not in FORMATS:
        raise OptionError(f"--plot: {path.name} must end in {', '.join(FORMATS)}")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise CannotRunError("--plot needs matplotlib: pip install 'dmalab[plot]'") from None
    figure = Figure(figsize=(9, 5), layout="constrained")
    whole, busy = figure.subplots(1, 2, sharex=True)
    for way in plan.ways:
        rows = [row for row in plan.rows if row.way == way]
        sizes = [row.size for row in rows]
        whole.plot(sizes, [row.total_ps / PS_PER_US for row in rows], marker="o", label=way)
        busy.plot(sizes, [row.busy_ps / PS_PER_US for row in rows], marker="o", label=way)
    for axes, title in ((whole, "time"), (busy, "core busy")):
        axes.set(xscale="log", yscale="log", xlabel="bytes", ylabel="us", title=title)
        axes.grid(visible=True, which="both", alpha=0.3)
    whole.legend()
    figure.suptitle(plan.title)
    try:
        figure.savefig(path)
    except OSError as error:
        raise CannotRunError(f"--plot: {path}: {error.strerror}") from None
