"""What a driver hands out: an object in internal memory that is known by its address, and that somebody must delete."""

from __future__ import annotations

from dmalab.core.caps import Cap
from dmalab.core.machine import BareMachine
from dmalab.idf.errors import EspErr, IdfError


class DriverObject:
    """A handle."""

    def __init__(self, machine: BareMachine, size: int, kind: str) -> None:
        """Allocate.

        Args:
            machine: Where.
            size: Bytes the driver takes for it.
            kind: What it is, for reports.
        Raises:
            IdfError: NO_MEM.
        """
        block = machine.allocate_internal(size, Cap.INTERNAL | Cap.BIT8, purpose=kind)
        if block is None:
            raise IdfError(EspErr.NO_MEM, f"no memory for a {kind}")
        self.machine = machine
        self.kind = kind
        self.address = block.address
        """C firmware knows the object by it."""
        self.installed = machine.now()
        machine.drivers.append(self)

    @property
    def title(self) -> str:
        """How reports call it."""
        return self.kind

    def forget(self) -> None:
        """Give the memory back."""
        self.machine.drivers.remove(self)
        self.machine.heap.blocks_heap.free(self.address)
