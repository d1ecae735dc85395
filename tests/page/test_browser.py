"""The page in a real browser: it opens without errors, filters, zooms, and shows the clicked finding's source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dmalab.report.page import render_page
from dmalab.report.run import RunReport

from .test_render import evil_report, timeline


@pytest.fixture
def opened(browser: Any, page: str, tmp_path: Path) -> Any:
    return show(browser, page, tmp_path)


def show(browser: Any, page: str, folder: Path) -> Any:
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    browser.get_log("browser")
    browser.get(file.as_uri())
    return browser


def visible(browser: Any, selector: str) -> list[Any]:
    return [element for element in browser.find_elements("css selector", selector) if element.is_displayed()]


def test_it_opens_without_console_errors(opened: Any) -> None:
    assert opened.get_log("browser") == []
    assert [tab.text.split("\n")[0] for tab in visible(opened, "#runs button")] == ["esp32s3", "esp32p4"]


def test_a_clicked_finding_shows_its_source(opened: Any) -> None:
    for finding in visible(opened, ".finding"):
        if "stale-dma-read" in finding.text:
            finding.click()
    detail = visible(opened, ".detail")
    assert len(detail) == 1
    assert "stale-dma-read" in detail[0].text
    hits = [line.text for line in visible(opened, ".line.hit")]
    assert any("BUG" in line for line in hits)


def test_the_filter_hides_what_does_not_match(opened: Any) -> None:
    box = opened.find_element("id", "filter")
    box.send_keys("stale-dma")
    assert [finding.text.split(" ")[0] for finding in visible(opened, ".finding")] == ["stale-dma-read"]
    assert "stale-dma-read" in visible(opened, ".detail")[0].text
    box.clear()


def test_keys_choose_findings_and_runs(opened: Any) -> None:
    body = opened.find_element("tag name", "body")
    first = visible(opened, '.finding[aria-current="true"]')[0].text
    body.send_keys("j")
    assert visible(opened, '.finding[aria-current="true"]')[0].text != first
    body.send_keys("2")
    assert visible(opened, ".summary")[0].text.startswith("esp32p4")


def test_the_timeline_zooms_and_tells_what_was_clicked(opened: Any) -> None:
    canvas = visible(opened, "canvas")[0]
    canvas.send_keys("0")
    script = "const c = document.querySelector('main:not([hidden]) canvas'); return c.toDataURL().length"
    whole = opened.execute_script(script)
    for _ in range(5):
        canvas.send_keys("+")
    opened.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))")
    assert opened.execute_script(script) != whole
    opened.execute_script(
        """const c = document.querySelector('main:not([hidden]) canvas'), box = c.getBoundingClientRect();
        for (const kind of ['pointerdown', 'pointerup'])
          c.dispatchEvent(new PointerEvent(kind, {clientX: box.left + 400, clientY: box.top + 33, bubbles: true, pointerId: 1}));"""
    )
    assert visible(opened, ".picked")[0].text.startswith("main: ")


def test_a_click_on_an_event_shows_its_source_line(opened: Any) -> None:
    """Whatever lane has events with a place: the channel's was started by the firmware's own line."""
    hits = opened.execute_script(
        """const view = new Timeline(document.querySelector('main:not([hidden]) .timeline'),
          JSON.parse(document.getElementById('timelines').textContent)[0]);
        view.resize();
        view.show(0, view.total);
        const number = view.lanes.findIndex((lane) => lane.kind === 'channel'), lane = view.lanes[number];
        view.pick(view.xOf((lane.start[0] + lane.end[0]) / 2), TOP + (number + 0.5) * LANE_HEIGHT);
        return view.picked.textContent"""
    )
    assert hits.startswith("AHB GDMA channel 0: 32768 bytes, ")
    assert "bug.c:47 app_main" in hits
    assert any("esp_async_memcpy(mcp, panel, frame" in line.text for line in visible(opened, ".picked .line.hit"))


def test_light_and_dark(opened: Any) -> None:
    def background() -> str:
        return str(opened.execute_script("return getComputedStyle(document.body).backgroundColor"))

    light = background()
    opened.find_element("tag name", "body").send_keys("t")
    dark = background()
    assert light != dark
    opened.find_element("id", "theme").click()
    assert background() == light


def test_it_is_readable_at_1280_by_720(browser: Any, page: str, tmp_path: Path) -> None:
    """Nothing is wider than the window, and what happened is seen without scrolling: verdict, finding, sources, fix."""
    screen = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    opened = show(browser, page, tmp_path)
    try:
        width = "const root = document.documentElement; return root.scrollWidth - root.clientWidth"
        assert opened.execute_script(width) == 0
        for selector in (".summary", ".finding", ".detail h2", ".detail .fix", ".timeline-bar"):
            box = visible(opened, selector)[0].rect
            assert box["y"] + box["height"] <= 720, selector
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile_text_stays_text(browser: Any, tmp_path: Path) -> None:
    opened = show(browser, render_page([evil_report()], read_source=lambda _file: "<b>x</b>"), tmp_path)
    assert opened.get_log("browser") == []
    assert opened.find_elements("css selector", "img, pre b") == []


def test_a_million_events_are_drawn(browser: Any, tmp_path: Path) -> None:
    """How fast is a matter for the bench; here: the picture comes, at every zoom."""
    report = RunReport(chip="esp32s3", api="idf", timeline=timeline(1_000_000))
    opened = show(browser, render_page([report]), tmp_path)
    canvas = visible(opened, "canvas")[0]
    for key in "+++++-----0":
        canvas.send_keys(key)
    opened.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))")
    assert opened.get_log("browser") == []
    assert opened.execute_script(
        "const c = document.querySelector('canvas'); const d = c.getContext('2d').getImageData(300, 33, 1, 1).data; return d[3]"
    )
