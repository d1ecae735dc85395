"""Clock dividers, bits on wires, devices at the far end, and the controller between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab.core.gpio import EdgeCounter
from dmalab.core.spi import ShiftState, SpiBusyError
from dmalab.core.spi_clock import BusClock, ClockOutOfRange, nearest, not_faster, slowest_hz
from dmalab.core.spi_device import Echo, MemoryDevice, Sensor, SpiDevice
from dmalab.core.spi_trace import LogicAnalyser
from dmalab.core.spi_wire import BitOrder, Frame, Phase, SpiMode, gather, spread, to_bits, to_bytes

Wire = Callable[..., Any]
SOURCE = 80_000_000
CLOCK = not_faster(SOURCE, 10_000_000)


# -- clock -----------------------------------------------------------------------------------------------------------


@given(hz=st.integers(78_125, SOURCE))
def test_no_divider_comes_nearer_from_below(hz: int) -> None:
    """Against every divider there is."""
    possible = {1} | {pre * counter for pre in range(1, 17) for counter in range(2, 65)}
    best = max(SOURCE / divider for divider in possible if SOURCE <= hz * divider)
    assert not_faster(SOURCE, hz).hz == best


@settings(max_examples=50)
@given(hz=st.integers(79_000, 60_000_000))
def test_the_nearest_clock_is_within_a_rounding_of_the_best(hz: int) -> None:
    possible = {pre * counter for pre in range(1, 17) for counter in range(2, 65)}
    best = min(abs(SOURCE / divider - hz) for divider in possible)
    assert abs(nearest(SOURCE, hz).hz - hz) <= best + 2


@pytest.mark.parametrize("limit", [16, 8192])
def test_the_range_of_clocks(limit: int) -> None:
    slowest = slowest_hz(SOURCE, limit)
    assert slowest == SOURCE / (64 * limit)
    for hz in (SOURCE + 1, int(slowest) - 1, 0):
        with pytest.raises(ClockOutOfRange):
            not_faster(SOURCE, hz, pre_limit=limit)
    assert nearest(SOURCE, 60_000_001) == BusClock(SOURCE, 1, 1)
    with pytest.raises(ClockOutOfRange):
        nearest(SOURCE, SOURCE + 1)


def test_among_equals_the_best_duty_cycle() -> None:
    assert not_faster(SOURCE, 100_000) == BusClock(SOURCE, 16, 50)
    assert not_faster(SOURCE, 1_000_000) == BusClock(SOURCE, 2, 40)


# -- bits ------------------------------------------------------------------------------------------------------------


@given(data=st.binary(max_size=64), order=st.sampled_from(list(BitOrder)))
def test_bits_are_bytes_in_order(data: bytes, order: BitOrder) -> None:
    bits = to_bits(data, order)
    assert to_bytes(bits, order) == data
    naive = [one >> (place if order is BitOrder.LSB_FIRST else 7 - place) & 1 for one in data for place in range(8)]
    assert bits.tolist() == naive


@given(data=st.binary(max_size=64), lines=st.sampled_from([1, 2, 4, 8]))
def test_lines_carry_the_earliest_bit_highest(data: bytes, lines: int) -> None:
    bits = to_bits(data, BitOrder.MSB_FIRST)
    rows = spread(bits, lines)
    assert gather(rows).tolist() == bits.tolist()
    for clock in range(rows.shape[1]):
        assert [rows[line][clock] for line in range(lines - 1, -1, -1)] == bits[
            clock * lines : (clock + 1) * lines
        ].tolist()


def test_phases_are_counted_in_clocks() -> None:
    frame = Frame(
        clock=CLOCK,
        duplex="half",
        command=Phase(0x9F, 8),
        address=Phase(1, 24, 4),
        dummy_clocks=3,
        lines=4,
        tx_bits=33,
        rx_bits=8,
    )
    assert (frame.lead_clocks, frame.data_clocks, frame.clocks) == (8 + 6 + 3, 9 + 2, 28)
    assert (frame.tx_bytes, frame.time_ps) == (5, 2_800_000)
    assert Phase(0b1011, 6).pattern().tolist() == [0, 0, 1, 0, 1, 1]


# -- the controller --------------------------------------------------------------------------------------------------


def test_progress_is_visible_byte_by_byte(wired: Wire) -> None:
    one = wired()
    edges = EdgeCounter(one.machine.gpio, 4)
    ended: list[bool] = []
    shift = one.controller.start_fifo(
        Frame(clock=CLOCK, tx_bits=512, rx_bits=512), b"\x55" * 64, lambda: ended.append(True)
    )
    one.run_us(10 * 0.8 + 0.1)
    assert (edges.count, bytes(shift.received), ended) == (40, b"\x55" * 10, [])
    one.run_us(60)
    assert (edges.count, bytes(shift.received), ended) == (256, b"\x55" * 64, [True])
    assert shift.state is ShiftState.DONE


def test_a_level_that_changes_in_flight_is_read_where_it_changed(wired: Wire) -> None:
    one = wired(joined=False)
    shift = one.controller.start_fifo(Frame(clock=CLOCK, rx_bits=80), b"", lambda: None)
    one.run_us(4 * 0.8)
    one.machine.gpio.drive(2, 1)
    one.run_us(10)
    assert bytes(shift.received) == b"\0" * 4 + b"\xff" * 6


def test_frames_exclude_each_other(wired: Wire) -> None:
    one = wired()
    frame = Frame(clock=CLOCK, tx_bits=8)
    one.controller.start_fifo(frame, b"x", lambda: None)
    with pytest.raises(SpiBusyError, match="SPI2 is still shifting a frame"):
        one.controller.start_fifo(frame, b"x", lambda: None)
    one.controller.cancel()
    one.controller.cancel()
    one.controller.start_fifo(frame, b"x", lambda: None)


def test_the_fifo_has_a_size(wired: Wire) -> None:
    for chip, size in (("esp32c3", 64), ("esp32s2", 72)):
        one = wired(chip)
        assert one.controller.fifo_bytes == size
        with pytest.raises(ValueError, match=f"SPI2 has a FIFO of {size} bytes"):
            one.controller.start_fifo(Frame(clock=CLOCK, tx_bits=8 * size + 8), bytes(size + 1), lambda: None)
        with pytest.raises(ValueError, match="1 bytes for a frame that sends 2"):
            one.controller.start_fifo(Frame(clock=CLOCK, tx_bits=16), b"x", lambda: None)


@settings(max_examples=60, deadline=None)
@given(bits=st.integers(1, 64), mode=st.sampled_from(list(SpiMode)), order=st.sampled_from(list(BitOrder)))
def test_frames_may_end_inside_a_byte(wired: Wire, bits: int, mode: SpiMode, order: BitOrder) -> None:
    one = wired()
    clock = EdgeCounter(one.machine.gpio, 0)
    before = clock.count
    data = bytes(range(0x81, 0x89))
    frame = Frame(clock=CLOCK, mode=mode, tx_order=order, rx_order=order, tx_bits=bits, rx_bits=bits)
    shift = one.controller.start_fifo(frame, data, lambda: None)
    before = clock.count
    one.run_us(10)
    assert to_bits(bytes(shift.received), order)[:bits].tolist() == to_bits(data, order)[:bits].tolist()
    assert not to_bits(bytes(shift.received), order)[bits:].any()
    assert clock.count - before == bits
    assert one.machine.gpio.level(0) == mode.idle_level


# -- devices ---------------------------------------------------------------------------------------------------------


def exchange(one: Any, data: bytes, **more: Any) -> bytes:
    frame = Frame(clock=CLOCK, tx_bits=8 * len(data), rx_bits=8 * len(data), **more)
    shift = one.controller.start_fifo(frame, data, lambda: None, cs=5)
    one.run_us(60)
    return bytes(shift.received)


def test_an_echo_answers_late(wired: Wire) -> None:
    one = wired(joined=False)
    one.controller.bus.attach(Echo(delay=2), cs=5)
    assert exchange(one, b"hello") == b"\0\0hel"
    assert exchange(one, b"again") == b"\0\0aga", "chip select clears the register"
    with pytest.raises(ValueError, match="an echo 1 bytes ahead of the sender"):
        Echo(-1)


def test_a_memory_is_written_and_read(wired: Wire) -> None:
    one = wired(joined=False)
    memory = MemoryDevice(256)
    one.controller.bus.attach(memory, cs=5)
    address = bytes([0, 0, 0xFE])
    exchange(one, b"\x02" + address + b"lost")
    assert memory.data[0xFE] == 0, "programming needs a write enable"
    exchange(one, b"\x06")
    assert exchange(one, b"\x05\0")[1] == 2
    exchange(one, b"\x02" + address + b"kept")
    assert exchange(one, b"\x05\0")[1] == 0, "which it used up"
    assert exchange(one, b"\x03" + address + bytes(4))[4:] == b"kept"
    assert exchange(one, b"\x0b" + address + bytes(5))[5:] == b"kept"
    assert bytes(memory.data[:2]) == b"pt", "the address wraps"
    assert exchange(one, b"\x9f" + bytes(4))[1:] == memory.identity + b"\0"
    exchange(one, b"\x06")
    exchange(one, b"\x04")
    assert not memory.write_enabled
    with pytest.raises(ValueError, match="a serial memory of 0 bytes"):
        MemoryDevice(0)


def test_a_sensor_counts_its_pointer_up(wired: Wire) -> None:
    one = wired(joined=False)
    asked: list[int] = []

    def sample(register: int) -> int | None:
        asked.append(register)
        return 0x77 if register == 0x11 else None

    sensor = Sensor({0x0F: 0x33, 0x10: 1}, sample=sample)
    one.controller.bus.attach(sensor, cs=5)
    assert exchange(one, bytes([0x8F, 0, 0, 0, 0])) == bytes([0, 0x33, 1, 0x77, 0])
    assert asked == [0x0F, 0x10, 0x11, 0x12]
    exchange(one, bytes([0x20, 5, 6]))
    assert (sensor.registers[0x20], sensor.registers[0x21]) == (5, 6)


def test_a_device_of_another_edge_is_one_bit_late(wired: Wire) -> None:
    class Recorder(SpiDevice):
        mode = SpiMode.MODE_0
        heard = b""

        def exchange(self, mosi: bytes) -> bytes:
            self.heard += mosi
            return b"\x81" * len(mosi)

    for mode, heard, answer in (
        (SpiMode.MODE_0, b"\xaa\xaa", b"\x81\x81"),
        (SpiMode.MODE_3, b"\xaa\xaa", b"\x81\x81"),
        (SpiMode.MODE_1, b"\x55\x55", b"\x40\xc0"),
        (SpiMode.MODE_2, b"\x55\x55", b"\x40\xc0"),
    ):
        one, device = wired(joined=False), Recorder()
        one.controller.bus.attach(device, cs=5)
        assert exchange(one, b"\xaa\xaa", mode=mode) == answer
        assert device.heard == heard


def test_only_the_selected_device_answers(wired: Wire) -> None:
    one = wired(joined=False)
    echo, other = Echo(0), Echo(1)
    one.controller.bus.attach(echo, cs=5)
    one.controller.bus.attach(other, cs=6)
    assert exchange(one, b"abc") == b"abc"
    one.controller.bus.detach(echo)
    one.controller.bus.detach(echo)
    assert exchange(one, b"abc") == bytes(3)


def test_half_duplex_reads_a_device_behind_its_command(wired: Wire) -> None:
    one = wired(joined=False)
    memory = MemoryDevice(256)
    memory.data[:4] = b"data"
    one.controller.bus.attach(memory, cs=5)
    frame = Frame(clock=CLOCK, duplex="half", command=Phase(0x0B, 8), address=Phase(0, 24), dummy_clocks=8, rx_bits=32)
    shift = one.controller.start_fifo(frame, b"", lambda: None, cs=5)
    one.run_us(20)
    assert bytes(shift.received) == b"data"


# -- pins ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", list(SpiMode))
def test_a_trace_decodes_to_what_was_sent(wired: Wire, mode: SpiMode, tmp_path: Any) -> None:
    """Sampled at the mode's edges, as a protocol decoder does; read back from the file with an own small parser."""
    one = wired()
    analyser = LogicAnalyser(one.machine.gpio, one.machine.clock, {"sck": 0, "mosi": 4, "miso": 2, "cs": 5})
    one.run_us(1)
    one.machine.gpio.drive(5, 1)
    one.run_us(1)
    data = b"\x9f\x00\xff\x5a"
    one.controller.start_fifo(Frame(clock=CLOCK, mode=mode, tx_bits=32, rx_bits=32), data, lambda: None, cs=5)
    one.run_us(10)
    path = tmp_path / "pins.vcd"
    analyser.save(path)
    waves = parse_vcd(path.read_text())
    assert waves["sck"] == analyser.changes("sck")
    rising = mode.samples_on_rising_edge
    low, high = waves["cs"][-2][0], waves["cs"][-1][0]
    bits = [level_at(waves["mosi"], time + 1) for time, level in waves["sck"] if level == rising and low < time < high]
    assert to_bytes(np.array(bits, np.uint8), BitOrder.MSB_FIRST) == data
    assert waves["miso"] == waves["mosi"]
    with pytest.raises(KeyError):
        analyser.changes("nothing")
    with pytest.raises(ValueError, match="two channels on one pin"):
        LogicAnalyser(one.machine.gpio, one.machine.clock, {"a": 0, "b": 0})


def parse_vcd(text: str) -> dict[str, list[tuple[int, int]]]:
    names: dict[str, str] = {}
    waves: dict[str, list[tuple[int, int]]] = {}
    time = 0
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["$var"]:
            names[words[3]] = words[4]
            waves[words[4]] = []
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in "01" and line[1:] in names:
            waves[names[line[1:]]].append((time, int(line[0])))
    return waves


def level_at(wave: list[tuple[int, int]], time: int) -> int:
    return next(level for when, level in reversed(wave) if when <= time)
