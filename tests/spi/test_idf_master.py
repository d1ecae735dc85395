"""ESP-IDF's SPI master from Python: checks in order, queues, bounce buffers by release, polling, the bus, rules.

Numbers refer to the rows of check_trans_valid (ESP-IDF components/esp_driver_spi/src/gpspi/spi_master.c).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, idf
from dmalab.core.gpio import EdgeCounter
from dmalab.core.tasks import WouldBlock
from dmalab.idf import spi_config as spi
from dmalab.idf.errors import EspErr, IdfError
from dmalab.report.run import RunReport

DMA = idf.MALLOC_CAP_DMA | idf.MALLOC_CAP_INTERNAL
PSRAM = idf.MALLOC_CAP_SPIRAM
DMA_BIT = idf.MALLOC_CAP_DMA
"""With PSRAM: aligned to the cache line."""
HALF = spi.SPI_DEVICE_HALFDUPLEX


class Desk:
    """A machine, a bus with MOSI joined to MISO, one device."""

    def __init__(self, machine: Machine, *, dma: bool = True, size: int = 8000, **device: Any) -> None:
        self.machine = machine
        machine.gpio.connect(4, 2)
        config = idf.SpiBusConfig(mosi_io_num=4, miso_io_num=2, sclk_io_num=0, max_transfer_sz=size)
        channel = idf.SPI_DMA_CH_AUTO if dma else idf.SPI_DMA_DISABLED
        self.bus = idf.SpiBus.initialize(machine, idf.SPI2_HOST, config, channel)
        self.device = self.add(**device)

    def add(self, **device: Any) -> idf.SpiDevice:
        defaults = {"clock_speed_hz": 10_000_000, "spics_io_num": 5, "queue_size": 3}
        return self.bus.add_device(idf.SpiDeviceConfig(**(defaults | device)))

    def buffer(self, data: bytes | int, caps: int = DMA, *, shift: int = 0) -> Any:
        size = data if isinstance(data, int) else len(data)
        buffer = self.machine.heap.alloc(size + shift, caps=caps).slice(shift)
        buffer.write(bytes(size) if isinstance(data, int) else data)
        return buffer

    def close(self) -> None:
        self.device.remove()
        self.bus.free()


def run(body: Callable[[Machine], Awaitable[None]], chip: str = "esp32s3", **more: Any) -> RunReport:
    report = Machine(chip, **more).run(body)
    assert "invalid" not in report.verdict
    return report


def rules(report: RunReport) -> list[str]:
    return [finding.rule for finding in report.findings]


# -- transfers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["esp32", "esp32s2", "esp32s3", "esp32c3", "esp32p4"])
@pytest.mark.parametrize(
    ("dma", "sizes"), [(True, (16, 21, 36, 128, 129, 4094, 4095, 12288)), (False, (4, 16, 21, 32, 47, 63, 64))]
)
def test_loopback(chip: str, dma: bool, sizes: tuple[int, ...]) -> None:
    """The vendor's own test: received equals sent, the sent buffer is unchanged."""

    async def body(machine: Machine) -> None:
        desk = Desk(machine, dma=dma, size=12288)
        for how in ("transmit", "polling_transmit"):
            for size in sizes:
                data = bytes((7 * i + size) & 0xFF for i in range(size))
                tx, rx = desk.buffer(data), desk.buffer(-(-size // 4) * 4)
                trans = idf.SpiTransaction(length=8 * size, tx_buffer=tx, rx_buffer=rx)
                await getattr(desk.device, how)(trans)
                assert rx.read(0, size) == data
                assert tx.read() == data
                assert trans.rxlength == 8 * size
        desk.close()

    assert run(body, chip).findings == ()


@settings(max_examples=60, deadline=None)
@given(
    bits=st.integers(1, 600),
    mode=st.integers(0, 3),
    flags=st.sampled_from([0, spi.SPI_DEVICE_BIT_LSBFIRST]),
    dma=st.booleans(),
)
def test_any_number_of_bits_comes_back(bits: int, mode: int, flags: int, dma: bool) -> None:
    bits = bits if dma else min(bits, 512)
    size = -(-bits // 8)

    async def body(machine: Machine) -> None:
        desk = Desk(machine, dma=dma, mode=mode, flags=flags)
        data = bytes((11 * i + 5) & 0xFF for i in range(size))
        tx, rx = desk.buffer(data), desk.buffer(size + 4)
        rx.write(b"\xee" * (size + 4))
        await desk.device.transmit(idf.SpiTransaction(length=bits, tx_buffer=tx, rx_buffer=rx.slice(0, size)))
        surplus = 8 * size - bits
        mask = (0xFF >> surplus) if flags else (0xFF << surplus) & 0xFF
        assert rx.read(0, size) == data[:-1] + bytes([data[-1] & mask])
        assert rx.read(size) == b"\xee" * 4
        desk.close()

    run(body)


def test_data_inside_the_transaction() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        trans = idf.SpiTransaction(
            flags=spi.SPI_TRANS_USE_TXDATA | spi.SPI_TRANS_USE_RXDATA, length=32, tx_data=b"\1\2\3\4"
        )
        await desk.device.transmit(trans)
        assert trans.rx_data == b"\1\2\3\4"
        desk.close()

    assert run(body).findings == ()


def test_command_address_and_dummy_come_first() -> None:
    async def body(machine: Machine) -> None:
        from dmalab.core.spi_device import MemoryDevice

        desk = Desk(machine, flags=HALF, command_bits=8, address_bits=24)
        machine.gpio.connect(9, 2)
        memory = MemoryDevice(256)
        desk.bus.host.bus.attach(memory, cs=5)
        await desk.device.transmit(
            idf.SpiTransaction(cmd=6, flags=spi.SPI_TRANS_VARIABLE_ADDR | spi.SPI_TRANS_VARIABLE_CMD, command_bits=8)
        )
        await desk.device.transmit(idf.SpiTransaction(cmd=2, addr=0x10, length=32, tx_buffer=desk.buffer(b"data")))
        assert memory.data[0x10:0x14] == b"data"
        rx = desk.buffer(4)
        trans = idf.SpiTransaction(
            cmd=0x0B, addr=0x10, rxlength=32, rx_buffer=rx, flags=spi.SPI_TRANS_VARIABLE_DUMMY, dummy_bits=8
        )
        await desk.device.transmit(trans)
        assert rx.read() == b"data"
        desk.close()

    assert run(body).findings == ()


def test_two_to_eight_lines() -> None:
    async def body(machine: Machine) -> None:
        config = idf.SpiBusConfig(
            mosi_io_num=10, miso_io_num=11, sclk_io_num=0, quadwp_io_num=12, quadhd_io_num=13, data4_io_num=14,
            data5_io_num=15, data6_io_num=16, data7_io_num=17,
        )  # fmt: skip
        bus = idf.SpiBus.initialize(machine, idf.SPI2_HOST, config)
        device = bus.add_device(idf.SpiDeviceConfig(clock_speed_hz=20_000_000, flags=HALF))
        buffer = machine.heap.alloc(64, caps=DMA)
        buffer.write(b"\xf0" * 64)
        for flags, lines, top in (
            (0, 1, 10),
            (spi.SPI_TRANS_MODE_DIO, 2, 11),
            (spi.SPI_TRANS_MODE_QIO, 4, 13),
            (spi.SPI_TRANS_MODE_OCT, 8, 17),
        ):
            clock, edges = EdgeCounter(machine.gpio, 0), EdgeCounter(machine.gpio, top)
            begun = clock.count
            await device.transmit(idf.SpiTransaction(flags=flags, length=512, tx_buffer=buffer))
            assert clock.count - begun == 512 // lines
            assert edges.count == (1 if lines == 8 else 64)
        device.remove()
        bus.free()

    assert run(body).findings == ()


# -- refusals of the bus and of devices --------------------------------------------------------------------------------


def test_buses_are_checked_in_order() -> None:
    async def body(machine: Machine) -> None:
        config = idf.SpiBusConfig(mosi_io_num=4, miso_io_num=2, sclk_io_num=0)
        cases = [
            (EspErr.INVALID_ARG, 0, config, idf.SPI_DMA_CH_AUTO),
            (EspErr.INVALID_ARG, 7, config, idf.SPI_DMA_CH_AUTO),
            (EspErr.INVALID_ARG, idf.SPI2_HOST, config, 1),
            (EspErr.INVALID_ARG, idf.SPI2_HOST, idf.SpiBusConfig(intr_flags=spi.ESP_INTR_FLAG_SHARED), 3),
            (EspErr.INVALID_ARG, idf.SPI2_HOST, idf.SpiBusConfig(mosi_io_num=99), 3),
        ]
        for code, host, one, channel in cases:
            with pytest.raises(IdfError) as refused:
                idf.SpiBus.initialize(machine, host, one, channel)
            assert refused.value.code is code
        bus = idf.SpiBus.initialize(machine, idf.SPI2_HOST, config)
        with pytest.raises(IdfError) as refused:
            idf.SpiBus.initialize(machine, idf.SPI2_HOST, config, 1)
        assert refused.value.code is EspErr.INVALID_STATE
        bus.free()
        with pytest.raises(IdfError) as refused:
            bus.free()
        assert refused.value.code is EspErr.INVALID_STATE
        engine = machine.engines["ahb_gdma"]
        pairs = [engine.allocate_pair(for_copy=False) for _ in range(5)]
        before = len(machine.heap.blocks_heap.blocks())
        with pytest.raises(IdfError) as refused:
            idf.SpiBus.initialize(machine, idf.SPI2_HOST, config)
        assert refused.value.code is EspErr.NOT_FOUND
        assert len(machine.heap.blocks_heap.blocks()) == before
        for pair in pairs:
            assert pair is not None
            engine.release_pair(pair)

    assert run(body).findings == ()


def test_numbered_channels_belong_to_the_old_chips() -> None:
    async def body(machine: Machine) -> None:
        config = idf.SpiBusConfig(mosi_io_num=4, miso_io_num=2, sclk_io_num=0)
        allowed = {"esp32": (0, 1, 2, 3), "esp32s2": (0, 1, 3)}[machine.chip.name]
        for channel in range(4):
            if channel in allowed:
                idf.SpiBus.initialize(machine, idf.SPI2_HOST, config, channel).free()
            else:
                with pytest.raises(IdfError):
                    idf.SpiBus.initialize(machine, idf.SPI2_HOST, config, channel)

    for chip in ("esp32", "esp32s2"):
        run(body, chip)


@pytest.mark.parametrize(
    ("device", "code"),
    [
        ({"spics_io_num": 99}, EspErr.INVALID_ARG),
        ({"clock_speed_hz": 0}, EspErr.INVALID_ARG),
        ({"clock_speed_hz": 80_000_001}, EspErr.INVALID_ARG),
        ({"cs_ena_pretrans": 2, "command_bits": 8}, EspErr.INVALID_ARG),
        ({"flags": spi.SPI_DEVICE_NO_RETURN_RESULT}, EspErr.INVALID_ARG),
    ],
)
def test_devices_are_checked(device: dict[str, Any], code: EspErr) -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        with pytest.raises(IdfError) as refused:
            desk.add(**device)
        assert refused.value.code is code
        desk.close()

    assert run(body).findings == ()


@pytest.mark.parametrize(("chip", "slots"), [("esp32", 3), ("esp32s3", 6)])
def test_chip_selects_run_out_with_no_mem(chip: str, slots: int) -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        others = [desk.add(spics_io_num=10 + i) for i in range(slots - 1)]
        with pytest.raises(IdfError) as refused:
            desk.add()
        assert refused.value.code is EspErr.NO_MEM
        for one in others:
            one.remove()
        desk.close()

    assert run(body, chip).findings == ()


def test_the_actual_clock() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=9_000_000)
        assert desk.device.actual_freq_hz() == 8_888_889
        desk.close()

    run(body)


@pytest.mark.parametrize(
    ("size", "dma", "limit"),
    [(0, True, 4092), (1, True, 4092), (4093, True, 8184), (8000, True, 8184), (8000, False, 64)],
)
def test_the_longest_transaction(size: int, dma: bool, limit: int) -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, size=size, dma=dma)
        assert desk.bus.max_bytes == limit
        desk.close()

    run(body)


# -- refusals of transactions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "idf_release", "device", "trans", "why"),
    [
        # 2 and 3
        ("esp32s3", "v5.5", {}, {"flags": spi.SPI_TRANS_USE_RXDATA, "rxlength": 33, "length": 40}, "INVALID_ARG: rxdata transfer > 32 bits"),
        ("esp32s3", "v5.5", {}, {"flags": spi.SPI_TRANS_USE_TXDATA, "length": 33}, "INVALID_ARG: txdata transfer > 32 bits"),
        ("esp32s3", "v5.5", {}, {"length": 8 * 8185, "tx": 1}, "INVALID_ARG: txdata transfer > host maximum of 8184 bytes"),
        ("esp32s3", "v5.5", {"flags": HALF}, {"rxlength": 8 * 8185, "rx": 1}, "INVALID_ARG: rxdata transfer > host maximum of 8184 bytes"),
        # 4
        ("esp32s3", "v5.5", {}, {"length": 8, "rxlength": 16, "tx": 1, "rx": 1}, "INVALID_ARG: rx length > tx length in full duplex mode"),
        # 5
        ("esp32s3", "v5.5", {}, {"flags": spi.SPI_TRANS_MODE_QIO, "length": 8, "tx": 1}, "INVALID_ARG: several lines need half duplex"),
        (
            "esp32s3", "v5.5", {"flags": HALF | spi.SPI_DEVICE_3WIRE},
            {"flags": spi.SPI_TRANS_MODE_DIO, "length": 8, "tx": 1}, "INVALID_ARG: several lines and 3-wire",
        ),
        (
            "esp32s3", "v5.5", {"flags": HALF},
            {"flags": spi.SPI_TRANS_MODE_QIO, "length": 8, "tx": 1}, "INVALID_ARG: 4 lines, but not all of their pins are assigned",
        ),
        ("esp32c3", "v5.5", {"flags": HALF}, {"flags": spi.SPI_TRANS_MODE_OCT, "length": 8, "tx": 1}, "INVALID_ARG: 8 lines; the host has 4"),
        # 6 to 8
        (
            "esp32", "v5.5", {"flags": HALF}, {"length": 8, "rxlength": 8, "tx": 1, "rx": 1},
            "INVALID_ARG: sending and receiving phases with DMA in half duplex",
        ),
        ("esp32", "v6.0", {"flags": HALF}, {"rxlength": 9, "rx": 1}, "NOT_SUPPORTED: receiving part of a byte"),
        (
            "esp32s3", "v5.5", {"flags": HALF}, {"length": 8, "rxlength": 8, "tx": 1, "rx": 1},
            "INVALID_ARG: sending and receiving phases in half duplex",
        ),
        # 9 and 10
        ("esp32s3", "v5.5", {}, {"length": 0, "tx": 1}, "INVALID_ARG: a buffer to send and length 0"),
        ("esp32s3", "v5.5", {"flags": HALF}, {"rx": 1}, "INVALID_ARG: a buffer to receive and rxlength 0"),
        # 13
        ("esp32s3", "v6.0", {}, {"length": 9, "tx": 1}, "NOT_SUPPORTED: a single bit in the last byte sent"),
        ("esp32s2", "v6.0", {}, {"length": 16, "rxlength": 9, "tx": 1, "rx": 1}, "NOT_SUPPORTED: a single bit in the last byte received"),
    ],
)  # fmt: skip
def test_transactions_are_checked(
    chip: str, idf_release: str, device: dict[str, Any], trans: dict[str, Any], why: str
) -> None:
    """Nothing moves, and nothing is changed."""

    async def body(machine: Machine) -> None:
        desk = Desk(machine, **device)
        clock = EdgeCounter(machine.gpio, 0)
        fields = {key: value for key, value in trans.items() if key not in ("tx", "rx")}
        one = idf.SpiTransaction(
            **fields,
            tx_buffer=desk.buffer(16) if "tx" in trans else None,
            rx_buffer=desk.buffer(16) if "rx" in trans else None,
        )
        for call in (
            desk.device.transmit,
            desk.device.queue_trans,
            desk.device.polling_transmit,
            desk.device.polling_start,
        ):
            with pytest.raises(IdfError) as refused:
                await call(one)
            assert str(refused.value) == f"ESP_ERR_{why}"
        assert clock.count == 0
        assert one.rxlength == trans.get("rxlength", 0)
        desk.close()

    assert run(body, chip, idf=idf_release).findings == ()


# -- queues ----------------------------------------------------------------------------------------------------------


def test_results_come_in_order_and_the_queue_has_a_length() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=100_000, queue_size=2)
        sent = [idf.SpiTransaction(length=80, tx_buffer=desk.buffer(10), user=i) for i in range(4)]
        for trans in sent[:3]:  # one on the wire, two waiting
            await desk.device.queue_trans(trans)
        with pytest.raises(IdfError) as refused:
            await desk.device.queue_trans(sent[3], 100)
        assert refused.value.code is EspErr.TIMEOUT
        with pytest.raises(IdfError) as refused:
            await desk.device.get_trans_result(0)
        assert refused.value.code is EspErr.TIMEOUT
        assert [(await desk.device.get_trans_result()).user for _ in range(3)] == [0, 1, 2]
        desk.close()

    assert run(body).findings == ()


def test_transmit_asserts_when_another_result_comes_first() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        await desk.device.queue_trans(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        with pytest.raises(AssertionError, match="ret_trans == trans_desc"):
            await desk.device.transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        await desk.device.get_trans_result()
        desk.close()

    run(body)


def test_callbacks_run_in_interrupts_and_in_the_caller_when_polling() -> None:
    contexts: list[tuple[str, bool]] = []

    async def body(machine: Machine) -> None:
        def note(word: str) -> Callable[[idf.SpiTransaction], None]:
            return lambda _trans: contexts.append((word, machine.scheduler.interrupts.active))

        desk = Desk(machine, pre_cb=note("pre"), post_cb=note("post"))
        trans = idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4))
        await desk.device.transmit(trans)
        await desk.device.polling_transmit(trans)
        desk.close()

    assert run(body).findings == ()
    assert contexts == [("pre", True), ("post", True), ("pre", False), ("post", False)]


def test_a_device_without_results() -> None:
    async def body(machine: Machine) -> None:
        done = machine.semaphore()
        desk = Desk(machine, flags=spi.SPI_DEVICE_NO_RETURN_RESULT, post_cb=lambda _trans: done.give_from_isr())
        await desk.device.queue_trans(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        await done.take()
        with pytest.raises(IdfError) as refused:
            await desk.device.get_trans_result(0)
        assert refused.value.code is EspErr.NOT_SUPPORTED
        desk.close()

    assert run(body).findings == ()


def test_polling_excludes_queueing() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=100_000)
        trans, other = (idf.SpiTransaction(length=80, tx_buffer=desk.buffer(10)) for _ in range(2))
        with pytest.raises(AssertionError, match="no polling transaction was started"):
            await desk.device.polling_end()
        await desk.device.polling_start(trans)
        for call in (desk.device.queue_trans, desk.device.polling_start):
            with pytest.raises(IdfError) as refused:
                await call(other)
            assert refused.value.code is EspErr.INVALID_STATE
        with pytest.raises(IdfError) as refused:
            await desk.device.polling_end(10)
        assert refused.value.code is EspErr.TIMEOUT
        await desk.device.polling_end()
        await desk.device.transmit(other)
        desk.close()

    assert run(body).findings == ()


def test_the_bus_is_acquired_by_one_device() -> None:
    async def body(machine: Machine) -> None:
        order: list[str] = []
        desk = Desk(machine, clock_speed_hz=1_000_000)
        other = desk.add(spics_io_num=6)
        keep = idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4), flags=spi.SPI_TRANS_CS_KEEP_ACTIVE)
        with pytest.raises(IdfError) as refused:
            await desk.device.transmit(keep)
        assert refused.value.code is EspErr.INVALID_ARG
        with pytest.raises(IdfError) as refused:
            await desk.device.acquire_bus(10)
        assert refused.value.code is EspErr.INVALID_ARG
        await desk.device.acquire_bus()

        async def second(_machine: Machine) -> None:
            await other.transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
            order.append("other")

        machine.task(second(machine), name="second", priority=5)
        released = EdgeCounter(machine.gpio, 5)
        for _ in range(3):
            await desk.device.transmit(keep)
            order.append("owner")
        assert released.count == 0
        keep.flags = 0
        await desk.device.polling_transmit(keep)
        assert released.count == 1
        desk.device.release_bus()
        await machine.sleep_us(200)
        assert order == ["owner"] * 3 + ["other"]
        with pytest.raises(AssertionError, match="cannot release bus"):
            desk.device.release_bus()
        other.remove()
        desk.close()

    assert run(body).findings == ()


def test_several_tasks_share_a_bus() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        devices = [desk.device, desk.add(spics_io_num=6), desk.add(spics_io_num=7)]
        finished: list[int] = []

        async def work(number: int) -> None:
            tx = desk.buffer(bytes([number]) * 40)
            rx = desk.buffer(40)
            for turn in range(10):
                trans = idf.SpiTransaction(length=320, tx_buffer=tx, rx_buffer=rx)
                if turn % 2 and number:
                    await devices[number].polling_transmit(trans)
                else:
                    await devices[number].transmit(trans)
                assert rx.read() == bytes([number]) * 40
                finished.append(number)

        for number in range(3):
            machine.task(work(number), name=f"task {number}", priority=number + 1)
        await machine.sleep_us(10_000)
        assert sorted(finished) == [0] * 10 + [1] * 10 + [2] * 10
        for one in devices[1:]:
            one.remove()
        desk.close()

    assert run(body).findings == ()


# -- bounce buffers --------------------------------------------------------------------------------------------------


def bounced(chip: str, release: str, *, caps: int, shift: int, size: int, is_rx: bool, flags: int = 0) -> bool | EspErr:
    """Whether the driver took a bounce buffer for this, or its refusal."""
    seen: list[bool | EspErr] = []

    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        buffer = desk.buffer(size, caps, shift=shift)
        other = desk.buffer(-(-size // 64) * 64)
        pair = {"tx_buffer": other, "rx_buffer": buffer} if is_rx else {"tx_buffer": buffer}
        trans = idf.SpiTransaction(length=8 * size, flags=flags, **pair)

        def blocks() -> int:
            return sum(one.purpose == "SPI bounce buffer" for one in machine.heap.blocks_heap.blocks())

        try:
            await desk.device.queue_trans(trans)
        except IdfError as error:
            seen.append(error.code)
        else:
            seen.append(blocks() > 0)
            await desk.device.get_trans_result()
        assert blocks() == 0
        desk.close()

    run(body, chip, idf=release)
    return seen[0]


MANUAL, IN_PLACE = spi.SPI_TRANS_DMA_BUFFER_ALIGN_MANUAL, spi.SPI_TRANS_DMA_USE_PSRAM


@pytest.mark.parametrize(
    ("chip", "release", "caps", "shift", "size", "is_rx", "flags", "expected"),
    [
        ("esp32s3", "v4.4", DMA, 0, 16, True, 0, False),
        ("esp32s3", "v4.4", DMA, 2, 16, True, 0, True),
        ("esp32s3", "v4.4", DMA, 2, 16, False, 0, False),
        ("esp32s3", "v5.1", PSRAM, 0, 64, False, 0, True),
        ("esp32s3", "v5.1", DMA, 2, 16, True, MANUAL, True),  # the flag does not exist yet
        ("esp32s3", "v5.2", DMA, 2, 16, True, MANUAL, EspErr.INVALID_ARG),
        ("esp32s3", "v5.5", DMA, 0, 15, True, 0, False),  # the length does not count
        ("esp32s3", "v5.5", DMA, 0, 15, True, MANUAL, False),
        ("esp32s3", "v5.5", PSRAM, 0, 64, True, IN_PLACE, True),  # PSRAM always bounces
        ("esp32p4", "v5.5", DMA, 0, 60, True, 0, True),
        ("esp32p4", "v5.5", DMA, 0, 64, True, 0, False),
        ("esp32p4", "v5.5", DMA, 0, 60, False, 0, True),
        ("esp32s3", "v5.5.3", DMA, 0, 15, True, 0, True),  # now the length counts, on all chips
        ("esp32s3", "v5.5.3", DMA, 0, 15, False, 0, True),
        ("esp32s3", "v5.5.3", PSRAM | DMA_BIT, 0, 64, False, IN_PLACE, False),
        ("esp32s3", "v5.5.5", DMA, 0, 15, True, 0, False),
        ("esp32s3", "v5.5.5", PSRAM, 0, 60, True, IN_PLACE, True),
        ("esp32s3", "v6.0", DMA, 0, 15, True, MANUAL, EspErr.INVALID_ARG),
        ("esp32s3", "v6.0.1", DMA, 2, 16, True, MANUAL, EspErr.INVALID_STATE),
        ("esp32p4", "v6.0.1", DMA, 0, 60, False, 0, False),  # sending no longer minds the line
        ("esp32p4", "v6.0.1", DMA, 0, 60, True, 0, True),
    ],
)
def test_who_bounces(
    chip: str, release: str, caps: int, shift: int, size: int, is_rx: bool, flags: int, expected: bool | EspErr
) -> None:
    assert bounced(chip, release, caps=caps, shift=shift, size=size, is_rx=is_rx, flags=flags) == expected


def test_a_bounced_buffer_is_read_at_once_and_written_at_the_result() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=1_000_000)
        tx, rx = desk.buffer(b"first   ", PSRAM), desk.buffer(8, DMA, shift=1)
        trans = idf.SpiTransaction(length=64, tx_buffer=tx, rx_buffer=rx)
        await desk.device.queue_trans(trans)
        tx.write(b"second  ")  # it was copied when it was queued
        await machine.sleep_us(500)
        assert machine.memory.peek(rx.address, 8) == bytes(8), "bounced bytes arrive with the result"
        await desk.device.get_trans_result()
        assert rx.read() == b"first   "
        desk.close()

    assert run(body).findings == ()


def test_no_memory_for_a_bounce_buffer() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, size=300_000)
        big = machine.heap.alloc(200_000, caps=PSRAM)
        hogs = []
        while (largest := machine.heap.blocks_heap.largest_free_block(DMA)) > 20_000:
            hogs.append(machine.heap.alloc(largest, caps=DMA))
        with pytest.raises(IdfError) as refused:
            await desk.device.queue_trans(idf.SpiTransaction(length=8 * 20_000, tx_buffer=big))
        assert refused.value.code is EspErr.NO_MEM
        for one in (*hogs, big):
            one.free()
        desk.close()

    assert run(body).findings == ()


def test_memory_from_the_bus_never_bounces() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        buffer = desk.bus.memory_alloc(60)
        assert buffer is not None
        trans = idf.SpiTransaction(length=480, tx_buffer=buffer, rx_buffer=buffer, flags=MANUAL)
        if machine.chip.name == "esp32p4":
            trans.length = 512
        await desk.device.transmit(trans)
        desk.close()

    for chip in ("esp32s3", "esp32p4"):
        report = run(body, chip)
        assert [one for one in rules(report) if one != "touched-in-flight"] == []


# -- rules -----------------------------------------------------------------------------------------------------------


def test_touching_a_buffer_in_flight() -> None:
    async def bug(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=1_000_000)
        tx = desk.buffer(100)
        await desk.device.queue_trans(idf.SpiTransaction(length=800, tx_buffer=tx))
        tx.write(b"!", 99)
        await desk.device.get_trans_result()
        desk.close()

    async def fixed(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=1_000_000)
        tx = desk.buffer(100)
        await desk.device.queue_trans(idf.SpiTransaction(length=800, tx_buffer=tx))
        await desk.device.get_trans_result()
        tx.write(b"!", 99)
        desk.close()

    (finding,) = run(bug).findings
    assert finding.rule == "touched-in-flight"
    assert finding.message.endswith(
        "while the SPI2 transaction of 100 bytes is still reading " + finding.message.rpartition(" reading ")[2]
    )
    assert finding.fix.endswith(": wait for spi_device_get_trans_result()")
    assert run(fixed).findings == ()


def test_freeing_a_buffer_in_flight() -> None:
    async def body(machine: Machine, *, early: bool) -> None:
        desk = Desk(machine, clock_speed_hz=1_000_000)
        tx = machine.heap.alloc(100, caps=DMA)
        tx.write(bytes(100))
        await desk.device.queue_trans(idf.SpiTransaction(length=800, tx_buffer=tx))
        if early:
            tx.free()
        await desk.device.get_trans_result()
        if not early:
            tx.free()
        desk.close()

    assert rules(run(lambda machine: body(machine, early=True))) == ["freed-in-flight"]
    assert run(lambda machine: body(machine, early=False)).findings == ()


def test_results_never_collected() -> None:
    async def bug(machine: Machine) -> None:
        desk = Desk(machine)
        await desk.device.queue_trans(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        await machine.sleep_us(100)

    async def fixed(machine: Machine) -> None:
        desk = Desk(machine)
        await desk.device.queue_trans(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        await machine.sleep_us(100)
        await desk.device.get_trans_result()
        desk.close()

    assert run(fixed).findings == ()
    report = run(bug)
    (finding,) = [one for one in report.findings if one.rule == "completion-misuse"]
    assert finding.message == "the SPI2 transaction of 1 byte finished, but its result was never collected"
    assert finding.fix == (
        "call spi_device_get_trans_result() once for every transaction that was queued, or set SPI_DEVICE_NO_RETURN_RESULT"
    )


def test_results_beyond_the_queue_are_lost() -> None:
    async def bug(machine: Machine) -> None:
        desk = Desk(machine, queue_size=1)
        for _ in range(3):
            await desk.device.queue_trans(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        await machine.sleep_us(500)
        await desk.device.get_trans_result()
        desk.close()

    (finding,) = run(bug).findings
    assert (finding.rule, finding.severity.value, finding.count) == ("completion-misuse", "error", 2)
    assert finding.message == (
        "the SPI2 transaction of 1 byte finished, but its result found the queue of results full and was dropped: nobody will ever get it"
    )


@pytest.mark.parametrize("call", ["remove", "free"])
def test_removing_what_is_busy(call: str) -> None:
    async def bug(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=100_000)
        await desk.device.queue_trans(idf.SpiTransaction(length=80, tx_buffer=desk.buffer(10)))
        with pytest.raises(IdfError) as refused:
            desk.device.remove() if call == "remove" else desk.bus.free()
        assert refused.value.code is EspErr.INVALID_STATE
        await desk.device.get_trans_result()
        desk.close()

    async def fixed(machine: Machine) -> None:
        desk = Desk(machine)
        with pytest.raises(IdfError):
            desk.bus.free()  # idle devices are left: refused, but no harm done
        desk.close()

    (finding,) = run(bug).findings
    assert finding.rule == "channel-state"
    why = {
        "remove": "spi_bus_remove_device() was refused with ESP_ERR_INVALID_STATE: Have unfinished transactions",
        "free": "spi_bus_free() was refused with ESP_ERR_INVALID_STATE: 1 device still on the bus",
    }
    assert finding.message == why[call]
    assert run(fixed).findings == ()


@pytest.mark.parametrize("release", ["v5.5", "master"])
def test_the_manual_flag_and_a_buffer_that_does_not_fit(release: str) -> None:
    """Refused, and reported as an error when the destination is read as if it had arrived."""

    async def handled(machine: Machine) -> None:
        desk = Desk(machine)
        rx = desk.buffer(16, DMA, shift=2)
        with pytest.raises(IdfError):
            await desk.device.transmit(idf.SpiTransaction(length=128, rx_buffer=rx, flags=MANUAL))
        desk.close()

    async def ignored(machine: Machine) -> None:
        desk = Desk(machine)
        rx = desk.buffer(16, DMA, shift=2)
        with pytest.raises(IdfError):
            await desk.device.transmit(idf.SpiTransaction(length=128, rx_buffer=rx, flags=MANUAL))
        rx.read()
        desk.close()

    async def unreachable(machine: Machine) -> None:
        desk = Desk(machine)
        rx = desk.buffer(64, PSRAM)
        with pytest.raises(IdfError):
            await desk.device.transmit(idf.SpiTransaction(length=512, rx_buffer=rx, flags=MANUAL))
        rx.read()
        desk.close()

    def severities(report: RunReport) -> set[tuple[str, str]]:
        return {(one.rule, one.severity.value) for one in report.findings}

    assert severities(run(handled, idf=release)) == {("misaligned-for-engine", "info")}
    assert ("misaligned-for-engine", "error") in severities(run(ignored, idf=release))
    assert ("unreachable-memory", "error") in severities(run(unreachable, idf=release))


@pytest.mark.parametrize(("size", "found"), [(5, ["misaligned-for-engine"]), (8, [])])
def test_esp32_receives_whole_words(size: int, found: list[str]) -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine)
        block = desk.buffer(64)
        await desk.device.transmit(idf.SpiTransaction(length=8 * size, rx_buffer=block.slice(64 - 8, size)))
        desk.close()

    assert rules(run(body, "esp32")) == []  # the block has room for the rest of the word

    async def tight(machine: Machine) -> None:
        desk = Desk(machine)
        await desk.device.transmit(idf.SpiTransaction(length=8 * size, rx_buffer=machine.chip.firmware.data))
        desk.close()

    report = run(tight, "esp32")
    assert rules(report) == found
    if found:
        assert report.findings[0].message == (
            "the SPI2 transaction of 5 bytes asked for 5 bytes, but this chip's DMA receives whole words: it writes 8"
        )


def test_a_blocking_call_in_a_callback() -> None:
    async def bug(machine: Machine) -> None:
        lock = machine.mutex()

        def wait(_trans: idf.SpiTransaction) -> None:
            with pytest.raises(StopIteration):
                lock.take(call="Mutex.take").send(None)

        desk = Desk(machine, post_cb=wait)
        await desk.device.transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        desk.close()

    async def fixed(machine: Machine) -> None:
        done = machine.semaphore()
        desk = Desk(machine, post_cb=lambda _trans: done.give_from_isr())
        await desk.device.transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        desk.close()

    assert rules(run(bug)) == ["isr-context"]
    assert run(fixed).findings == ()


def test_psram_too_slow_for_the_wire() -> None:
    async def body(machine: Machine) -> None:
        desk = Desk(machine, clock_speed_hz=80_000_000, flags=HALF)
        desk.bus.host.bus.pins.data = [10, 11, 12, 13, None, None, None, None]
        tx = desk.buffer(4096, PSRAM | DMA_BIT)
        flags = IN_PLACE | spi.SPI_TRANS_MODE_QIO
        trans = idf.SpiTransaction(length=8 * 4096, tx_buffer=tx, flags=flags)
        await desk.device.transmit(trans)
        assert trans.flags & spi.SPI_TRANS_DMA_TX_FAIL
        slow = idf.SpiTransaction(length=8 * 4096, tx_buffer=tx, flags=IN_PLACE)
        await desk.device.transmit(slow)
        assert not slow.flags & spi.SPI_TRANS_DMA_TX_FAIL
        desk.close()

    (finding,) = run(body, idf="v5.5.3").findings
    assert finding.rule == "completion-misuse"
    assert finding.message.startswith(
        "the SPI2 transaction of 4096 bytes moves 40.0 MB/s on the wire, but the engine gets no more than "
    )


@pytest.mark.parametrize("which", ["pre_cb", "post_cb"])
def test_a_wait_in_the_callback_of_a_polled_transaction(which: str) -> None:
    """It runs in the caller, where the chip would wait; reported, and the run goes on."""
    over: list[str] = []

    async def bug(machine: Machine) -> None:
        done = machine.semaphore()

        def wait(_trans: idf.SpiTransaction) -> None:
            with pytest.raises(WouldBlock):
                done.take(call="Semaphore.take").send(None)

        desk = Desk(machine, **{which: wait})
        await desk.device.polling_transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        desk.close()
        over.append("bug")

    async def fixed(machine: Machine) -> None:
        done = machine.semaphore()
        done.give()

        def take(_trans: idf.SpiTransaction) -> None:
            with pytest.raises(StopIteration):
                done.take(call="Semaphore.take").send(None)

        desk = Desk(machine, **{which: take})
        await desk.device.polling_transmit(idf.SpiTransaction(length=8, tx_buffer=desk.buffer(4)))
        desk.close()
        over.append("fixed")

    (finding,) = run(bug).findings
    assert (finding.rule, finding.severity.value) == ("isr-context", "warning")
    assert finding.message == (
        "Semaphore.take waits in a callback that the driver runs inside the caller's own call: the same callback runs in an interrupt "
        "as soon as the request is queued instead of polled"
    )
    assert run(fixed).findings == ()
    assert over == ["bug", "fixed"]
