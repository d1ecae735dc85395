"""Runs what `dmalab run` is asked to run: firmware sources or a Python script, on one chip after the other."""

from __future__ import annotations

import inspect
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from dmalab import chips
from dmalab.chips.model import Chip
from dmalab.core.cache import Policy
from dmalab.errors import CannotRunError, OptionError
from dmalab.guest.arena import arena_for
from dmalab.guest.build import BuildError, build
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers import IDF
from dmalab.guest.image import Image
from dmalab.guest.leaks import report_leaks
from dmalab.guest.process import GuestProcess
from dmalab.machine import Machine
from dmalab.options import Options
from dmalab.report.run import RunReport

Output = Callable[[bytes, int], None]


def run_sources(options: Options) -> list[RunReport]:
    """Run the program on every chip it is asked for.

    Raises:
        CannotRunError: it could not be built or loaded.
        OptionError: the options don't fit the program.
    """
    if [source.suffix for source in options.sources] == [".py"]:
        return [_run_script(options, chip) for chip in _chips(options)]
    return [run_firmware(options, chip) for chip in _chips(options)]


def _chips(options: Options) -> list[Chip]:
    loaded = [chips.load(name) for name in options.chips]
    return [chips.with_psram(chip, options.psram) for chip in loaded] if options.psram is not None else loaded


def _machine(options: Options, chip: Chip, **more: object) -> Machine:
    policy: Policy = options.policy  # type: ignore[assignment]  # checked by Options
    return Machine(chip, idf=options.idf, policy=policy, seed=options.seed, **more)  # type: ignore[arg-type]


def _print(data: bytes, stream: int) -> None:
    target = sys.stderr if stream == 2 else sys.stdout
    target.write(data.decode("utf-8", "replace"))
    target.flush()


def _discard(_data: bytes, _stream: int) -> None:
    pass


def run_firmware(options: Options, chip: Chip, output: Output | None = None) -> RunReport:
    """Build the sources and run them on one chip.

    Args:
        output: Gets what the firmware prints, and 1 for stdout or 2 for stderr; printed when left out, unless options are quiet.
    Raises:
        CannotRunError: the build failed.
    """
    return run_image(options, chip, build_firmware(options, chip), output)


def build_firmware(options: Options, chip: Chip, *, word_bytes: int | None = None) -> Image:
    """Build the sources for one chip.

    Args:
        word_bytes: 4 or 8 to force a guest width; the compiler's choice when left out.
    Raises:
        CannotRunError: the build failed.
    """
    major, minor, patch = ([int(part) for part in options.idf.lstrip("v").split(".")] + [0])[:3]
    defines = [
        f"DMALAB_TARGET_{chip.name}",
        f"DMALAB_IDF_MAJOR={major}",
        f"DMALAB_IDF_MINOR={minor}",
        f"DMALAB_IDF_PATCH={patch}",
        *options.defines,
    ]
    try:
        return build(
            options.sources,
            chip=chip,
            includes=options.includes,
            defines=defines,
            cflags=options.cflags,
            api=options.api,
            word_bytes=word_bytes,
        )
    except BuildError as error:
        raise CannotRunError(str(error)) from None


def run_image(options: Options, chip: Chip, image: Image, output: Output | None = None) -> RunReport:
    """Run what `build_firmware` built for this chip; `output` as for `run_firmware`."""
    with arena_for(chip) as arena:
        machine = _machine(options, chip, planes=arena)
        show = output or (_discard if options.quiet else _print)
        with GuestProcess.start(image, arena, wait_for_debugger=options.wait_for_debugger) as process:
            if options.wait_for_debugger:
                print(f"waiting for a debugger: gdb -p {process.pid}", file=sys.stderr, flush=True)
            firmware = Firmware(machine, image, process, IDF, show)
            firmware.ended = lambda: report_leaks(firmware)
            firmware.run(options.timeout_s)
        return machine.report()


def _run_script(options: Options, chip: Chip) -> RunReport:
    path = options.sources[0]
    try:
        names = runpy.run_path(str(path))
    except Exception as error:
        raise CannotRunError("".join(traceback.format_exception(error))) from None
    main = names.get("main")
    if main is None or not inspect.iscoroutinefunction(main):
        raise OptionError(f"{path}: no entry point; a script needs 'async def main(machine)'")
    machine = _machine(options, chip)
    try:
        return machine.run(main, limit_s=options.timeout_s)
    except Exception as error:
        machine.failure = _last_line(error, path)
        return machine.report()


def _last_line(error: Exception, path: Path) -> str:
    """An exception in one line, with the place in the script where it came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f" at {path.name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{where}" if str(error) else f"{type(error).__name__}{where}"
