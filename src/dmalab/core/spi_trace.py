"""A logic analyser: records the levels of pins and writes them as a value change dump that any waveform viewer opens.

It hears single changes and whole trains; equal levels in a row are one change. Times are picoseconds, as the machine has them.
Source: IEEE 1364-2005, section 18 (the file format, written by pyvcd).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from vcd import VCDWriter

from dmalab.core.clock import Clock
from dmalab.core.gpio import Gpio, Train


class LogicAnalyser:
    """Watches some pins from the moment it is made."""

    def __init__(self, gpio: Gpio, clock: Clock, pins: Mapping[str, int]) -> None:
        """Args: `pins` names channels, such as `{"sck": 0, "mosi": 4}`.

        Raises:
            ValueError: no such pin, or two channels on one pin.
        """
        if len(set(pins.values())) != len(pins):
            raise ValueError("two channels on one pin")
        self._gpio = gpio
        self._clock = clock
        self._names = {pin: name for name, pin in pins.items()}
        self._changes: dict[int, list[tuple[int, int]]] = {
            pin: [(clock.now_ps, gpio.level(pin))] for pin in self._names
        }
        for pin in self._names:
            gpio.listen(self._on_level, pin)
            gpio.listen_trains(self._on_train, pin)

    def _on_level(self, pin: int, level: int) -> None:
        self._add(pin, self._clock.now_ps, level)

    def _on_train(self, pin: int, train: Train) -> None:
        last = self._changes[pin][-1][1]
        levels = np.concatenate((np.array([last], np.uint8), train.levels))
        for at in np.flatnonzero(levels[1:] != levels[:-1]).tolist():
            self._add(pin, train.start_ps + at * train.step_ps, int(train.levels[at]))

    def _add(self, pin: int, time_ps: int, level: int) -> None:
        """Note a change; of several at one moment only the last counts."""
        changes = self._changes[pin]
        if len(changes) > 1 and changes[-1][0] >= time_ps:
            changes.pop()
        if level != changes[-1][1]:
            changes.append((max(time_ps, changes[-1][0]), level))

    def changes(self, name: str) -> list[tuple[int, int]]:
        """Times in picoseconds and levels of one channel, the first being where it began.

        Raises:
            KeyError: no such channel.
        """
        self._gpio.catch_up()
        pin = next((pin for pin, one in self._names.items() if one == name), None)
        if pin is None:
            raise KeyError(name)
        return list(self._changes[pin])

    def to_vcd(self) -> str:
        """The dump as text."""
        self._gpio.catch_up()
        file = io.StringIO()
        with VCDWriter(file, timescale="1 ps", date="", version="dmalab", check_values=False) as writer:
            variables = {
                pin: writer.register_var("pins", name, "wire", size=1, init=self._changes[pin][0][1])
                for pin, name in self._names.items()
            }
            merged = sorted((time, pin, level) for pin, changes in self._changes.items() for time, level in changes[1:])
            for time, pin, level in merged:
                writer.change(variables[pin], time, level)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the dump to a file.

        Raises:
            OSError: it can't be written.
        """
        Path(path).write_text(self.to_vcd(), encoding="ascii")
