"""`dmalab plan`: what DMA would cost and save, before anything is written.

Only typer is imported at the top, as in `cli`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dmalab.plan.table import Plan

plan_app = typer.Typer(
    help="Predict times of SPI transactions and copies, and when DMA is worth it.",
    no_args_is_help=False,
    rich_markup_mode=None,
)

_CLOCK = re.compile(r"(\d+(?:\.\d+)?)\s*([kKmM]?)(?:[hH][zZ])?")
_SCALES = {"": 1, "k": 1_000, "m": 1_000_000}

Chip = Annotated[str, typer.Option("--chip", metavar="NAME", help="The chip.")]
Sizes = Annotated[str, typer.Option("--bytes", metavar="N[,N...]", help="Sizes, such as 1,64,4K.")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw a picture too (png, svg, pdf).")]
Options = Annotated[
    list[str] | None, typer.Option("--option", metavar="NAME[=VALUE]", help="How the image is built, as for run.")
]
Cpu = Annotated[int | None, typer.Option("--cpu", metavar="MHZ", help="CPU clock. [default: the chip's]")]


@plan_app.command("spi", help="Polling, interrupts and DMA for SPI transactions, in ESP-IDF and esp-hal.")
def spi(
    chip: Chip = "esp32s3",
    clock: Annotated[str, typer.Option("--clock", metavar="F", help="Bus clock, such as 100k or 10M.")] = "10M",
    sizes: Sizes = "1,16,64,256,4096",
    lines: Annotated[int, typer.Option("--lines", metavar="N", help="Data lines: 1, 2, 4 or 8.")] = 1,
    option: Options = None,
    plot: Plot = None,
) -> None:
    """Print the plan."""
    from dmalab.options import parse_options
    from dmalab.plan.spi import plan_spi
    from dmalab.plan.table import load

    built = load(chip, options=parse_options(option or ()))
    _show(plan_spi(built, parse_clock(clock), _sizes(sizes), lines=lines), plot)


@plan_app.command("copy", help="Copies by the core and by an engine.")
def copy(
    chip: Chip = "esp32s3",
    source: Annotated[
        str, typer.Option("--from", metavar="REGION", help="sram or psram. [default: psram where there is some]")
    ] = "",
    target: Annotated[str, typer.Option("--to", metavar="REGION", help="sram or psram.")] = "sram",
    sizes: Sizes = "64,1024,16K",
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="Such as axi_gdma. [default: the first that can]")
    ] = "",
    burst: Annotated[int, typer.Option("--burst", metavar="N", help="Data burst of the engine, bytes.")] = 16,
    cpu: Cpu = None,
    option: Options = None,
    plot: Plot = None,
) -> None:
    """Print the plan."""
    from dmalab.options import parse_options
    from dmalab.plan.copy import plan_copy
    from dmalab.plan.table import load

    built = load(chip, cpu, parse_options(option or ()))
    source = source or ("psram" if any(region.kind.value == "psram" for region in built.regions) else "sram")
    plan = plan_copy(built, source.lower(), target.lower(), _sizes(sizes), engine=engine, burst=burst, break_even=True)
    _show(plan, plot)


@plan_app.command("published", help="The predictions beside published measurements.")
def published() -> None:
    """Print the table that docs/plan.md keeps."""
    from dmalab.plan.published import table

    typer.echo(table())


def _show(plan: Plan, plot: Path | None) -> None:
    from dmalab.plan.page import render, save_plot

    if plot is not None:
        save_plot(plan, plot)
    typer.echo(render(plan, encoding=sys.stdout.encoding))


def parse_clock(text: str) -> int:
    """Hertz written as `100k`, `10M`, `8000000` or `2.5MHz`.

    Raises:
        OptionError: anything else.
    """
    from dmalab.errors import OptionError

    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise OptionError(
            f"--clock: '{text}' is no frequency; write hertz, or a number with k or M such as 100k or 10M"
        )
    return round(float(match[1]) * _SCALES[match[2].lower()])


def _sizes(text: str) -> list[int]:
    from dmalab.errors import OptionError
    from dmalab.options import parse_size, split_list

    try:
        sizes = [parse_size(item) for item in split_list([text])]
    except OptionError as error:
        raise OptionError(f"--bytes: {error}") from None
    if not sizes:
        raise OptionError("--bytes: no size given")
    return list(dict.fromkeys(sizes))
