"""How fast the page's timeline is: frames a second while it zooms and pans, in headless Chromium, and how large a page gets.

Promises: 60 frames a second with 1 000 000 events, below 2 MB for 100 000. Counted are the frames that the browser shows, at most 60 a
second; beside that the time that the page's own code takes for one. Without Chromium only sizes are told.
Usage: bench_page.py [--smoke]
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from dmalab.core.places import NOWHERE
from dmalab.report.page import render_page
from dmalab.report.run import RunReport
from dmalab.trace.timeline import Lane, LaneKind, Timeline

LANES = (
    Lane(LaneKind.TASK, "main"),
    Lane(LaneKind.TASK, "worker"),
    Lane(LaneKind.INTERRUPT, "interrupts"),
    Lane(LaneKind.CHANNEL, "AHB GDMA channel 0"),
    Lane(LaneKind.BUS, "AHB GDMA", "kB/s"),
    Lane(LaneKind.SYNC, "cache maintenance"),
    Lane(LaneKind.LINES, "frame"),
    Lane(LaneKind.BUFFER, "frame"),
)
FRAMES = """
const done = arguments[arguments.length - 1], frames = arguments[0];
const section = document.querySelector('main:not([hidden]) .timeline');
const view = new Timeline(section, JSON.parse(document.getElementById('timelines').textContent)[0]);
view.resize();
const painting = [], shown = [];
let i = 0;
function frame(now) {
  shown.push(now);
  /* down to a thousandth of the whole and back, and from side to side */
  const share = 10 ** (-3 * Math.abs(Math.sin(i / 60))), span = view.total * share;
  view.from = (view.total - span) * (0.5 + 0.5 * Math.sin(i / 25));
  view.to = view.from + span;
  const begin = performance.now();
  view.paint();
  painting.push(performance.now() - begin);
  if (++i < frames) requestAnimationFrame(frame);
  else {
    painting.sort((a, b) => a - b);
    done([1000 * (shown.length - 1) / (shown[shown.length - 1] - shown[0]), painting[painting.length >> 1], painting[painting.length - 1]]);
  }
}
requestAnimationFrame(frame);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="few events: only that it runs")
    smoke = parser.parse_args().smoke
    page = render(100_000)
    print(f"page of 100 000 events: {len(page) / 1e6:.2f} MB (promised 2)")
    for events in (10_000,) if smoke else (100_000, 1_000_000):
        page = render(events)
        figures = frames(page, 5 if smoke else 400)
        if figures is None:
            print("headless Chromium is missing: install the packages chromium and chromium-driver")
            return
        opened, rate, middle, worst = figures
        print(
            f"{events:9} events, {len(page) / 1e6:5.2f} MB: opens in {opened:.2f} s; {rate:.1f} frames a second (promised 60), of which the "
            f"page's code takes {middle:.1f} ms each, at most {worst:.1f} ms"
        )


def render(count: int) -> bytes:
    """A page with that many events, spread over the lanes as a run spreads them."""
    generator = np.random.default_rng(1)
    start = np.cumsum(generator.integers(50_000, 2_000_000, count)).astype(np.int64)
    timeline = Timeline(
        lanes=LANES,
        labels=("runs", "waits for semaphore created at frame.c:31", "4096 bytes", "16 dirty"),
        sites=(NOWHERE,),
        start_ps=start,
        end_ps=start + generator.integers(10_000, 3_000_000, count),
        lane=(np.arange(count) % len(LANES)).astype(np.int32),
        label=generator.integers(0, 4, count).astype(np.int32),
        site=np.zeros(count, dtype=np.int32),
        value=np.zeros(count, dtype=np.int64),
        dropped=0,
        duration_ps=int(start[-1]) + 1,
    )
    return render_page([RunReport(chip="esp32s3", api="idf", timeline=timeline)]).encode()


def frames(page: bytes, count: int) -> tuple[float, float, float, float] | None:
    """Seconds to open, frames a second, milliseconds of the middle and of the slowest one; None without a browser."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        return None
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ):
        options.add_argument(flag)
    browser: Any = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "page.html"
            file.write_bytes(page)
            begin = time.monotonic()
            browser.get(file.as_uri())
            opened = time.monotonic() - begin
            browser.set_script_timeout(120)
            rate, middle, worst = browser.execute_async_script(FRAMES, count)
    finally:
        browser.quit()
    return opened, rate, middle, worst


if __name__ == "__main__":
    main()
