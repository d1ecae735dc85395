"""Every function and every field of `<zephyr/drivers/dma.h>`, through Python."""

from __future__ import annotations

import pytest

from dmalab import Machine, zephyr
from dmalab.zephyr import AddressAdjust, Attribute, BlockConfig, Direction, DmaStatus, Errno, ZephyrError

from .boards import drive


def pattern(count, first=0):
    return bytes((first + number) & 0xFF for number in range(count))


# -- calls -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [-1, 8, 2**32 - 1])
@pytest.mark.parametrize("name", ["config", "start", "stop", "suspend", "resume", "reload", "get_status"])
def test_a_channel_that_does_not_exist_is_einval(name, channel):
    async def body(bench):
        arguments = {"config": (bench.config(),), "reload": (0, 0, 4)}.get(name, ())
        assert bench.code(getattr(zephyr, f"dma_{name}"), bench.dma, channel, *arguments) == "EINVAL"

    assert drive(body).findings == ()


def test_an_error_says_which_call_and_why():
    async def body(bench):
        with pytest.raises(ZephyrError) as caught:
            zephyr.dma_suspend(bench.dma, 2)
        assert str(caught.value) == "-EINVAL: dma_suspend(dma0, 2): the channel is initial"
        assert caught.value.code is Errno.EINVAL
        with pytest.raises(ZephyrError) as caught:
            zephyr.dma_config(bench.dma, 9, bench.config())
        assert str(caught.value) == "-EINVAL: dma_config(dma0, 9): channels are 0 to 7"

    drive(body)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"blocks": []}, "EINVAL"),
        ({"block_count": 0}, "EINVAL"),
        ({"block_count": 2}, "EINVAL"),
        ({"source_data_size": 0}, "EINVAL"),
        ({"source_data_size": 3}, "EINVAL"),
        ({"dest_data_size": 64}, "EINVAL"),
        ({"channel_direction": Direction.PERIPHERAL_TO_PERIPHERAL}, "ENOTSUP"),
        ({"channel_direction": Direction.HOST_TO_MEMORY}, "ENOTSUP"),
        ({"channel_direction": 7}, "ENOTSUP"),
        ({"source_chaining_en": True, "linked_channel": 8}, "EINVAL"),
        ({"dest_chaining_en": True, "linked_channel": 0}, "EINVAL"),
        ({"channel_direction": Direction.MEMORY_TO_PERIPHERAL, "dma_slot": 64}, "EINVAL"),
        ({"source_handshake": 1, "dest_handshake": 1}, 0),
        ({"channel_priority": 15}, 0),
        ({"source_burst_length": 0, "dest_burst_length": 32}, 0),
        ({"linked_channel": 99}, 0),
    ],
)
def test_config_checks_its_fields(change, answer):
    async def body(bench):
        assert bench.code(bench.dma.config, 0, bench.config(**change)) == answer
        assert bench.dma.state(0).name == ("CONFIGURED" if answer == 0 else "INITIAL")

    drive(body)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"block_size": 0}, "EINVAL"),
        ({"block_size": 254}, "EINVAL"),
        ({"source_address": 0x24030002}, "EINVAL"),
        ({"dest_address": 0x24030001}, "EINVAL"),
        ({"source_addr_adj": AddressAdjust.RESERVED}, "EINVAL"),
        ({"dest_addr_adj": AddressAdjust.RESERVED}, "EINVAL"),
        ({"fifo_mode_control": 15, "flow_control_mode": 1}, 0),
        ({"source_reload_en": True}, 0),
        ({"source_gather_en": True, "dest_scatter_en": True}, 0),
    ],
)
def test_config_checks_its_blocks(change, answer):
    async def body(bench):
        config = bench.config(source_data_size=4, dest_data_size=4, blocks=[bench.block(**change)])
        assert bench.code(bench.dma.config, 0, config) == answer

    drive(body)


def test_no_configuration_is_einval():
    async def body(bench):
        assert bench.code(bench.dma.config, 0, None) == "EINVAL"

    drive(body)


def test_request_release_and_filter():
    async def body(bench):
        dma = bench.dma
        assert [zephyr.dma_request_channel(dma) for _ in range(3)] == [0, 1, 2]
        assert zephyr.dma_request_channel(dma, 5) == 5
        assert bench.code(zephyr.dma_request_channel, dma, 5) == "EINVAL"
        assert bench.code(zephyr.dma_request_channel, dma, 8) == "EINVAL"
        zephyr.dma_release_channel(dma, 1)
        assert zephyr.dma_request_channel(dma) == 1
        for _ in range(4):
            zephyr.dma_request_channel(dma)
        assert bench.code(zephyr.dma_request_channel, dma) == "EINVAL"
        zephyr.dma_release_channel(dma, 99)
        zephyr.dma_release_channel(dma, -22)
        assert zephyr.dma_chan_filter(dma, 3) is True
        assert zephyr.dma_chan_filter(dma, 3, 3) is True
        assert zephyr.dma_chan_filter(dma, 3, 4) is False
        assert zephyr.dma_chan_filter(dma, 8) is False

    assert drive(body).findings == ()


def test_filters_of_drivers():
    async def periodic(bench):
        for number in range(4):
            assert zephyr.dma_request_channel(bench.dma, zephyr.ChannelFilter.PERIODIC) == number
        assert bench.code(zephyr.dma_request_channel, bench.dma, zephyr.ChannelFilter.PERIODIC) == "EINVAL"
        assert zephyr.dma_request_channel(bench.dma, zephyr.ChannelFilter.NORMAL) == 4

    async def unused(bench):
        zephyr.dma_config(bench.dma, 0, bench.config())
        assert zephyr.dma_request_channel(bench.dma) == 1

    async def none(bench):
        assert bench.code(zephyr.dma_request_channel, bench.dma) == "EINVAL"
        assert bench.code(zephyr.dma_chan_filter, bench.dma, 0) == "ENOSYS"

    drive(periodic, driver="edma")
    drive(unused, driver="emul")
    drive(none, driver="stm32")


@pytest.mark.parametrize(
    ("driver", "kind", "answer"),
    [
        ("documented", Attribute.BUFFER_ADDRESS_ALIGNMENT, 1),
        ("documented", Attribute.MAX_BLOCK_COUNT, 4096),
        ("documented", 4, "EINVAL"),
        ("nxp_edma", Attribute.BUFFER_SIZE_ALIGNMENT, 4),
        ("nxp_edma", Attribute.MAX_BLOCK_COUNT, 1),
        ("nxp_edma", Attribute.COPY_ALIGNMENT, "EINVAL"),
        ("emul", Attribute.COPY_ALIGNMENT, "ENOSYS"),
        ("stm32", 0, "ENOSYS"),
        ("esp32", 0, "ENOSYS"),
        ("intel_gpdma", Attribute.BUFFER_ADDRESS_ALIGNMENT, 32),
        ("intel_gpdma", Attribute.BUFFER_SIZE_ALIGNMENT, 1),
        ("intel_gpdma", Attribute.COPY_ALIGNMENT, 1),
        ("intel_gpdma", Attribute.MAX_BLOCK_COUNT, 64),
        ("intel_gpdma", 4, "EINVAL"),
    ],
)
def test_attributes(driver, kind, answer):
    async def body(bench):
        assert bench.code(zephyr.dma_get_attribute, bench.dma, kind) == answer

    drive(body, driver=driver)


@pytest.mark.parametrize(
    ("size", "index"), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 3), (8, 4), (16, 5), (32, 6), (33, 0), (64, 0)]
)
def test_width_index(size, index):
    assert zephyr.dma_width_index(size) == index


@pytest.mark.parametrize(
    ("burst", "index"), [(0, 0), (1, 0), (2, 0), (3, 2), (5, 3), (16, 0), (255, 8), (256, 0), (257, 0)]
)
def test_burst_index_is_the_wrong_way_round_as_in_the_header(burst, index):
    assert zephyr.dma_burst_index(burst) == index


def test_reload_gives_new_addresses_and_keeps_the_rest():
    async def body(bench):
        dma = bench.dma
        other = bench.machine.heap.alloc(64, align=32)
        dma.config(0, bench.config(user_data=7, blocks=[bench.block(block_size=64), bench.block()]))
        zephyr.dma_reload(dma, 0, bench.source.address + 64, other, 32)
        await bench.finish()
        assert other.read(0, 32) == pattern(32, 64)
        assert bench.calls == [(0, 0, "CONFIGURED", 7)]
        assert bench.code(zephyr.dma_reload, dma, 0, bench.source, other, 0) == "EINVAL"

    assert drive(body).verdict == "findings"  # the empty block


@pytest.mark.parametrize(
    ("driver", "started"), [("documented", False), ("lpc", False), ("stm32", True), ("stm32u5", True)]
)
def test_reload_starts_where_the_driver_does(driver, started):
    async def body(bench):
        bench.dma.config(0, bench.config())
        bench.dma.reload(0, bench.source.address, bench.sink.address, 32)
        assert (bench.dma.state(0).name == "RUNNING") == started

    drive(body, driver=driver)


POSITIONS = ["nxp_edma", "intel_gpdma"]


@pytest.mark.parametrize("driver", POSITIONS)
def test_a_receiver_says_what_it_has_taken(driver):
    """There dma_reload is no new buffer: the addresses are ignored, and the size is how far the client has come."""

    async def body(bench):
        bench.dma.config(
            0, bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=3, cyclic=True, **ONE_BYTE)
        )
        bench.dma.start(0)

        def positions():
            status = bench.dma.get_status(0)
            return status.pending_length, status.free, status.read_position, status.write_position

        assert positions() == (0, 256, 0, 0)
        bench.dma.fifo(3).feed(bytes(60))
        await bench.machine.sleep_us(100)
        assert positions() == (60, 196, 0, 60)
        assert bench.code(bench.dma.reload, 0, 0, 0, 61) == "EINVAL"
        bench.dma.reload(0, 0, 0, 50)
        assert positions() == (10, 246, 50, 60)
        for _ in range(5):
            bench.dma.fifo(3).feed(bytes(60))
            await bench.machine.sleep_us(100)
        assert bench.code(bench.dma.reload, 0, 0, 0, 1) == "EINVAL"  # 360 bytes came, 50 were taken: over-run

    assert [finding.rule for finding in drive(body, driver=driver).findings] == []


@pytest.mark.parametrize("driver", POSITIONS)
def test_a_sender_says_what_it_has_filled(driver):
    async def body(bench):
        bench.dma.config(
            1, bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=3, cyclic=True, **ONE_BYTE)
        )
        bench.dma.start(1)
        await bench.machine.sleep_us(100)  # 64 bytes are in the FIFO
        status = bench.dma.get_status(1)
        assert (status.pending_length, status.free) == (192, 64)
        assert (status.read_position, status.write_position) == (64, 0)
        assert bench.code(bench.dma.reload, 1, 0, 0, 65) == "EINVAL"
        bench.dma.reload(1, 0, 0, 64)
        assert bench.dma.get_status(1).free == 0

    drive(body, driver=driver)


def test_positions_need_a_started_channel():
    async def body(bench):
        bench.dma.config(
            0, bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=3, cyclic=True, **ONE_BYTE)
        )
        assert bench.code(bench.dma.reload, 0, 0, 0, 1) == "EINVAL"
        assert bench.code(bench.dma.config, 2, bench.config(cyclic=True, **ONE_BYTE)) == "ENOTSUP"

    drive(body, driver="nxp_edma")


ONE_BYTE = {"source_burst_length": 1, "dest_burst_length": 1}


# -- status ----------------------------------------------------------------------------------------------------------


def test_status_is_there_at_any_time_with_every_field():
    async def body(bench):
        dma = bench.dma
        assert dma.get_status(0) == DmaStatus()
        dma.config(0, bench.config())
        assert dma.get_status(0) == DmaStatus()
        dma.start(0)
        status = dma.get_status(0)
        moved = status.write_position
        assert status == DmaStatus(
            busy=True,
            pending_length=4096 - moved,
            free=4096 - moved,
            write_position=moved,
            read_position=moved,
            total_copied=moved,
        )
        await bench.machine.cpu.spend(us=3)
        dma.suspend(0)
        held = dma.get_status(0)
        assert moved < held.write_position < 4096
        await bench.machine.sleep_us(50)
        assert dma.get_status(0) == held
        dma.resume(0)
        await bench.machine.sleep_us(100)
        assert dma.get_status(0) == DmaStatus(write_position=4096, read_position=4096, total_copied=4096)
        dma.start(0)
        await bench.machine.cpu.spend(us=3)
        dma.stop(0)
        stopped = dma.get_status(0)
        assert (stopped.busy, stopped.pending_length) == (False, 0)
        assert 0 < stopped.total_copied < 4096

    drive(body, size=4096)


@pytest.mark.parametrize(("driver", "busy"), [("documented", False), ("stm32", True), ("stm32u5", True)])
def test_busy_before_the_start(driver, busy):
    async def body(bench):
        bench.dma.config(0, bench.config())
        assert bench.dma.get_status(0).busy == busy
        bench.dma.stop(0)
        assert bench.dma.get_status(0).busy == busy  # the flag stays up when the channel was never enabled
        bench.dma.start(0)
        await bench.machine.sleep_us(100)
        assert bench.dma.get_status(0).busy is False

    drive(body, driver=driver)


def test_edma_counts_items():
    async def body(bench):
        bench.dma.config(0, bench.config(source_data_size=4, dest_data_size=4))
        bench.dma.start(0)
        assert bench.dma.get_status(0).pending_length <= 64

    drive(body, driver="edma")


# -- what moves ------------------------------------------------------------------------------------------------------


def after(change, *, config=None, size=16, driver="documented"):
    """What lies in a cleared destination of 64 bytes after one transfer of bytes 0, 1, 2 …"""
    found = []

    async def body(bench):
        bench.sink.write(bytes(64))
        bench.flush(bench.sink)
        block = bench.block(
            block_size=size, **{key: value(bench) if callable(value) else value for key, value in change.items()}
        )
        bench.dma.config(0, bench.config(**{"blocks": [block], **(config or {})}))
        await bench.finish()
        bench.drop(bench.sink)
        found.append(bench.sink.read(0, 64))
        assert bench.statuses == [0]

    report = drive(body, driver=driver)
    assert report.verdict == "clean", report
    return found[0]


def test_increment():
    assert after({})[:17] == pattern(16) + b"\0"


def test_decrement_of_the_source_turns_the_order_round():
    change = {"source_addr_adj": AddressAdjust.DECREMENT, "source_address": lambda bench: bench.source.address + 15}
    assert after(change)[:16] == pattern(16)[::-1]


def test_decrement_of_both_in_units_of_four():
    change = {
        "source_addr_adj": AddressAdjust.DECREMENT,
        "dest_addr_adj": AddressAdjust.DECREMENT,
        "source_address": lambda bench: bench.source.address + 12,
        "dest_address": lambda bench: bench.sink.address + 28,
    }
    sizes = {"source_data_size": 4, "dest_data_size": 4}
    assert after(change, config=sizes)[:32] == bytes(16) + pattern(16)


def test_no_change_of_the_source_repeats_one_unit():
    sizes = {"source_data_size": 2, "dest_data_size": 2}
    assert after({"source_addr_adj": AddressAdjust.NO_CHANGE}, config=sizes)[:16] == b"\0\1" * 8


def test_no_change_of_the_destination_keeps_the_last_unit():
    assert after({"dest_addr_adj": AddressAdjust.NO_CHANGE})[:2] == b"\x0f\0"


def test_gather_skips_after_each_run():
    change = {"source_gather_en": True, "source_gather_count": 4, "source_gather_interval": 12}
    assert after(change)[:16] == pattern(4) + pattern(4, 16) + pattern(4, 32) + pattern(4, 48)


def test_scatter_skips_after_each_run():
    change = {"dest_scatter_en": True, "dest_scatter_count": 2, "dest_scatter_interval": 4}
    sizes = {"source_data_size": 2, "dest_data_size": 2}
    assert after(change, config=sizes)[:28] == (
        pattern(4) + bytes(4) + pattern(4, 4) + bytes(4) + pattern(4, 8) + bytes(4) + pattern(4, 12)
    )


def test_gather_with_decrement():
    change = {
        "source_gather_en": True,
        "source_gather_count": 2,
        "source_gather_interval": 6,
        "source_addr_adj": AddressAdjust.DECREMENT,
        "source_address": lambda bench: bench.source.address + 7,
    }
    assert after(change, size=4)[:4] == bytes([7, 6, 11, 10])


def test_a_list_moves_in_order_with_block_callbacks():
    async def body(bench):
        blocks = [
            bench.block(
                source_address=bench.source.address + 16 * (3 - n),
                dest_address=bench.sink.address + 16 * n,
                block_size=16,
            )
            for n in range(4)
        ]
        bench.dma.config(0, bench.config(blocks=blocks, complete_callback_en=True))
        await bench.finish()
        assert bench.statuses == [1, 1, 1, 0]
        assert bench.sink.read(0, 64) == b"".join(pattern(16, 16 * n) for n in (3, 2, 1, 0))
        bench.dma.config(0, bench.config(blocks=blocks))
        await bench.finish()
        assert bench.statuses == [1, 1, 1, 0, 0]

    drive(body)


def test_half_complete():
    async def body(bench):
        bench.dma.config(0, bench.config(half_complete_callback_en=True))
        await bench.finish()
        assert bench.statuses == [2, 0]

    assert drive(body).verdict == "clean"


def test_a_circular_transfer_calls_at_each_end_until_stopped():
    async def body(bench):
        blocks = [bench.block(block_size=128), bench.block(block_size=128)]
        bench.dma.config(0, bench.config(blocks=blocks, cyclic=True, complete_callback_en=True))
        bench.dma.start(0)
        while len(bench.calls) < 5:
            await bench.done.take()
        assert bench.statuses[:5] == [1, 0, 1, 0, 1]
        assert bench.dma.get_status(0).busy
        assert bench.dma.get_status(0).total_copied >= 5 * 128
        bench.dma.stop(0)
        count = len(bench.calls)
        await bench.machine.sleep_us(100)
        assert len(bench.calls) == count

    drive(body)


@pytest.mark.parametrize(("flags", "circular"), [((True, True), True), ((True, False), False), ((False, False), False)])
def test_reload_flags_ask_for_a_circle_too(flags, circular):
    async def body(bench):
        block = bench.block(source_reload_en=flags[0], dest_reload_en=flags[1])
        bench.dma.config(0, bench.config(blocks=[block]))
        await bench.finish()
        assert bench.dma.get_status(0).busy == circular
        bench.dma.stop(0)

    drive(body)


def test_the_higher_priority_goes_first():
    async def body(bench):
        for channel, priority in ((0, 1), (1, 3), (2, 2)):
            bench.dma.config(channel, bench.config(channel_priority=priority))
        for channel in range(3):
            bench.dma.start(channel)
        await bench.machine.sleep_us(1000)
        assert [channel for channel, *_ in bench.calls] == [1, 2, 0]

    drive(body, size=8192)


def test_larger_bursts_are_faster():
    def microseconds(burst):
        async def body(bench):
            bench.dma.config(0, bench.config(source_burst_length=burst, dest_burst_length=burst))
            bench.dma.start(0)
            await bench.done.take()

        return drive(body, size=8192).duration_ns

    assert microseconds(1) > microseconds(16) > microseconds(64)


# -- peripherals -----------------------------------------------------------------------------------------------------


def test_what_is_sent_to_a_slot_is_received_from_it():
    async def body(bench):
        bench.dma.config(0, bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=3))
        bench.dma.config(1, bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=3))
        bench.dma.start(0)
        bench.dma.start(1)
        assert bench.dma.get_status(0).dir is Direction.PERIPHERAL_TO_MEMORY
        await bench.machine.sleep_us(1000)
        assert sorted(bench.calls) == [(0, 0, "CONFIGURED", None), (1, 0, "CONFIGURED", None)]
        bench.drop(bench.sink)
        assert bench.sink.read() == bench.source.read()

    assert drive(body).verdict == "clean"


@pytest.mark.parametrize("direction", [Direction.MEMORY_TO_PERIPHERAL, Direction.PERIPHERAL_TO_MEMORY])
def test_the_emulator_copies_in_every_direction(direction):
    """It has no request lines: what looks like a peripheral is memory too."""

    async def body(bench):
        bench.dma.config(0, bench.config(channel_direction=direction, dma_slot=3))
        await bench.finish()
        bench.drop(bench.sink)
        assert bench.sink.read() == bench.source.read()
        assert len(bench.dma.fifo(3)) == 0

    drive(body, driver="emul")


def test_a_sender_stalls_on_its_fifo_until_the_receiver_is_armed():
    async def body(bench):
        bench.dma.config(1, bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=3))
        bench.dma.start(1)
        await bench.machine.sleep_us(1000)
        assert bench.calls == []
        assert bench.dma.get_status(1).total_copied == bench.dma.fifo(3).depth
        bench.dma.config(0, bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=3))
        bench.dma.start(0)
        await bench.machine.sleep_us(1000)
        assert len(bench.calls) == 2

    drive(body)


@pytest.mark.parametrize("mode", [0, 1])
def test_a_stalled_sender_has_not_read_ahead(mode):
    """flow_control_mode 1 forbids it, 0 allows it: the controller has no FIFO of its own, so it never does."""

    async def body(bench):
        block = bench.block(flow_control_mode=mode)
        bench.dma.config(1, bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=3, blocks=[block]))
        bench.dma.start(1)
        await bench.machine.sleep_us(100)
        bench.dma.suspend(1)
        bench.source.write(b"\xaa" * bench.size)
        bench.flush(bench.source)
        bench.dma.resume(1)
        sent = b""
        for _ in range(10):
            sent += bench.dma.fifo(3).drain()
            await bench.machine.sleep_us(10)
        assert sent == pattern(64) + b"\xaa" * (bench.size - 64)

    assert drive(body).verdict == "clean"


def test_espressif_channels_have_no_priorities():
    """The driver does not use channel_priority."""

    async def body(bench):
        for channel, priority in ((0, 0), (2, 3)):
            bench.dma.config(channel, bench.config(channel_priority=priority))
            assert bench.dma.hardware.channels[channel].priority == 0

    drive(body, chip="esp32s3")


def test_the_outside_world_can_feed_and_drain_a_slot():
    async def body(bench):
        fifo = bench.dma.fifo(5)
        bench.dma.config(
            0,
            bench.config(
                channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=5, blocks=[bench.block(block_size=8)]
            ),
        )
        bench.dma.start(0)
        assert fifo.feed(b"receive!") == 8
        await bench.machine.sleep_us(10)
        assert bench.sink.read(0, 8) == b"receive!"
        bench.dma.config(
            1,
            bench.config(
                channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=6, blocks=[bench.block(block_size=8)]
            ),
        )
        await bench.finish(1)
        assert bench.dma.fifo(6).drain() == pattern(8)

    drive(body)


def test_espressif_channels_are_halves():
    async def body(bench):
        receive = bench.config(channel_direction=Direction.PERIPHERAL_TO_MEMORY, dma_slot=2)
        send = bench.config(channel_direction=Direction.MEMORY_TO_PERIPHERAL, dma_slot=2)
        assert len(bench.dma.channels) == 10
        assert bench.code(bench.dma.config, 1, receive) == "EINVAL"
        assert bench.code(bench.dma.config, 0, send) == "EINVAL"
        bench.dma.config(0, receive)
        bench.dma.config(1, send)
        bench.dma.start(0)
        bench.dma.start(1)
        await bench.machine.sleep_us(1000)
        assert bench.sink.read() == bench.source.read()
        assert sorted(channel for channel, *_ in bench.calls) == [0, 1]

    drive(body, chip="esp32s3", size=64)


def test_espressif_copies_take_the_pair_and_call_twice():
    async def body(bench):
        bench.dma.config(3, bench.config())
        bench.dma.start(3)
        await bench.machine.sleep_us(1000)
        assert [(channel, status) for channel, status, *_ in bench.calls] == [(2, 0), (3, 0)]
        bench.dma.start(2)
        await bench.machine.sleep_us(1000)
        assert len(bench.calls) == 4

    drive(body, chip="esp32s3")


def test_espressif_lists_are_cut_and_limited():
    async def body(bench):
        assert bench.code(bench.dma.config, 0, bench.config(blocks=[bench.block(block_size=16 * 4092)])) == 0
        assert bench.code(bench.dma.config, 0, bench.config(blocks=[bench.block(block_size=16 * 4092 + 1)])) == "EINVAL"
        bench.dma.config(0, bench.config(blocks=[bench.block(block_size=8192)]))
        await bench.finish()
        await bench.machine.sleep_us(10_000)
        assert bench.statuses == [1, 0, 0]

    drive(body, chip="esp32s3", size=8192)


@pytest.mark.parametrize(("size", "statuses"), [(4094, [0, 0]), (8184, [1, 0, 0])])
def test_the_espressif_handler_tells_once_what_has_happened_by_then(size, statuses):
    """It reads bits: a last descriptor of two bytes is done before the handler of the one before it has looked."""

    async def body(bench):
        bench.dma.config(0, bench.config())
        await bench.finish()
        await bench.machine.sleep_us(10_000)
        assert bench.statuses == statuses

    drive(body, chip="esp32s3", size=size)


@pytest.mark.parametrize(("side", "address"), [("source", 0x3C000000), ("dest", 0x3C000000), ("dest", 0x10)])
def test_the_espressif_driver_refuses_memory_out_of_reach(side, address):
    """Where the engine can't read flash, dma_config says so; nothing is started, so it is information."""

    async def body(bench):
        block = bench.block(**{f"{side}_address": address})
        assert bench.code(bench.dma.config, 0, bench.config(blocks=[block])) == "EINVAL"
        assert bench.dma.state(0).name == "INITIAL"

    report = drive(body, chip="esp32s3")
    assert [(finding.rule, finding.severity.value) for finding in report.findings] == [("unreachable-memory", "info")]
    name = "source" if side == "source" else "destination"
    assert report.findings[0].message == (
        f"dma_config(dma0, 0) was refused with -EINVAL: the {name} of block 1, {address:#010x}, is out of the controller's reach"
    )


# -- errors and contexts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("driver", "disabled", "statuses"),
    [
        ("documented", False, [-Errno.EIO]),
        ("documented", True, []),
        ("xmc4xxx", False, [-Errno.EPERM]),
        ("dw", False, [0]),
        ("edma", False, []),
    ],
)
def test_tightly_coupled_memory_ends_in_a_bus_error(driver, disabled, statuses):
    async def body(bench):
        block = bench.block(dest_address=0x20000000, block_size=64)
        bench.dma.config(0, bench.config(blocks=[block], error_callback_dis=disabled))
        await bench.finish()
        assert bench.statuses == statuses
        assert bench.dma.state(0).name == "CONFIGURED"

    report = drive(body, driver=driver)
    assert "unreachable-memory" in {finding.rule for finding in report.findings}


def test_blocks_before_the_bus_error_have_moved():
    async def body(bench):
        blocks = [bench.block(block_size=64), bench.block(source_address=0x20000000, block_size=64)]
        bench.dma.config(0, bench.config(blocks=blocks, complete_callback_en=True))
        await bench.finish()
        assert bench.statuses == [1, -Errno.EIO]
        assert bench.sink.read(0, 64) == pattern(64)

    drive(body)


def test_callbacks_come_in_interrupts_and_from_a_thread_with_the_emulator():
    for driver, expected in (("documented", True), ("emul", False)):
        seen = []

        async def body(bench, seen=seen):
            interrupts = bench.machine.scheduler.interrupts
            bench.dma.config(0, bench.config(dma_callback=lambda *_: seen.append(interrupts.active)))
            await bench.finish()

        drive(body, driver=driver)
        assert seen == [expected]


def test_no_callback_is_fine():
    async def body(bench):
        bench.dma.config(0, bench.config(dma_callback=None))
        await bench.finish()
        bench.drop(bench.sink)
        assert bench.sink.read() == bench.source.read()

    assert drive(body).verdict == "clean"


@pytest.mark.parametrize(
    ("driver", "blocks", "en", "statuses"),
    [
        ("documented", 1, True, [0]),
        ("dw", 3, True, [0, 0, 0]),
        ("dw", 3, False, [0]),
        ("edma", 3, False, [0, 0, 0]),
        ("lpc", 1, False, [1]),
        ("lpc", 3, False, [0]),
        ("lpc", 3, True, [1, 1, 0]),
        ("xmc4xxx", 1, True, [1, 0]),
        ("emul", 3, True, [0]),
        ("stm32", 1, True, [0]),
    ],
)
def test_callback_styles_of_drivers(driver, blocks, en, statuses):
    async def body(bench):
        listed = [bench.block(block_size=64, source_gather_en=True) for _ in range(blocks)]
        bench.dma.config(0, bench.config(blocks=listed, complete_callback_en=en))
        await bench.finish()
        assert bench.statuses == statuses

    drive(body, driver=driver)


@pytest.mark.parametrize(
    ("driver", "change", "answer"),
    [
        ("stm32u5", {"blocks": 2}, "ENOTSUP"),
        ("nxp_edma", {"blocks": 2}, "ENOTSUP"),
        ("xmc4xxx", {"blocks": 2}, "EINVAL"),
        ("stm32u5", {"cyclic": True}, "ENOTSUP"),
        ("stm32", {"dest_data_size": 2}, "EINVAL"),
        ("lpc", {"dest_data_size": 2}, "EINVAL"),
        ("emul", {"dest_burst_length": 1}, "EINVAL"),
        ("nxp_edma", {"dest_burst_length": 1}, "EINVAL"),
        ("esp32", {"dest_burst_length": 1}, "EINVAL"),
        ("xmc4xxx", {"source_chaining_en": True, "linked_channel": 1}, "EINVAL"),
        ("dw", {"source_data_size": 8, "dest_data_size": 8}, "EINVAL"),
        ("esp32", {"channel_direction": 3}, "EINVAL"),
    ],
)
def test_what_drivers_refuse(driver, change, answer):
    async def body(bench):
        listed = [bench.block(block_size=64) for _ in range(change.pop("blocks", 1))]
        assert bench.code(bench.dma.config, 0, bench.config(blocks=listed, **change)) == answer

    drive(body, driver=driver)


def test_stm32_wants_both_reload_flags_and_no_decrement():
    async def body(bench):
        one_flag = bench.config(blocks=[bench.block(source_reload_en=True)])
        assert bench.code(bench.dma.config, 0, one_flag) == "EINVAL"
        down = bench.config(blocks=[bench.block(source_addr_adj=AddressAdjust.DECREMENT)])
        assert bench.code(bench.dma.config, 0, down) == "ENOTSUP"

    drive(body, driver="stm32")


# -- cache -----------------------------------------------------------------------------------------------------------


def test_cache_calls_do_what_they_say():
    async def body(bench):
        machine = bench.machine
        assert zephyr.sys_cache_data_line_size_get(machine) == 32
        buffer = machine.heap.alloc(64, align=32)
        memory = lambda: bytes(machine.memory.find(buffer.address).mem[buffer.address - 0x24000000 :][:64])  # noqa: E731
        buffer.write(b"a" * 64)
        zephyr.sys_cache_data_flush_range(machine, buffer, 1)  # whole lines
        assert memory() == b"a" * 32 + bytes(32)
        zephyr.sys_cache_data_flush_all(machine)
        assert memory() == b"a" * 64
        buffer.write(b"b" * 64)
        zephyr.sys_cache_data_invd_range(machine, buffer.address + 32, 32)
        buffer.write(b"c" * 32)
        zephyr.sys_cache_data_flush_and_invd_range(machine, buffer, 32)
        assert buffer.read() == b"c" * 32 + b"a" * 32
        buffer.write(b"d" * 64)
        zephyr.sys_cache_data_flush_and_invd_all(machine)
        assert buffer.read() == b"d" * 64
        buffer.write(b"e" * 64)
        zephyr.sys_cache_data_invd_all(machine)
        assert memory() == b"d" * 64
        zephyr.sys_cache_data_flush_range(machine, 0x20000000, 64)  # not behind a cache: nothing to do

    drive(body)


def test_cache_calls_without_a_cache_are_not_supported():
    from dmalab import chips
    from dmalab.guest.zephyr_config import without_cache

    machine = Machine(without_cache(chips.load("mcu-m7")), api="zephyr")
    assert zephyr.sys_cache_data_line_size_get(machine) == 0
    with pytest.raises(ZephyrError, match=r"-ENOTSUP: sys_cache_data_flush_range: no data cache"):
        zephyr.sys_cache_data_flush_range(machine, 0x24030000, 64)
    with pytest.raises(ZephyrError):
        zephyr.sys_cache_data_invd_all(machine)


# -- devices ---------------------------------------------------------------------------------------------------------


def test_devices_are_found_by_label():
    machine = Machine("mcu-m7", api="zephyr")
    assert zephyr.device(machine) is zephyr.device(machine, "tst_dma0")
    assert repr(zephyr.device(machine)) == "<dma0: 8 channels, the documented behaviour>"
    with pytest.raises(
        ZephyrError, match="-ENODEV: no device has the node label uart0; there is dma0, dma, tst_dma0, test_dma0"
    ):
        zephyr.device(machine, "uart0")
    with pytest.raises(ZephyrError, match=r"-ENODEV: the machine was not built with api='zephyr'"):
        zephyr.device(Machine("esp32s3"))


def test_a_chip_without_a_known_controller():
    with pytest.raises(
        zephyr.UnknownDriver, match=r"^esp32 has no DMA controller that a Zephyr driver is modelled for$"
    ):
        Machine("esp32", api="zephyr")


def test_the_espressif_driver_keeps_the_cache_of_psram_in_order():
    async def body(bench):
        source = bench.machine.heap.alloc(64, zephyr_caps, align=64)
        sink = bench.machine.heap.alloc(64, zephyr_caps, align=64)
        sink.write(bytes(64))
        source.write(pattern(64))
        sink.read()
        block = bench.block(source_address=source.address, dest_address=sink.address, block_size=64)
        bench.dma.config(0, bench.config(blocks=[block]))
        await bench.finish()
        assert sink.read() == pattern(64)

    from dmalab.core.caps import Cap

    zephyr_caps = Cap.SPIRAM
    assert drive(body, chip="esp32s3").verdict == "clean"


def test_an_unknown_driver_is_named():
    with pytest.raises(zephyr.UnknownDriver) as caught:
        Machine("mcu-m7", api="zephyr", driver="stm")
    assert str(caught.value) == (
        "unknown driver 'stm'; available: documented, dw, edma, emul, esp32, intel_gpdma, lpc, nxp_edma, stm32, stm32u5, xmc4xxx"
    )


def test_a_block_of_zeros_means_what_the_header_says():
    block = BlockConfig()
    assert (block.source_addr_adj, block.dest_addr_adj) == (AddressAdjust.INCREMENT, AddressAdjust.INCREMENT)
    flags = (block.source_gather_en, block.dest_scatter_en, block.source_reload_en, block.dest_reload_en)
    assert not any(flags)
