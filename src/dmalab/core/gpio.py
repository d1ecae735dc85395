"""Pins and the wires between them.

An output drives its pin; wires carry the level to other pins; whoever listens to a pin hears of every change, with its time. Levels are 0 or 1, a
pin nobody drives keeps its last level. Not modelled: open drain, pull resistors, analogue behaviour.
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.clock import Clock

Listener = Callable[[int, int], None]
"""Called with the pin and its new level."""


class Gpio:
    """The pins of one machine."""

    def __init__(self, clock: Clock, pins: int = 64) -> None:
        self.clock = clock
        self.pins = pins
        self._levels = [0] * pins
        self._wires: dict[int, list[int]] = {}
        self._listeners: dict[int, list[Listener]] = {}
        self._any: list[Listener] = []

    def _check(self, pin: int) -> None:
        if not 0 <= pin < self.pins:
            raise ValueError(f"GPIO {pin}: there are 0 to {self.pins - 1}")

    def connect(self, source: int, sink: int) -> None:
        """Join two pins with a wire: what `source` drives, `sink` sees.

        Raises:
            ValueError: no such pin, or a pin joined to itself.
        """
        self._check(source)
        self._check(sink)
        if source == sink:
            raise ValueError(f"GPIO {source} can't be joined to itself")
        self._wires.setdefault(source, []).append(sink)
        self._set(sink, self._levels[source])

    def connected(self, source: int, sink: int) -> bool:
        """Whether a wire leads from `source` to `sink`."""
        return sink in self._wires.get(source, ())

    def drive(self, pin: int, level: int) -> None:
        """Set a pin; wired pins follow.

        Raises:
            ValueError: no such pin, or a level other than 0 and 1.
        """
        self._check(pin)
        if level not in (0, 1):
            raise ValueError(f"GPIO {pin}: level {level}")
        self._set(pin, level)

    def level(self, pin: int) -> int:
        """The level a pin has now.

        Raises:
            ValueError: no such pin.
        """
        self._check(pin)
        return self._levels[pin]

    def listen(self, listener: Listener, pin: int | None = None) -> None:
        """Hear of every change of one pin, or of all."""
        if pin is None:
            self._any.append(listener)
        else:
            self._check(pin)
            self._listeners.setdefault(pin, []).append(listener)

    def unlisten(self, listener: Listener, pin: int) -> None:
        """Stop hearing of a pin; not having listened is fine."""
        if listener in self._listeners.get(pin, ()):
            self._listeners[pin].remove(listener)

    def _set(self, pin: int, level: int) -> None:
        if self._levels[pin] == level:
            return
        self._levels[pin] = level
        for listener in (*self._any, *self._listeners.get(pin, ())):
            listener(pin, level)
        for sink in self._wires.get(pin, ()):
            self._set(sink, level)
