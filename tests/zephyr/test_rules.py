"""Each kind of misuse is reported, in whole sentences; each has a twin that does it right and stays silent."""

from __future__ import annotations

import re

import pytest

from dmalab.report.finding import Severity
from dmalab.zephyr import AddressAdjust, Direction

from .boards import drive

PLACE = re.compile(r"\w+\.py:\d+")


def found(report, rule):
    """Severity, message and fix of the findings of one rule."""
    return [
        (finding.severity.value, finding.message, PLACE.sub("HERE", finding.fix))
        for finding in report.findings
        if finding.rule == rule
    ]


def silent(report):
    assert [finding for finding in report.findings if finding.severity is not Severity.INFO] == [], report


# -- channel-state ---------------------------------------------------------------------------------------------------


async def config_while_running(bench, *, right):
    bench.dma.config(0, bench.config())
    bench.dma.start(0)
    if right:
        bench.dma.stop(0)
    bench.code(bench.dma.config, 0, bench.config())


async def start_unconfigured(bench, *, right):
    if right:
        bench.dma.config(0, bench.config())
    bench.code(bench.dma.start, 0)


async def start_after_failed_config(bench, *, right):
    bench.dma.config(0, bench.config())
    bench.code(bench.dma.config, 0, bench.config(source_data_size=3))
    if right:
        bench.dma.config(0, bench.config())
    bench.dma.start(0)


async def reload_wrong_state(bench, *, right):
    bench.dma.config(0, bench.config())
    bench.dma.start(0)
    if right:
        await bench.machine.sleep_us(1000)
    bench.code(bench.dma.reload, 0, bench.source.address, bench.sink.address, 64)


async def use_after_release(bench, *, right):
    channel = bench.dma.request_channel()
    bench.dma.config(channel, bench.config())
    if not right:
        bench.dma.release_channel(channel)
    bench.dma.start(channel)
    await bench.machine.sleep_us(1000)


async def handed_out_in_use(bench, *, right):
    if right:
        assert bench.dma.request_channel(0) == 0
    bench.dma.config(0, bench.config())
    bench.dma.start(0)
    assert bench.dma.request_channel() == int(right)


async def double_release(bench, *, right):
    channel = bench.dma.request_channel()
    bench.dma.release_channel(channel)
    if right:
        channel = bench.dma.request_channel()
    bench.dma.release_channel(channel)


async def release_while_running(bench, *, right):
    channel = bench.dma.request_channel()
    bench.dma.config(channel, bench.config())
    bench.dma.start(channel)
    if right:
        bench.dma.stop(channel)
    bench.dma.release_channel(channel)


async def foreign(bench, *, right):
    channel = bench.dma.request_channel()
    bench.dma.config(channel, bench.config())

    async def other():
        number = bench.dma.request_channel() if right else channel
        bench.dma.config(number, bench.config(dma_callback=lambda *_: None))

    bench.machine.task(other(), name="other")
    await bench.machine.sleep_us(10)


CHANNEL_STATE = {
    config_while_running: (
        "error",
        (
            "dma_config(dma0, 0) was made while dma0 channel 0 was running; it answered -EBUSY, and drivers differ: some refuse, "
            "some abort the transfer"
        ),
        "before HERE: wait for the callback, or dma_stop() the channel",
    ),
    start_unconfigured: (
        "error",
        "dma_start(dma0, 0) was made on dma0 channel 0, which was never configured; it answered -EINVAL",
        "before HERE: dma_config(), and look at its result",
    ),
    start_after_failed_config: (
        "error",
        (
            "dma_start(dma0, 0) was made although the last dma_config of dma0 channel 0 had failed: what runs, if anything, is the "
            "configuration before"
        ),
        "at HERE: look at the result of dma_config(), and don't start when it is not 0",
    ),
    reload_wrong_state: (
        "error",
        "dma_reload(dma0, 0) was made while dma0 channel 0 was running; it answered -EBUSY",
        "at HERE: reload a channel that is configured and idle: after its callback, or after dma_stop()",
    ),
    use_after_release: (
        "warning",
        (
            "dma_start(dma0, 0) was made on dma0 channel 0 after it had been released: the next dma_request_channel may hand it to "
            "somebody else"
        ),
        "before HERE: dma_request_channel(), or release the channel only when it is no longer used",
    ),
    handed_out_in_use: (
        "error",
        "dma_request_channel(dma0) handed out dma0 channel 0, which somebody uses without having requested it",
        "at HERE: request the channel by its number before using it, so that nobody else gets it",
    ),
    double_release: (
        "warning",
        (
            "dma_release_channel(dma0, 0) gave dma0 channel 0 back a second time; had somebody requested it in between, it would be "
            "taken from under them"
        ),
        "release a channel once, and forget its number",
    ),
    release_while_running: (
        "warning",
        (
            "dma_release_channel(dma0, 0) gave dma0 channel 0 back while it was running: it goes on moving bytes, and the next owner "
            "finds it busy"
        ),
        "before HERE: dma_stop() the channel, or wait for its callback",
    ),
    foreign: (
        "warning",
        (
            "dma_config(dma0, 0) gave dma0 channel 0 another callback than its owner's: it was requested and configured by another "
            "thread"
        ),
        "at HERE: request a channel of your own with dma_request_channel()",
    ),
}


@pytest.mark.parametrize("body", CHANNEL_STATE, ids=lambda body: body.__name__)
def test_channel_state(body):
    report = drive(lambda bench: body(bench, right=False), size=4096)
    assert found(report, "channel-state") == [CHANNEL_STATE[body]]


@pytest.mark.parametrize("body", CHANNEL_STATE, ids=lambda body: body.__name__)
def test_channel_state_twin(body):
    silent(drive(lambda bench: body(bench, right=True), size=4096))


def test_a_worker_thread_may_use_a_channel_that_main_requested():
    async def body(bench):
        channel = bench.dma.request_channel()

        async def worker():
            for _ in range(2):
                bench.dma.config(channel, bench.config())
                bench.dma.start(channel)
                await bench.machine.sleep_us(1000)

        bench.machine.task(worker(), name="worker")
        await bench.machine.sleep_us(5000)

    silent(drive(body))


def test_repeated_start_stop_suspend_and_resume_are_no_bugs():
    async def body(bench):
        for name in (
            "stop",
            "config",
            "stop",
            "start",
            "start",
            "suspend",
            "suspend",
            "resume",
            "resume",
            "start",
            "stop",
            "stop",
        ):
            arguments = (bench.config(),) if name == "config" else ()
            getattr(bench.dma, name)(0, *arguments)
        for name in ("suspend", "resume"):
            bench.code(getattr(bench.dma, name), 0)  # it may have finished just now

    silent(drive(body, size=4096))


# -- completion-misuse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["stm32", "xmc4xxx"])
def test_a_stop_that_masks_the_interrupt_loses_the_next_callback(driver):
    async def body(bench):
        bench.dma.config(0, bench.config())
        bench.dma.start(0)
        bench.dma.stop(0)
        await bench.finish()
        assert bench.calls == []

    assert found(drive(body, driver=driver, size=4096), "completion-misuse") == [
        (
            "error",
            (
                "a transfer of dma0 channel 0 is over and its callback will not be called: an earlier dma_stop masked the channel's "
                "interrupt, and only dma_config unmasks it"
            ),
            "before starting the channel again, configure it with dma_config(); wait for completions with a time-out",
        )
    ]


@pytest.mark.parametrize("driver", ["stm32", "documented"])
def test_twin_configured_again(driver):
    async def body(bench):
        bench.dma.config(0, bench.config())
        bench.dma.start(0)
        bench.dma.stop(0)
        bench.dma.config(0, bench.config())
        await bench.finish()
        assert bench.statuses == [0]

    silent(drive(body, driver=driver, size=4096))


def test_edma_loses_errors():
    async def body(bench):
        bench.dma.config(0, bench.config(blocks=[bench.block(dest_address=0x20000000)]))
        await bench.finish()

    assert [message for _, message, _ in found(drive(body, driver="edma"), "completion-misuse")] == [
        (
            "a transfer of dma0 channel 0 is over and its callback will not be called: the driver's error interrupt ends the transfer "
            "and calls nobody"
        )
    ]


async def stop_with_interrupts_off(bench):
    """The transfer ends while interrupts are locked out, and is stopped then."""
    bench.dma.config(0, bench.config())
    bench.dma.start(0)
    interrupts = bench.machine.scheduler.interrupts
    interrupts.mask()
    bench.machine.scheduler.elapse(1_000_000_000)
    bench.dma.stop(0)
    interrupts.unmask()


def test_a_latched_completion_comes_after_the_stop():
    report = drive(stop_with_interrupts_off, chip="esp32s3")
    assert found(report, "completion-misuse")[0] == (
        "warning",
        (
            "a callback of AHB GDMA channel 0 came after dma_stop had returned: it was latched before dma_stop, and the driver does "
            "not drop it"
        ),
        "let the callback check whether the transfer is still wanted before it touches anything",
    )


def test_twin_the_documented_driver_drops_it():
    report = drive(stop_with_interrupts_off)
    silent(report)


def test_a_pair_that_tells_twice_is_information():
    async def body(bench):
        bench.dma.config(0, bench.config())
        await bench.finish()

    report = drive(body, chip="esp32s3")
    assert found(report, "completion-misuse") == [
        (
            "info",
            "one transfer of AHB GDMA channel 0 called back twice with DMA_STATUS_COMPLETE: dma_esp32_gdma tells it twice",
            "let the callback count completions per transfer, not calls: look at the channel number it is given",
        )
    ]
    assert report.verdict == "clean"


async def poll(bench, *, right):
    bench.dma.config(0, bench.config())
    bench.dma.start(0)
    bench.dma.get_status(0)
    if right:
        await bench.done.take()
        bench.drop(bench.sink)
    bench.sink.read(0, 4)


def test_status_instead_of_the_callback():
    report = drive(lambda bench: poll(bench, right=False), size=4096)
    assert found(report, "completion-misuse") == [
        (
            "error",
            "the program asked dma_get_status of dma0 channel 0 and used the buffer before the callback: 80 of 4096 bytes had moved",
            "wait for the callback: dma_get_status tells where the controller is, not that memory is up to date",
        )
    ]
    assert {finding.rule for finding in report.findings} == {"completion-misuse", "touched-in-flight"}


def test_twin_status_and_the_callback():
    silent(drive(lambda bench: poll(bench, right=True), size=4096))


# -- bad-descriptor-chain --------------------------------------------------------------------------------------------

CALL = "dma_config(dma0, 0)"
CHAINS = [
    ({"blocks": []}, {}, "error", f"{CALL} got a list without a first block; it answered -EINVAL", "set head_block"),
    (
        {"wild": True, "block_count": 2},
        {},
        "error",
        (
            f"{CALL} got a list that leads out of memory: next_block of block 1 is no address of a block, and following it ends in a bus "
            "fault on a device; it answered -EINVAL"
        ),
        "link every block with next_block, and end the list with NULL",
    ),
    (
        {"wild": True, "blocks": []},
        {},
        "error",
        (
            f"{CALL} got a list that leads out of memory: head_block is no address of a block, and following it ends in a bus fault on a "
            "device; it answered -EINVAL"
        ),
        "link every block with next_block, and end the list with NULL",
    ),
    (
        {"block_count": 0},
        {},
        "error",
        f"{CALL} got a block_count of 0; it answered -EINVAL",
        "set block_count to the length of the list",
    ),
    (
        {"block_count": 3},
        {},
        "error",
        f"{CALL} got a list that is shorter than it says: block_count is 3, but the list ends after 1; it answered -EINVAL",
        "link every block with next_block, and set block_count to the length of the list",
    ),
    (
        {"beyond": True},
        {},
        "warning",
        (
            f"{CALL} got a list that is longer than it says: block_count is 1, but the list goes on behind; some drivers follow "
            "next_block to its end"
        ),
        "set next_block of the last block to NULL, and block_count to the length of the list",
    ),
    (
        {"source_data_size": 4},
        {"block_size": 62},
        "error",
        f"{CALL} got a wrong size: block 1 has 62 bytes, no multiple of the data size 4; it answered -EINVAL",
        "make block_size a multiple of both data sizes",
    ),
    (
        {},
        {"block_size": 0},
        "error",
        f"{CALL} got an empty block: block 1 has no bytes; it answered -EINVAL",
        "leave empty blocks out of the list",
    ),
    (
        {},
        {"source_gather_en": True, "source_gather_count": 4},
        "warning",
        (
            f"block 1 of {CALL} has half of what a stride takes: source_gather_count is 4 and source_gather_interval 0: nothing is "
            "skipped"
        ),
        "set the count, the interval and the enable flag together, or none of them",
    ),
    (
        {},
        {"dest_scatter_count": 4, "dest_scatter_interval": 4},
        "warning",
        (
            f"block 1 of {CALL} has half of what a stride takes: dest_scatter_count and dest_scatter_interval are set, but "
            "dest_scatter_en is not"
        ),
        "set the count, the interval and the enable flag together, or none of them",
    ),
]


@pytest.mark.parametrize(("config", "block", "severity", "message", "fix"), CHAINS)
def test_bad_chain(config, block, severity, message, fix):
    async def body(bench):
        bench.code(bench.dma.config, 0, bench.config(**{"blocks": [bench.block(**block)], **config}))

    assert found(drive(body), "bad-descriptor-chain") == [(severity, message, f"at HERE: {fix}")]


def test_blocks_that_a_driver_leaves_out():
    async def body(bench):
        bench.dma.config(0, bench.config(blocks=[bench.block(), bench.block(), bench.block()]))

    assert found(drive(body, driver="stm32"), "bad-descriptor-chain") == [
        (
            "warning",
            "dma_config(dma0, 0) succeeded, but not all of its list will move: dma_stm32 moves the first block only and leaves 2 out",
            "at HERE: start the blocks one after the other from the callback, or use a driver with lists",
        )
    ]


WARNED = "dma_config(dma0, 0) succeeded, but not all of it is carried out: "
NOTED = "dma_config(dma0, 0) asks for something that has no effect: "
STRIDE = {"source_gather_en": True, "source_gather_count": 4, "source_gather_interval": 4}
SCATTER = {"dest_scatter_en": True, "dest_scatter_count": 4, "dest_scatter_interval": 4}
SENDS = {"channel_direction": Direction.MEMORY_TO_PERIPHERAL}


@pytest.mark.parametrize(
    ("driver", "config", "block", "message"),
    [
        ("esp32", {"cyclic": True}, {}, WARNED + "cyclic is set, and the list moves once"),
        ("stm32", {"cyclic": True}, {}, WARNED + "cyclic is set, and the list moves once"),
        (
            "esp32",
            {"source_chaining_en": True, "linked_channel": 2},
            {},
            WARNED + "channel 2 is linked, and is not started",
        ),
        ("dw", {"dest_chaining_en": True}, {}, WARNED + "channel 0 is linked, and is not started"),
        (
            "esp32",
            {},
            {"source_addr_adj": 2},
            WARNED + "source_addr_adj of block 1 is no_change, and the address increments",
        ),
        (
            "esp32",
            {},
            {"dest_addr_adj": 1},
            WARNED + "dest_addr_adj of block 1 is decrement, and the address increments",
        ),
        ("stm32", {}, STRIDE, WARNED + "source_gather_interval of block 1 is set, and nothing is skipped"),
        ("edma", {}, SCATTER, WARNED + "dest_scatter_interval of block 1 is set, and nothing is skipped"),
        (
            "stm32",
            {**SENDS, "dest_handshake": 1},
            {},
            NOTED + "dest_handshake is 1, and the request line paces the transfer all the same",
        ),
        (
            "dw",
            {"channel_direction": Direction.PERIPHERAL_TO_MEMORY, "source_handshake": 1},
            {},
            NOTED + "source_handshake is 1, and the request line paces the transfer all the same",
        ),
        ("emul", {"cyclic": True}, {}, WARNED + "cyclic is set, and the list moves once"),
        (
            "emul",
            {},
            {"source_addr_adj": 1},
            WARNED + "source_addr_adj of block 1 is decrement, and the address increments",
        ),
        ("emul", {"channel_priority": 2}, {}, NOTED + "channel_priority is 2, and all channels are equal"),
        ("esp32", {"channel_priority": 3}, {}, NOTED + "channel_priority is 3, and all channels are equal"),
        (
            "documented",
            {},
            {"fifo_mode_control": 2},
            NOTED + "fifo_mode_control of block 1 is 2, and the controller has no FIFO of its own",
        ),
    ],
)
def test_settings_that_a_driver_leaves_out(driver, config, block, message):
    async def body(bench):
        bench.dma.config(0, bench.config(blocks=[bench.block(**block)], **config))

    severity, fix = ("warning", "do without it, or do it in the callback")
    if message.startswith(NOTED):
        severity, fix = ("info", "leave the setting out")
    assert found(drive(body, driver=driver), "bad-descriptor-chain") == [(severity, message, f"at HERE: {fix}")]


@pytest.mark.parametrize(
    ("config", "block"),
    [
        ({"cyclic": True}, {}),
        ({"source_chaining_en": True, "linked_channel": 2}, {}),
        ({"channel_priority": 3, "source_handshake": 1, "dest_handshake": 1}, {"flow_control_mode": 1}),
        ({}, {"source_addr_adj": 2, "dest_addr_adj": 1}),
        ({}, {**STRIDE, **SCATTER}),
    ],
)
def test_twin_the_documented_driver_carries_them_out(config, block):
    async def body(bench):
        bench.dma.config(0, bench.config(blocks=[bench.block(**block)], **config))

    assert found(drive(body), "bad-descriptor-chain") == []


def test_a_sender_that_nothing_paces_loses_bytes():
    """With software handshake the request line is not looked at: what the FIFO does not take is gone."""

    async def body(bench):
        bench.dma.config(1, bench.config(**SENDS, dma_slot=3, dest_handshake=1))
        await bench.finish(1)
        assert bench.statuses == [0]
        assert bench.dma.fifo(3).drain() == bench.source.read()[:64]

    assert found(drive(body), "bad-descriptor-chain") == [
        (
            "error",
            "dma_start(dma0, 1) ran a transfer with software handshake, which nothing holds back: 192 bytes were sent while the FIFO of "
            "slot 3 was full, and are lost",
            "at HERE: set source_handshake and dest_handshake to 0, so that the peripheral's request line paces the transfer",
        )
    ]


def test_what_was_lost_before_a_stop_is_told_too():
    async def body(bench):
        bench.dma.config(1, bench.config(**SENDS, dma_slot=3, dest_handshake=1))
        bench.dma.start(1)
        await bench.machine.cpu.spend(us=10)
        bench.dma.stop(1)
        assert bench.statuses == []

    (told,) = found(drive(body, size=65536), "bad-descriptor-chain")
    assert "bytes were sent while the FIFO of slot 3 was full, and are lost" in told[1]


def test_a_receiver_that_nothing_paces_reads_zeros():
    async def body(bench):
        bench.dma.fifo(3).feed(b"early")
        bench.dma.config(
            0, bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=3, source_handshake=1)
        )
        await bench.finish()
        bench.drop(bench.sink)
        assert bench.sink.read(0, 8) == b"early\0\0\0"

    assert found(drive(body), "bad-descriptor-chain") == [
        (
            "error",
            "dma_start(dma0, 0) ran a transfer with software handshake, which nothing holds back: 251 bytes were read while the FIFO of "
            "slot 3 was empty, and are zeros",
            "at HERE: set source_handshake and dest_handshake to 0, so that the peripheral's request line paces the transfer",
        )
    ]


@pytest.mark.parametrize("handshake", [0, 1])
def test_twin_what_fits_is_not_lost(handshake):
    """Neither with a request line nor without one; between memories there is nothing to wait for."""

    async def body(bench):
        block = bench.block(block_size=64)
        bench.dma.config(1, bench.config(**SENDS, dma_slot=3, dest_handshake=handshake, blocks=[block]))
        bench.dma.config(2, bench.config(source_handshake=handshake, dest_handshake=handshake))
        await bench.finish(1)
        await bench.finish(2)
        assert bench.statuses == [0, 0]
        assert bench.dma.fifo(3).drain() == bench.source.read()[:64]

    assert found(drive(body), "bad-descriptor-chain") == []


@pytest.mark.parametrize(
    "block",
    [{}, {"source_gather_en": True}, {"source_gather_en": True, "source_gather_count": 4, "source_gather_interval": 4}],
)
def test_chain_twins(block):
    async def body(bench):
        bench.dma.config(0, bench.config(blocks=[bench.block(**block), bench.block(block_size=64)]))
        bench.dma.config(1, bench.config(closed=True, beyond=True, cyclic=True))

    silent(drive(body, size=1024))


def test_a_misaligned_address_is_found_when_its_error_is_ignored():
    async def body(bench, right=False):
        config = bench.config(
            source_data_size=4, blocks=[bench.block(source_address=bench.source.address + 2, block_size=64)]
        )
        assert bench.code(bench.dma.config, 0, config) == "EINVAL"
        if not right:
            bench.sink.read(0, 4)

    assert [message for severity, message, _ in found(drive(body), "misaligned-for-engine") if severity == "error"] == [
        (
            "dma_config(dma0, 0) was refused with -EINVAL (address 0x24030022 of block 1 is no multiple of the data size 4), the core "
            "read [0x24030140, 0x24030180) as if it had been copied"
        )
    ]
    silent(drive(lambda bench: body(bench, right=True)))


# -- ring-ownership --------------------------------------------------------------------------------------------------


async def ring(bench, *, right):
    """Two halves; the callback tells which one is done."""
    half = bench.size // 2
    told = []
    config = bench.config(
        cyclic=True,
        half_complete_callback_en=True,
        dma_callback=lambda _dev, _data, _channel, status: (
            told.append(0 if status == 2 else 1),
            bench.done.give_from_isr(),
        ),
    )
    bench.dma.config(0, config)
    bench.dma.start(0)
    for _ in range(4):
        await bench.done.take()
        part = told[-1] if right else 1 - told[-1]
        bench.drop(bench.sink.slice(part * half, half))
        bench.sink.read(part * half, 16)
    bench.dma.stop(0)


def test_the_part_of_a_ring_that_is_being_filled():
    report = drive(lambda bench: ring(bench, right=False), size=8192)
    ((severity, message, fix),) = found(report, "ring-ownership")
    assert re.fullmatch(
        r"the core read \[0x\w+, 0x\w+\) while the circular transfer of 8192 bytes by dma0 channel 0 fills that part of its ring, "
        r"\[0x\w+, 0x\w+\)",
        message,
    )
    assert severity == "error"
    assert fix == "at HERE: use the part that the last callback has told, and be done with it before the next one"
    assert "touched-in-flight" not in {finding.rule for finding in report.findings}


def test_twin_the_part_that_is_done():
    silent(drive(lambda bench: ring(bench, right=True), size=8192))


def test_a_suspended_ring_is_the_programs():
    async def body(bench):
        bench.dma.config(0, bench.config(cyclic=True))
        bench.dma.start(0)
        await bench.done.take()
        bench.dma.suspend(0)
        bench.drop(bench.sink)
        assert bench.sink.read() == bench.source.read()
        bench.dma.resume(0)
        bench.dma.stop(0)

    silent(drive(body, size=4096))


# -- coherency, in Zephyr's words ------------------------------------------------------------------------------------


def test_stale_reads_are_fixed_with_sys_cache_calls():
    async def body(bench):
        bench.source.write(b"new!")
        bench.sink.read(0, 4)
        bench.dma.config(0, bench.config())
        await bench.finish()
        bench.sink.read(0, 4)

    report = drive(body)
    assert "sys_cache_data_flush_range(self.source, 256)" in found(report, "stale-dma-read")[0][2]
    assert any("sys_cache_data_invd_range(self.sink, 256)" in fix for _, _, fix in found(report, "stale-cpu-read"))


def test_directions_that_move_nothing_backward_are_clean():
    async def body(bench):
        bench.dma.config(
            1, bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, blocks=[bench.block(block_size=32)])
        )
        bench.dma.config(2, bench.config(blocks=[bench.block(block_size=32, dest_addr_adj=AddressAdjust.NO_CHANGE)]))
        await bench.finish(1)
        await bench.finish(2)

    silent(drive(body))
