"""How long `dmalab --help` takes as a process. Promise: under 0.2 s on a desk machine."""

import argparse
import statistics
import subprocess
import sys
import time

PROMISED_S = 0.2


def seconds_of(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "dmalab", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--smoke", action="store_true", help="a few rounds only")
    rounds = 5 if options.parse_args().smoke else 25
    times = [seconds_of("--help") for _ in range(rounds)]
    print(
        f"dmalab --help: median {statistics.median(times):.3f} s, best {min(times):.3f} s of {rounds} (promised {PROMISED_S} s)"
    )


if __name__ == "__main__":
    main()
