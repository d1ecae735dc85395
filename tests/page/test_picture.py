"""docs/page.png is a picture of the demo firmware's page. DMALAB_UPDATE_PICTURE=1 takes it again."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

from .test_browser import show, visible

PICTURE = Path(__file__).parents[2] / "docs" / "page.png"
WIDTH, HEIGHT = 1280, 900


def test_the_picture_is_that_of_the_page(browser: Any, page: str, tmp_path: Path) -> None:
    """Its size is compared, not its pixels: fonts differ from one computer to the next."""
    if os.environ.get("DMALAB_UPDATE_PICTURE"):
        screen = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        opened = show(browser, page, tmp_path)
        next(each for each in visible(opened, ".finding") if "stale-dma-read" in each.text).click()
        opened.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
        )
        opened.save_screenshot(str(PICTURE))
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    head = PICTURE.read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert struct.unpack(">II", head[16:]) == (WIDTH, HEIGHT)
