"""GPIO, `driver/gpio.h`: levels, directions and edge interrupts.

Not modelled: pulls, drive strength, hold, sleep; a pin nobody drives keeps its last level.
Source: ESP-IDF components/driver/gpio/gpio.c (v4.4 to v5.2), components/esp_driver_gpio/src/gpio.c (v5.3 and later).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from dmalab.core.machine import BareMachine
from dmalab.idf.errors import EspErr, IdfError

PIN_COUNTS = {
    "esp32": 40,
    "esp32s2": 47,
    "esp32s3": 49,
    "esp32c2": 21,
    "esp32c3": 22,
    "esp32c5": 29,
    "esp32c6": 31,
    "esp32c61": 30,
    "esp32h2": 28,
    "esp32h4": 40,
    "esp32p4": 55,
    "esp32s31": 62,
}
"""Pins by chip (SOC_GPIO_PIN_COUNT @102122904ad); that of esp32s31 is assumed."""


class Mode(IntFlag):
    """`gpio_mode_t`, as far as it is modelled."""

    DISABLE = 0
    INPUT = 1
    OUTPUT = 2
    OPEN_DRAIN = 4


class Edge(IntEnum):
    """`gpio_int_type_t`."""

    DISABLE = 0
    POSEDGE = 1
    NEGEDGE = 2
    ANYEDGE = 3
    LOW_LEVEL = 4
    HIGH_LEVEL = 5


@dataclass(slots=True)
class Pin:
    """What the driver knows of a pin."""

    mode: int = Mode.DISABLE
    interrupt: int = Edge.DISABLE
    interrupt_enabled: bool = False
    output: int = 0
    """Level of the output register."""
    handler: Callable[[], None] | None = None


class GpioDriver:
    """The pins of one machine as firmware sees them."""

    def __init__(self, machine: BareMachine) -> None:
        self._machine = machine
        self.count = PIN_COUNTS.get(machine.chip.name, machine.gpio.pins)
        self._pins: dict[int, Pin] = {}
        self.service = False
        """Whether the interrupt service is installed."""
        machine.gpio.interrupt(self._changed)

    @classmethod
    def of(cls, machine: BareMachine) -> GpioDriver:
        """The driver of a machine."""
        driver = machine.layers.get("idf gpio")
        if not isinstance(driver, cls):
            driver = machine.layers["idf gpio"] = cls(machine)
        return driver

    def pin(self, number: int) -> Pin:
        """What is known of a pin.

        Raises:
            IdfError: INVALID_ARG, no such pin.
        """
        if not 0 <= number < self.count:
            raise IdfError(EspErr.INVALID_ARG, f"GPIO {number}: there are 0 to {self.count - 1}")
        return self._pins.setdefault(number, Pin())

    def configure(self, mask: int, mode: int, interrupt: int) -> None:
        """`gpio_config`.

        Raises:
            IdfError: INVALID_ARG for no pin, or pins the chip lacks.
        """
        if not mask or mask >> self.count:
            raise IdfError(EspErr.INVALID_ARG, f"pins {mask:#x}")
        for number in range(self.count):
            if mask >> number & 1:
                self.set_direction(number, mode)
                self.set_interrupt(number, interrupt)
                self.pin(number).interrupt_enabled = interrupt != Edge.DISABLE

    def reset(self, number: int) -> None:
        """`gpio_reset_pin`: an input again, with no interrupt."""
        self.pin(number)
        self._pins[number] = Pin()

    def set_direction(self, number: int, mode: int) -> None:
        """Set the mode; an output that is switched on drives its register's level."""
        pin = self.pin(number)
        pin.mode = mode
        if mode & Mode.OUTPUT:
            self._machine.gpio.drive(number, pin.output)

    def set_level(self, number: int, level: int) -> None:
        """Set the output register; the pin follows where the output is on."""
        pin = self.pin(number)
        pin.output = int(bool(level))
        if pin.mode & Mode.OUTPUT:
            self._machine.gpio.drive(number, pin.output)

    def toggle(self, number: int) -> None:
        """What the matrix's toggle task does."""
        self.set_level(number, not self.pin(number).output)

    def get_level(self, number: int) -> int:
        """The level; 0 where the input is off."""
        if not 0 <= number < self.count:
            return 0
        return self._machine.gpio.level(number) if self.pin(number).mode & Mode.INPUT else 0

    # -- interrupts --------------------------------------------------------------------------------------------------

    def set_interrupt(self, number: int, edge: int) -> None:
        """`gpio_set_intr_type`.

        Raises:
            IdfError: INVALID_ARG; NOT_SUPPORTED for levels, which are not modelled.
        """
        if not 0 <= edge <= Edge.HIGH_LEVEL:
            raise IdfError(EspErr.INVALID_ARG, f"interrupt type {edge}")
        if edge > Edge.ANYEDGE:
            raise IdfError(EspErr.NOT_SUPPORTED, "interrupts by level are not modelled")
        self.pin(number).interrupt = edge

    def install_service(self) -> None:
        """`gpio_install_isr_service`.

        Raises:
            IdfError: INVALID_STATE when it is installed.
        """
        if self.service:
            raise IdfError(EspErr.INVALID_STATE, "the interrupt service is installed already")
        self.service = True

    def uninstall_service(self) -> None:
        """Remove the service and all handlers."""
        self.service = False
        for pin in self._pins.values():
            pin.handler = None

    def add_handler(self, number: int, handler: Callable[[], None] | None) -> None:
        """Add a handler and switch the pin's interrupt on; None removes.

        Raises:
            IdfError: INVALID_STATE without the service, INVALID_ARG.
        """
        if not self.service:
            raise IdfError(EspErr.INVALID_STATE, "the interrupt service is not installed")
        pin = self.pin(number)
        pin.handler = handler
        pin.interrupt_enabled = handler is not None

    def enable_interrupt(self, number: int, *, on: bool) -> None:
        """`gpio_intr_enable` and `gpio_intr_disable`."""
        self.pin(number).interrupt_enabled = on

    def _changed(self, number: int, level: int) -> None:
        pin = self._pins.get(number)
        if pin is None or pin.handler is None or not pin.interrupt_enabled:
            return
        wanted = {Edge.POSEDGE: (1,), Edge.NEGEDGE: (0,), Edge.ANYEDGE: (0, 1)}.get(Edge(pin.interrupt), ())
        if level in wanted:
            self._machine.scheduler.interrupts.request(pin.handler)
