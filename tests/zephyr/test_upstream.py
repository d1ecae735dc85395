"""What Zephyr's own DMA tests assert, folder by folder, and the test here that asserts it; or the reason why none does.

The applications themselves were run unmodified; docs/fidelity/zephyr.md has the outcome. Folders are those of zephyr tests/drivers/dma.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NONE = "none: "
"""Begins a reason."""

CHAN_BLEN = [
    ("48 bytes with bursts of 8 and 16 on channels 0 and 1, which nobody requested", "m2m.test_channel0_burst8"),
    ("configuration and block on the stack of the test", "m2m.test_channel1_burst8"),
    ("the callback comes once, with exactly COMPLETE, although complete_callback_en is 0", "m2m.test_channel0_burst16"),
    ("user_data reaches the callback", "test_a_user_data_pointer_and_the_device_come_back"),
    ("the bytes behind the destination keep their pattern", "m2m.test_channel1_burst16"),
    ("a finished channel is configured again without a stop", "test_m2m_with_other_drivers"),
]
LOOP = [
    ("a request that fails makes the test take a fixed channel", "test_loop_on_gdma_skips_what_its_driver_lacks"),
    ("the callback configures and starts the next transfer, four in all", "loop.test_loop"),
    ("device and channel that the callback gets are usable for that", "loop.test_loop"),
    ("suspend without support is a skip, after a stop", "test_loop_on_gdma_skips_what_its_driver_lacks"),
    ("a suspend between two chained transfers holds; nothing completes while suspended", "loop.test_suspend_resume"),
    ("suspending a suspended channel breaks nothing", "test_repeated_start_stop_suspend_and_resume_are_no_bugs"),
    ("resume goes on to the end", "loop.test_suspend_resume"),
    ("stop on a configured channel keeps the configuration and the callback", "loop.test_stop_before_start"),
    ("stop after the end, and once more, succeeds", "loop.test_stop_before_start"),
    ("power states around start and stop", NONE + "every device is always active"),
    (
        "on the emulator the suspend case is skipped with its channel kept",
        NONE + "a matter of the test's own bookkeeping",
    ),
    ("the dt_configuration variant: bursts of 4, 923 characters", "loop.test_loop"),
]
SCATTER_GATHER = [
    ("four blocks from one source to four destinations", "scatter.test_list"),
    ("source_gather_en without count and interval only says that there is a list", "scatter.test_list"),
    ("one callback, and only when all four destinations are there", "scatter.test_list"),
    ("chan_chain_transfer: two blocks on the stack, without the gather flag", "scatter.test_chain"),
]
CHAN_LINK = [
    ("the target is configured first; the same structures are used again for the source", "link.test_major"),
    ("major link: the first burst of the target", "link.test_major"),
    ("minor link: all bursts but the last", "link.test_minor"),
    ("both: all of it", "link.test_minor_and_major"),
    ("the emulator's whole-channel links pass too", "test_link_of_whole_channels"),
]
CYCLIC = [
    ("a callback within 10 ms, and suspend succeeds", "cyclic.test_passes"),
    ("nothing is written while suspended", "cyclic.test_passes"),
    ("after resume and a callback the whole destination is there again; stop succeeds", "cyclic.test_passes"),
]
CONCURRENT = [
    ("all channels requested, configured with one structure, then started back to back", "concurrent.test_all_at_once"),
    ("a callback each, no error, every destination right", "concurrent.test_all_at_once"),
    ("fewer channels than wanted: all are released, skip", NONE + "a matter of the test's own bookkeeping"),
]
EMUL_CONCURRENT = [
    ("requests by number, taken, both taken, out of range", "emulated.test_a_request_by_number"),
    (
        "a link to a channel that was never configured: -EINVAL, no callback, no state change",
        "emulated.test_b_unconfigured_link",
    ),
    (
        "stop of a channel that was never configured changes nothing; start is -EIO",
        "emulated.test_c_stop_of_unused_channel",
    ),
    ("two at once: each callback once, right channel, user data and bytes", "emulated.test_d_two_at_once"),
    ("links out of range, to itself, in a circle", "emulated.test_e_links_are_checked"),
    ("a link to an active channel: -EINVAL; both run when it is idle", "emulated.test_f_active_link"),
    (
        "a stop that is not noticed yet: -EBUSY, one -ECANCELED, then all starts again",
        "emulated.test_g_cancel_and_restart",
    ),
]
ERROR_HANDLING = [
    ("error reports on and off, nothing wrong: status 0", "errors.test_reports_on_and_off"),
    ("per-block and per-list callbacks", "test_a_list_moves_in_order_with_block_callbacks"),
    ("two channels with different flags", "errors.test_two_channels_with_different_flags"),
    ("statuses are 0, BLOCK or an error code", "test_callback_styles_of_drivers"),
    ("a second configuration asks for a circular transfer", "errors.test_cyclic_by_second_config"),
    ("a second configuration changes the direction", "errors.test_directions"),
    ("a second configuration adds a block", "errors.test_two_blocks_by_second_config"),
    ("start, stop, start", "errors.test_stop_and_start_again"),
    ("a marker as user_data", "test_a_user_data_pointer_and_the_device_come_back"),
    ("reload after the end", "errors.test_reload_after_the_end"),
    (
        "suspend after the end succeeds",
        NONE + "it contradicts the header: with no transfer under way it is -EINVAL, see test_edge",
    ),
    ("one driver's interrupt routine over registers of its own", NONE + "no DMA call is made in it"),
    ("a bus error is -EIO, unless reports are off", "test_tightly_coupled_memory_ends_in_a_bus_error"),
    ("no callback set, and an event: no crash", "test_no_callback_is_fine"),
]
OTHERS = [
    ("mcux_lpc: stop of channels that do not exist", "errors.test_channels_out_of_range"),
    (
        "mcux_lpc: stops around a configuration without a callback",
        "errors.test_stops_around_a_configuration_without_callback",
    ),
    ("bcm2835_memcpy: flush both, copy, invalidate, compare", "test_the_cache_pair"),
    ("2016: four arguments fewer in the callback", NONE + "that interface is gone"),
    ("usermode: every call faults", NONE + "user mode is not modelled"),
]
UNASSERTED = [
    ("status members at every time", "test_status_is_there_at_any_time_with_every_field"),
    ("attributes", "test_attributes"),
    ("filters of drivers", "test_filters_of_drivers"),
    ("decrement and no change", "test_decrement_of_both_in_units_of_four"),
    ("gather and scatter strides", "test_gather_skips_after_each_run"),
    ("half-complete callbacks", "test_half_complete"),
    ("alignment", "test_a_misaligned_address_is_found_when_its_error_is_ignored"),
    ("data at peripherals", "test_what_is_sent_to_a_slot_is_received_from_it"),
    ("every call in every state", "test_edge"),
    ("callbacks after a stop", "test_a_latched_completion_comes_after_the_stop"),
    ("empty blocks", "test_bad_chain"),
    (
        "overlap of source and destination",
        NONE + "no document says what a controller does; bytes move in the order of addresses",
    ),
]
"""What no test of Zephyr's asserts, but programs rely on."""

LISTS = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, list)}


def known_tests():
    names = set()
    for path in FOLDER.glob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    for path in (FOLDER / "apps").glob("*.c"):
        for suite, name in re.findall(r"^ZTEST(?:_F)?\((\w+), (\w+)\)", path.read_text(encoding="utf-8"), re.MULTILINE):
            names.add(f"{suite}.{name}")
    return names


@pytest.mark.parametrize("folder", sorted(LISTS))
def test_each_assertion_has_a_test_or_a_reason(folder):
    known = known_tests()
    for assertion, test in LISTS[folder]:
        assert test in known or (len(test) > len(NONE) + 10 and test.startswith(NONE)), f"{assertion}: {test}"


def test_every_application_is_listed():
    """Each suite of `apps` is named by some assertion, and run by `test_apps`."""
    named = {test.partition(".")[0] for entries in LISTS.values() for _, test in entries if "." in test}
    suites = {path.stem for path in (FOLDER / "apps").glob("*.c")}
    runs = (FOLDER / "test_apps.py").read_text(encoding="utf-8")
    assert suites - named == set()
    assert [suite for suite in suites if f"{suite}.c" not in runs] == []
