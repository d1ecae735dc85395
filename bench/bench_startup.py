"""How long `dmalab` takes as a process, against what is promised of a desk machine.

Usage: bench_startup.py [--smoke]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIRMWARE = str(Path(__file__).parent.parent / "examples" / "psram_frame" / "fixed.c")
HELP = ("dmalab --help", ("--help",))
RUN = ("dmalab run, one file", ("run", FIRMWARE, "--chip", "esp32p4"))
ALL = ("dmalab run --chip all", ("run", FIRMWARE, "--chip", "all"))


def seconds_of(arguments: tuple[str, ...], cache: str) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "dmalab", *arguments], capture_output=True, env=os.environ | {"XDG_CACHE_HOME": cache}
    )
    # Findings are fine: not every chip can run the firmware.
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - start


def row(what: str, times: list[float], promised_s: float) -> None:
    print(
        f"{what:28} median {statistics.median(times):.3f} s, best {min(times):.3f} s of {len(times)} (promised {promised_s} s)"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--smoke", action="store_true", help="a few rounds only")
    smoke = options.parse_args().smoke
    rounds = 1 if smoke else 9

    def cold(what: tuple[str, tuple[str, ...]], count: int, promised_s: float) -> None:
        times = []
        for _ in range(count):
            with tempfile.TemporaryDirectory() as fresh:
                times.append(seconds_of(what[1], fresh))
        row(f"{what[0]}, cold", times, promised_s)

    with tempfile.TemporaryDirectory() as kept:
        row(HELP[0], [seconds_of(HELP[1], kept) for _ in range(3 * rounds)], 0.2)
        cold(RUN, rounds, 3)
        seconds_of(RUN[1], kept)
        row(f"{RUN[0]}, cached", [seconds_of(RUN[1], kept) for _ in range(rounds)], 1)
        if not smoke:
            cold(ALL, 3, 12)


if __name__ == "__main__":
    main()
