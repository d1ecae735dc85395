"""Runs what `dmalab run` is asked to run: firmware sources or a Python script, on one chip or on several side by side."""

from __future__ import annotations

import inspect
import re
import runpy
import sys
import traceback
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from dmalab import matrix
from dmalab.chips import ChipError
from dmalab.chips.model import Chip, Kind
from dmalab.core.cache import Policy
from dmalab.core.clock import PS_PER_NS
from dmalab.errors import CannotRunError, Interrupted, OptionError
from dmalab.guest.arena import arena_for
from dmalab.guest.build import BuildError, build
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers import IDF, unity
from dmalab.guest.image import Image
from dmalab.guest.leaks import report_leaks
from dmalab.guest.process import GuestProcess
from dmalab.guest.zephyr_config import configure
from dmalab.guest.zephyr_firmware import ZephyrFirmware
from dmalab.guest.zephyr_handlers import ZEPHYR
from dmalab.idf.release import parse as parse_release
from dmalab.machine import Machine
from dmalab.matrix import Output
from dmalab.options import Options
from dmalab.report.run import INTERRUPTED, RunReport
from dmalab.report.text import duration

_ERROR = re.compile(r": (?:fatal )?error: ")
_LACKING = re.compile(
    r"^(?P<file>.*?):(?P<line>\d+):\d+: error: call to \W?(?P<function>\w+)\W? declared with \W?(?:attribute error|error\W? attribute): "
    r"(?P<text>.*)$",
    re.MULTILINE,
)
"""What gcc and clang say of a call to a function with the attribute `error`."""


def run_sources(options: Options) -> list[RunReport]:
    """Run the program on every chip it is asked for.

    Several chips run in parallel; a chip on which the program can't be built or run has a report that says so.

    Raises:
        CannotRunError: it could not be built or loaded for any chip.
        OptionError: the options don't fit the program.
    """
    is_script = options.sources[0].suffix == ".py"
    if len(options.chips) == 1:
        chip = options.part(options.chips[0])
        return [run_script(options, chip) if is_script else run_firmware(options, chip)]

    def run(name: str, output: Output) -> RunReport:
        try:
            chip = options.part(name)
            return run_script(options, chip) if is_script else run_firmware(options, chip, output)
        except (CannotRunError, ChipError) as error:
            return RunReport(chip=name, api=options.api, idf=options.idf, seed=options.seed, error=str(error))

    def prepare() -> None:
        """Build for the first chip here, with all cores: the others share most of the objects."""
        with suppress(CannotRunError, ChipError):
            build_firmware(options, options.part(options.chips[0]))

    show = _discard if options.quiet else _print
    try:
        reports = matrix.run_all(options.chips, run, show, prepare=(lambda: None) if is_script else prepare)
    except Interrupted as stop:
        done = {report.chip: report for report in stop.reports}
        rest = {
            name: RunReport(chip=name, api=options.api, idf=options.idf, error=INTERRUPTED) for name in options.chips
        }
        raise Interrupted([done.get(name, rest[name]) for name in options.chips]) from None
    if all(report.error for report in reports):
        raise CannotRunError(f"none of {len(reports)} chips can run it; {reports[0].chip}: {reports[0].error}")
    return reports


def _machine(options: Options, chip: Chip, **more: object) -> Machine:
    policy: Policy = options.policy  # type: ignore[assignment]  # checked by Options
    return Machine(
        chip,
        idf=options.idf,
        policy=policy,
        seed=options.seed,
        trace=options.trace,
        api=options.api,  # type: ignore[arg-type]  # checked by Options
        driver=options.driver,
        **more,  # type: ignore[arg-type]
    )


def _print(data: bytes, stream: int) -> None:
    target = sys.stderr if stream == 2 else sys.stdout
    target.write(data.decode("utf-8", "replace"))
    target.flush()


def _discard(_data: bytes, _stream: int) -> None:
    pass


def run_firmware(options: Options, chip: Chip, output: Output | None = None) -> RunReport:
    """Build the sources and run them on one chip.

    Args:
        options: What to run and how.
        chip: As built.
        output: Gets what the firmware prints, and 1 for stdout or 2 for stderr; printed when left out, unless options are quiet.
    Raises:
        CannotRunError: the build failed.
    """
    with _building(chip) if output is None and not options.quiet else nullcontext():
        image = build_firmware(options, chip)
    return run_image(options, chip, image, output)


def _building(chip: Chip) -> AbstractContextManager[object]:
    """Something that moves on the terminal while a build goes on; gone when it is over."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(f"building for {chip.name}")


def build_firmware(options: Options, chip: Chip, *, word_bytes: int | None = None) -> Image:
    """Build the sources for one chip.

    Args:
        options: What to build.
        chip: As built.
        word_bytes: 4 or 8 to force a guest width; the compiler's choice when left out.
    Raises:
        CannotRunError: the build failed.
    """
    try:
        sources, defines, preamble = _configured(options, chip)
        return build(
            sources,
            chip=chip,
            preamble=preamble,
            includes=options.includes,
            defines=(*_release_defines(options.idf), *_chip_defines(chip), *defines),
            cflags=options.cflags,
            api=options.api,
            word_bytes=word_bytes,
        )
    except BuildError as error:
        raise CannotRunError(_lacking(error.output) or str(error)) from None


def _configured(options: Options, chip: Chip) -> tuple[tuple[Path, ...], tuple[str, ...], str]:
    """What is compiled, with which definitions, and which header goes first; a Zephyr application brings configuration files."""
    if options.api != "zephyr":
        return options.sources, options.defines, ""
    application = configure(options.sources, options.defines, chip)
    return application.sources, application.defines, application.preamble


def _release_defines(release: str) -> tuple[str, ...]:
    found = parse_release(release)
    return f"DMALAB_IDF_MAJOR={found.major}", f"DMALAB_IDF_MINOR={found.minor}", f"DMALAB_IDF_PATCH={found.patch}"


def _chip_defines(chip: Chip) -> tuple[str, ...]:
    """What headers can't know from the chip's own header."""
    # The name of the second begins differently: it is not for the runtime, which is the same for every chip.
    engines = ", ".join(engine.title for engine in chip.engines) or "none"
    psram = any(region.kind is Kind.PSRAM for region in chip.regions)
    return (*(() if psram else ("DMALAB_NO_PSRAM=1",)), f'DL_ENGINES="{engines}"')


def _lacking(output: str) -> str:
    """One line if all the compiler complains about is that the chip lacks what is called; headers mark such functions."""
    lacking = list(_LACKING.finditer(output))
    if not lacking or len(lacking) != len(_ERROR.findall(output)):
        return ""
    first = lacking[0]
    more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
    return f"{first['file']}:{first['line']}: {first['function']}: {first['text']}{more}"


def run_image(options: Options, chip: Chip, image: Image, output: Output | None = None) -> RunReport:
    """Run what `build_firmware` built for this chip; `output` as for `run_firmware`."""
    with arena_for(chip) as arena:
        machine = _machine(options, chip, planes=arena)
        show = output or (_discard if options.quiet else _print)
        with GuestProcess.start(image, arena, wait_for_debugger=options.wait_for_debugger) as process:
            if options.wait_for_debugger:
                print(f"waiting for a debugger: gdb -p {process.pid}", file=sys.stderr, flush=True)  # noqa: T201 - the user waits for it
            kind, handlers = (ZephyrFirmware, ZEPHYR) if options.api == "zephyr" else (Firmware, IDF)
            firmware = kind(machine, image, process, handlers, show)
            firmware.ended = lambda: report_leaks(firmware)
            unity.select(firmware, options.tests)
            try:
                firmware.run(options.timeout_s)
            except KeyboardInterrupt:
                raise _interrupted(machine) from None
        error = unity.close(firmware)
        return replace(machine.report(), error=error) if error else machine.report()


def run_script(options: Options, chip: Chip) -> RunReport:
    """Run the script's `main` on one chip; an exception in it is the program's failure.

    Raises:
        CannotRunError: the script can't be loaded.
        OptionError: it has no `main`.
    """
    path = options.sources[0]
    try:
        names = runpy.run_path(str(path))
    except Exception as error:  # noqa: BLE001 - the script is the user's
        raise CannotRunError("".join(traceback.format_exception(error))) from None
    main = names.get("main")
    if main is None or not inspect.iscoroutinefunction(main):
        raise OptionError(f"{path}: no entry point; a script needs 'async def main(machine)'")
    machine = _machine(options, chip)
    try:
        return machine.run(main, limit_s=options.timeout_s)
    except KeyboardInterrupt:
        raise _interrupted(machine) from None
    except Exception as error:  # noqa: BLE001 - likewise
        machine.failure = _last_line(error, path)
        return machine.report()


def _interrupted(machine: Machine) -> Interrupted:
    """What is known of a run that the user stopped. What it did not come to may be wrong, so it is never clean."""
    why = f"{INTERRUPTED} after {duration(machine.clock.now_ps // PS_PER_NS)} of chip time"
    report = machine.report()
    clean = report.verdict == "clean"
    return Interrupted([replace(report, error=why) if clean else replace(report, notes=(*report.notes, why))])


def _last_line(error: Exception, path: Path) -> str:
    """An exception in one line, with the place in the script where it came from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f" at {path.name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{where}" if str(error) else f"{type(error).__name__}{where}"
