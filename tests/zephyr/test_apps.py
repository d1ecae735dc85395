"""Applications in the style of Zephyr's own DMA tests, with what those assert, on every machine that can run them."""

from __future__ import annotations

import pytest

from .programs import APPS, run

ESP = ("esp32s3", "esp32c3")
ESP_LOOP = ("CONFIG_LOOP_SIZE=4092", "CONFIG_LOOP_CHANNEL=0")


def passes(name, tests, **more):
    ran = run(APPS / name, **more)
    suite = name.removesuffix(".c")
    assert ran.tests == {f"{suite}.{test}": "passed" for test in tests.split()}, ran.why
    assert ran.rules == [], ran.why
    assert "PROJECT EXECUTION SUCCESSFUL" in ran.printed
    return ran


M2M = "test_channel0_burst16 test_channel0_burst8 test_channel1_burst16 test_channel1_burst8"


def test_m2m():
    ran = passes("m2m.c", M2M)
    assert " PASS - test_channel0_burst8 in " in ran.printed


@pytest.mark.parametrize("driver", ["dw", "edma", "emul", "nxp_edma", "xmc4xxx"])
def test_m2m_with_other_drivers(driver):
    """Those that allow a second configuration after the end of a transfer, and tell one block by 0."""
    ran = run(APPS / "m2m.c", options={"driver": driver})
    refuses = driver == "nxp_edma"
    wanted = "failed" if refuses else "passed"
    later = [ran.tests[f"m2m.{test}"] for test in ("test_channel0_burst8", "test_channel1_burst8")]
    assert later == [wanted, wanted], ran.why


def test_loop():
    passes(
        "loop.c",
        "test_loop test_stop_before_start test_suspend_resume",
        defines=("CONFIG_LOOP_SIZE=8192", "CONFIG_LOOP_CHANNEL=0"),
    )


@pytest.mark.parametrize("chip", ESP)
def test_loop_on_gdma_skips_what_its_driver_lacks(chip):
    ran = run(APPS / "loop.c", chip=chip, defines=ESP_LOOP)
    assert ran.tests == {
        "loop.test_loop": "passed",
        "loop.test_stop_before_start": "passed",
        "loop.test_suspend_resume": "skipped",
    }, ran.why
    assert ran.rules == [], ran.why


def test_scatter():
    passes("scatter.c", "test_chain test_list")


def test_link():
    passes("link.c", "test_major test_minor test_minor_and_major", defines=("CONFIG_WHOLE=0",))


def test_link_of_whole_channels():
    passes(
        "link.c", "test_major test_minor test_minor_and_major", defines=("CONFIG_WHOLE=1",), options={"driver": "emul"}
    )


def test_cyclic():
    passes("cyclic.c", "test_passes")


def test_concurrent():
    passes("concurrent.c", "test_all_at_once", defines=("CONFIG_CONCURRENT_CHANNELS=8", "CONFIG_CONCURRENT_STRIDE=1"))


@pytest.mark.parametrize("chip", ESP)
def test_concurrent_on_gdma_with_whole_pairs(chip):
    """A copy takes both channels of a pair and calls back from both, so every second channel is free for another one."""
    ran = run(
        APPS / "concurrent.c",
        chip=chip,
        defines=("CONFIG_CONCURRENT_CHANNELS=3", "CONFIG_CONCURRENT_STRIDE=2"),
    )
    assert ran.tests == {"concurrent.test_all_at_once": "passed"}, ran.why
    assert ran.rules == [], ran.why


def test_emulated():
    ran = run(APPS / "emulated.c", APPS / "two_channels.overlay", options={"driver": "emul"})
    assert set(ran.tests.values()) == {"passed"}, ran.why
    assert len(ran.tests) == 7


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_errors(seed):
    """However late interrupts come, those of one channel come in order."""
    ran = run(APPS / "errors.c", seed=seed)
    assert set(ran.tests.values()) == {"passed"}, ran.why
    assert len(ran.tests) == 9
    assert ran.rules == [], ran.why
