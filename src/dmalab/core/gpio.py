"""Pins and the wires between them.

An output drives its pin; wires carry the level to other pins; whoever listens to a pin hears of every change, with its time. Levels are 0
or 1, a pin nobody drives keeps its last level. Serial controllers drive many levels at equal distances: a *train*. It is handed over
whole, and often only when somebody looks; plain listeners don't hear of it, who wants its edges listens to trains. Not modelled: open
drain, pull resistors, analogue behaviour.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dmalab.core.clock import Clock

Listener = Callable[[int, int], None]
"""Called with the pin and its new level."""


@dataclass(frozen=True, slots=True)
class Train:
    """Levels that follow each other at equal distances."""

    start_ps: int
    """Virtual time at which the first level is driven."""
    step_ps: int
    levels: npt.NDArray[np.uint8]
    """0 or 1 each; at least one."""


TrainListener = Callable[[int, Train], None]
"""Called with the pin and the train it carried."""


class Gpio:
    """The pins of one machine."""

    def __init__(self, clock: Clock, pins: int = 64) -> None:
        self.clock = clock
        self.pins = pins
        self._levels = [0] * pins
        self._wires: dict[int, list[int]] = {}
        self._listeners: dict[int, list[Listener]] = {}
        self._any: list[Listener] = []
        self._interrupts: list[Listener] = []
        self._sources: dict[int, int] = {}
        self._train_listeners: dict[int, list[TrainListener]] = {}
        self.catch_ups: list[Callable[[], None]] = []
        """Called before anybody looks at a pin or changes one: controllers drive what is due by now."""

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
        self.catch_up()
        self._wires.setdefault(source, []).append(sink)
        self._sources[sink] = source
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
        self.catch_up()
        self._set(pin, level)

    def train(self, pin: int, train: Train) -> None:
        """Drive a pin with a train; wired pins follow.

        Raises:
            ValueError: no such pin.
        """
        self._check(pin)
        for end in self._reached(pin):
            self._levels[end] = int(train.levels[-1])
            for listener in tuple(self._train_listeners.get(end, ())):
                listener(end, train)

    def heard(self, pin: int) -> bool:
        """Whether anybody listens to trains of this pin or of a pin wired to it."""
        return any(self._train_listeners.get(end) for end in self._reached(pin))

    def _reached(self, pin: int) -> list[int]:
        """The pin and everything that wires carry its level to, each once."""
        ends = [pin]
        for end in ends:
            ends += [sink for sink in self._wires.get(end, ()) if sink not in ends]
        return ends

    def source(self, pin: int) -> int:
        """The pin whose level wires bring here; the pin itself when none does."""
        seen = {pin}
        while (origin := self._sources.get(pin)) is not None and origin not in seen:
            pin = origin
            seen.add(pin)
        return pin

    def catch_up(self) -> None:
        """Have every controller drive what was due by now."""
        for catch_up in tuple(self.catch_ups):
            catch_up()

    def level(self, pin: int) -> int:
        """The level a pin has now.

        Raises:
            ValueError: no such pin.
        """
        self._check(pin)
        self.catch_up()
        return self._levels[pin]

    def peek(self, pin: int) -> int:
        """The level a pin has as far as anybody knows, without catching up; for controllers that are doing just that."""
        return self._levels[pin]

    def listen_trains(self, listener: TrainListener, pin: int) -> None:
        """Hear of every train that a pin carries.

        Raises:
            ValueError: no such pin.
        """
        self._check(pin)
        self._train_listeners.setdefault(pin, []).append(listener)

    def unlisten_trains(self, listener: TrainListener, pin: int) -> None:
        """Stop hearing of a pin's trains; not having listened is fine."""
        if listener in self._train_listeners.get(pin, ()):
            self._train_listeners[pin].remove(listener)

    def listen(self, listener: Listener, pin: int | None = None) -> None:
        """Hear of every change of one pin, or of all."""
        if pin is None:
            self._any.append(listener)
        else:
            self._check(pin)
            self._listeners.setdefault(pin, []).append(listener)

    def interrupt(self, listener: Listener) -> None:
        """Hear of every change of any pin, when all that hears of it in hardware has acted: software comes last."""
        self._interrupts.append(listener)

    def unlisten(self, listener: Listener, pin: int) -> None:
        """Stop hearing of a pin; not having listened is fine."""
        if listener in self._listeners.get(pin, ()):
            self._listeners[pin].remove(listener)

    def _set(self, pin: int, level: int) -> None:
        changed: list[int] = []
        self._carry(pin, level, changed)
        for end in changed:
            for listener in tuple(self._interrupts):
                listener(end, level)

    def _carry(self, pin: int, level: int, changed: list[int]) -> None:
        """Set a pin and all that wires lead to, as far as that is a change."""
        if self._levels[pin] == level:
            return
        self._levels[pin] = level
        changed.append(pin)
        for listener in (*self._any, *self._listeners.get(pin, ())):
            listener(pin, level)
        for sink in self._wires.get(pin, ()):
            self._carry(sink, level, changed)


class EdgeCounter:
    """Counts the rising edges of a pin, as a pulse counter does."""

    def __init__(self, gpio: Gpio, pin: int) -> None:
        """Raises ValueError: no such pin."""
        self._gpio = gpio
        self._last = gpio.level(pin)
        self._count = 0
        gpio.listen(self._on_level, pin)
        gpio.listen_trains(self._on_train, pin)

    def _on_level(self, _pin: int, level: int) -> None:
        self._count += level > self._last
        self._last = level

    def _on_train(self, _pin: int, train: Train) -> None:
        levels = np.concatenate((np.array([self._last], np.uint8), train.levels))
        self._count += int(np.count_nonzero(levels[1:] > levels[:-1]))
        self._last = int(levels[-1])

    @property
    def count(self) -> int:
        """Edges so far."""
        self._gpio.catch_up()
        return self._count
