"""The chip's peripherals as tokens: each exists once, and a driver takes it.

Source: esp-rs/esp-hal v0.21.1 esp-hal/src/lib.rs (init), esp-hal/src/dma/gdma.rs and pdma.rs (Dma, channel creators), esp-hal/src/gpio.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from dmalab.core.channel import Pair
from dmalab.core.machine import BareMachine
from dmalab.core.spi import SpiController
from dmalab.esphal.moves import Movable

_TEN_LEVELS = dict.fromkeys(("esp32c2", "esp32c3", "esp32s3"), 10)
"""These engines take priorities up to 9; ESP-IDF itself uses only six."""
_OWN_DMA_NAMES = {"SPI2": "spi2channel", "SPI3": "spi3channel"}


def kHz(value: float) -> int:  # noqa: N802 - as esp-hal writes it
    """Kilohertz in hertz."""
    return round(value * 1_000)


def MHz(value: float) -> int:  # noqa: N802 - as esp-hal writes it
    """Megahertz in hertz."""
    return round(value * 1_000_000)


class DmaPriority(IntEnum):
    """Larger wins. Engines that know no priorities have only the first."""

    Priority0 = 0
    Priority1 = 1
    Priority2 = 2
    Priority3 = 3
    Priority4 = 4
    Priority5 = 5
    Priority6 = 6
    Priority7 = 7
    Priority8 = 8
    Priority9 = 9


class Pin(Movable):
    """A pin, before a driver takes it."""

    def __init__(self, machine: BareMachine, number: int) -> None:
        super().__init__(machine, f"GPIO{number}")
        self.number = number

    def set_level(self, level: int) -> None:
        """Drive it: 0 or 1."""
        self._machine.gpio.drive(self.number, level)


class SpiPeripheral(Movable):
    """`peripherals.SPI2`."""

    def __init__(self, machine: BareMachine, controller: SpiController) -> None:
        super().__init__(machine, f"peripherals.{controller.title}")
        self.controller = controller
        self.machine = machine


class DmaPeripheral(Movable):
    """`peripherals.DMA`."""

    def __init__(self, machine: BareMachine) -> None:
        super().__init__(machine, "peripherals.DMA")
        self.machine = machine


class Channel(Movable):
    """A configured channel pair, for a driver to take."""

    def __init__(self, machine: BareMachine, pair: Pair, name: str, only_for: str, *, burst: bool) -> None:
        super().__init__(machine, f"DMA {name}")
        self.pair = pair
        self.only_for = only_for
        """The peripheral it is wired to; empty where any can have it."""
        self.burst = burst

    def into_async(self) -> Channel:
        """The async form of a channel; there is no difference here."""
        self.check_here()
        return self


class ChannelCreator(Movable):
    """A channel that is not configured yet: `dma.channel0`."""

    def __init__(self, machine: BareMachine, pair: Pair, name: str, only_for: str, priorities: int) -> None:
        super().__init__(machine, f"dma.{name}")
        self._pair = pair
        self._name = name
        self._only_for = only_for
        self._priorities = max(1, priorities)

    def configure(self, burst_mode: bool, priority: DmaPriority = DmaPriority.Priority0) -> Channel:
        """Configure and take it.

        Args:
            burst_mode: Bursts in internal RAM; reception then needs addresses and sizes in words.
            priority: As far as the engine knows priorities.
        Raises:
            MovedError: it was configured before.
            ValueError: a priority the engine has not (Rust has no name for it).
        """
        self.check_here()
        if priority >= self._priorities:
            raise ValueError(f"{priority!r} on {self._machine.chip.name}: priorities are 0 to {self._priorities - 1}")
        self.move_into("a configured channel")
        for channel in (self._pair.tx, self._pair.rx):
            channel.priority = int(priority)
        return Channel(self._machine, self._pair, self._name, self._only_for, burst=bool(burst_mode))

    def configure_for_async(self, burst_mode: bool, priority: DmaPriority = DmaPriority.Priority0) -> Channel:
        """Configure for awaiting; there is no difference here."""
        return self.configure(burst_mode, priority)


class Dma:
    """The DMA driver. Its fields are the channels: `channel0` and up, or `spi2channel` and `spi3channel`."""

    def __init__(self, machine: BareMachine) -> None:
        for creator_name, creator in _creators(machine).items():
            setattr(self, creator_name, creator)

    def __getattr__(self, name: str) -> ChannelCreator:
        fields = ", ".join(vars(self))
        raise AttributeError(f"this chip's Dma has no field {name}; fields: {fields}")

    @classmethod
    def new(cls, peripheral: DmaPeripheral) -> Dma:
        """Take the peripheral and hand out its channels.

        Raises:
            MovedError: it was taken before.
        """
        peripheral.move_into("a Dma driver")
        return cls(peripheral.machine)


def _creators(machine: BareMachine) -> dict[str, ChannelCreator]:
    assert machine.chip.spi is not None
    if machine.chip.spi.dma_channels:
        return {
            _OWN_DMA_NAMES[name]: ChannelCreator(machine, controller.engine.pairs[index], _OWN_DMA_NAMES[name], name, 1)
            for index, (name, controller) in enumerate(machine.spi.items())
        }
    engine = next(iter(machine.spi.values())).engine
    priorities = _TEN_LEVELS.get(machine.chip.name, engine.facts.priority_levels)
    return {
        f"channel{pair.number}": ChannelCreator(machine, pair, f"channel{pair.number}", "", priorities)
        for pair in engine.pairs
    }


def _spare_ids(machine: BareMachine) -> tuple[int, ...]:
    """Trigger ids that stand for no peripheral; ESP32-C3 and ESP32-S3 have none."""
    if machine.chip.name in ("esp32c3", "esp32s3"):
        return ()
    return tuple(number for engine in machine.engines.values() for number in engine.facts.m2m_free_ids)


class Peripherals:
    """Every token of the chip: `SPI2`, `DMA`, `GPIO4`, `MEM2MEM1` … Each can be moved once."""

    def __init__(self, machine: BareMachine) -> None:
        self._machine = machine
        self.GPIO = Movable(machine, "peripherals.GPIO")
        self.IO_MUX = Movable(machine, "peripherals.IO_MUX")
        self.DMA = DmaPeripheral(machine)
        if "cp_dma" in machine.engines:
            self.DMA_COPY = Channel(machine, machine.engines["cp_dma"].pairs[0], "COPY", "", burst=False)
        for number in _spare_ids(machine):
            setattr(self, f"MEM2MEM{number}", Movable(machine, f"peripherals.MEM2MEM{number}"))
        for name, controller in machine.spi.items():
            setattr(self, name, SpiPeripheral(machine, controller))
        for number in range(machine.gpio.pins):
            setattr(self, f"GPIO{number}", Pin(machine, number))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self._machine.chip.name} has no peripheral {name}")


class Io:
    """The pins in one place: `io.pins.gpio4`."""

    class Pins:
        """Fields `gpio0` and up."""

        def __init__(self, machine: BareMachine) -> None:
            for number in range(machine.gpio.pins):
                setattr(self, f"gpio{number}", Pin(machine, number))

        def __getattr__(self, name: str) -> Pin:
            raise AttributeError(f"no pin {name}")

    def __init__(self, machine: BareMachine) -> None:
        self.pins = Io.Pins(machine)

    @classmethod
    def new(cls, gpio: Movable, io_mux: Movable) -> Io:
        """Take both peripherals.

        Raises:
            MovedError: one was taken before.
        """
        gpio.check_here()
        io_mux.check_here()
        gpio.move_into("an Io driver")
        io_mux.move_into("an Io driver")
        return cls(gpio._machine)  # noqa: SLF001 - tokens of one machine


def init(machine: BareMachine) -> Peripherals:
    """`esp_hal::init`: the peripherals of a machine.

    Raises:
        ValueError: a machine esp-hal does not run on.
    """
    if machine.chip.spi is None:
        raise ValueError(f"esp-hal does not run on {machine.chip.name}")
    machine.speaks("esphal")
    return Peripherals(machine)
