"""The instructions that look at one load or store, for x86: what the callbacks in dl_access.c do, where the access is.

    subl  $4, dl_hot              pay for all accesses of this stretch of straight code
    js    .Ldl_0_out              the budget is spent
    testl $3, %eax                misaligned: it may cross a line
    jne   .Ldl_0_out
    shrl  $6, %eax
    testb $53, LINE_TABLE(%eax)   the line's state
    jne   .Ldl_0_again
.Ldl_0:

A store in cached memory also marks its bytes and notes its place, which is `.Ldl_0`: an address of the line of source that stores.
What is not quiet goes on behind the function, puts the address where the runtime expects it, pushes `.Ldl_0` and jumps there. So the
runtime returns into the function, and sees the place and the frame that a callback would see.

A call needs neither the flags nor eax, ecx and edx (rax, rcx, rsi and rdi) kept, so they are free where one was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dmalab.core.planes import PLACE_SHIFT
from dmalab.core.region import CPU_NEWER, LOAD_ATTENTION, STORE_ATTENTION
from dmalab.guest.fixed_planes import FixedPlanes

_LEA = re.compile(r"\tlea[lq]\t(.+), %\w+$")
_MOVE = re.compile(r"\tmov[lq]\t(?:(%\w+)|\$([^,]+)), %\w+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the address of an access is."""

    register: str
    """`eax` or another of the 32-bit ones, `rdi` in 64-bit code."""
    before: tuple[str, ...] = ()
    """Instructions that put it there."""
    again: str = ""
    """An instruction that puts it there once more, as long as nothing else changes; empty if there is none."""

    @property
    def operand(self) -> str:
        """The address as an operand of `lea`, in terms of what it was computed from; empty if it can't be had."""
        lea, move = _LEA.match(self.again), _MOVE.match(self.again)
        if move is not None and move[2]:
            return move[2]
        if self.again.endswith("%edi"):  # computed in 32 bits, which `leaq` would not do
            return ""
        if lea is not None:
            return "" if "%rip" in lea[1] or "@" in lea[1] else lea[1]
        return f"({move[1]})" if move is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FastPath:
    """What the looks of one chip and one guest width are like."""

    planes: FixedPlanes
    access_cycles: int
    """What one access costs."""
    word_bytes: int
    """4 or 8."""
    statics: int
    """Where most stores are expected: the address of the firmware's .data."""

    @property
    def _suffix(self) -> str:
        return "l" if self.word_bytes == 4 else "q"

    def look(
        self, address: Address, size: int, label: str, *, is_store: bool, pays_for: int
    ) -> tuple[list[str], list[str]]:
        """The look at one access.

        Args:
            address: Where its address is.
            size: Its bytes; 1, 2, 4, 8 or 16.
            label: Name of the place behind the look; `label_` and more is free for others.
            is_store: Store or load.
            pays_for: Accesses to charge.
        Returns:
            What stands in the place of the call, and what stands behind the function.
        """
        out = f"{label}_out"
        charge = [f"\tsubl\t${pays_for * self.access_cycles}, dl_hot", f"\tjs\t{out}"] if pays_for else []
        alignment = [f"\ttestl\t${size - 1}, %{_low(address.register)}", f"\tjne\t{out}"] if size > 1 else []
        keep = not (address.operand if is_store and self._marks_in_line else address.again)
        test = self._test(address, label, is_store=is_store, keep=keep)
        more: list[str] = []
        if is_store and self._marks_in_line:
            test += self._mark(f"(%{address.register})" if keep else address.operand, size, label)
        elif is_store and self.planes.marked_high:
            test, more = self._marks_behind(address, size, label, test)
        way_out = self._way_out(address, size, label, is_store=is_store, keep=keep)
        return [*address.before, *charge, *alignment, *test, f"{label}:"], [*way_out, *more]

    def _test(self, address: Address, label: str, *, is_store: bool, keep: bool) -> list[str]:
        """Look at the line's state; leave the address in its register, or all other registers as they are."""
        low = _low(address.register)
        index = ("edx" if low == "ecx" else "ecx") if keep else low
        return [
            *([f"\tmovl\t%{low}, %{index}"] if keep else ()),
            f"\tshrl\t${self.planes.line_shift}, %{index}",
            f"\ttestb\t${STORE_ATTENTION if is_store else LOAD_ATTENTION}, {self.planes.line_table}(%{self._full(index)})",
            f"\tjne\t{label}_{'out' if keep else 'again'}",
        ]

    def _way_out(self, address: Address, size: int, label: str, *, is_store: bool, keep: bool) -> list[str]:
        """Go to the runtime, with the address where it expects that."""
        argument, size_argument = ("eax", "edx") if self.word_bytes == 4 else ("rdi", "esi")
        return [
            *(() if keep else (f"{label}_again:", address.again)),
            f"{label}_out:",
            *((f"\tmovl\t%{address.register}, %{argument}",) if address.register != argument else ()),
            f"\tmovl\t${size}, %{size_argument}",
            f"\tpush{self._suffix}\t${label}",
            f"\tjmp\tdl_look_{'store' if is_store else 'load'}",
        ]

    # --- the marks of stores ------------------------------------------------------------------------------------------

    @property
    def _marks_in_line(self) -> bool:
        """Whether most stores leave marks."""
        return self.planes.marked_low <= self.statics < self.planes.marked_high

    def _marks_behind(self, address: Address, size: int, label: str, test: list[str]) -> tuple[list[str], list[str]]:
        """Most stores leave no marks: the others are looked at behind the function."""
        planes, register = self.planes, address.register
        limit, jump = (planes.marked_high, "jb") if self.statics >= planes.marked_high else (planes.marked_low, "jae")
        return [f"\tcmp{self._suffix}\t${limit}, %{register}", f"\t{jump}\t{label}_mark", *test], [
            f"{label}_mark:",
            *self._test(address, label, is_store=True, keep=True),
            *self._mark(f"(%{register})", size, label),
            f"\tjmp\t{label}",
        ]

    def _mark(self, operand: str, size: int, label: str) -> list[str]:
        """Mark the bytes and note the place, if the address lies in marked memory at all."""
        planes = self.planes
        offset = self._full("ecx")
        joint = "" if operand[0] in "(-" else "+"
        return [
            f"\tlea{self._suffix}\t{-planes.marked_low}{joint}{operand}, %{offset}",
            f"\tcmp{self._suffix}\t${planes.marked_high - planes.marked_low}, %{offset}",
            f"\tjae\t{label}",
            *_write_marks(planes.shadow, offset, size),
            f"\tshrl\t${PLACE_SHIFT}, %ecx",
            f"\tmovl\t${label}, {planes.places}(,%{offset},4)",
        ]

    def _full(self, register: str) -> str:
        return register if self.word_bytes == 4 else f"r{register[1:]}"


def _low(register: str) -> str:
    return f"e{register[1:]}"


def _write_marks(shadow: int, offset: str, size: int) -> list[str]:
    if size == 1:
        return [f"\tmovb\t${CPU_NEWER}, {shadow}(%{offset})"]
    if size == 2:
        return [f"\tmovw\t${CPU_NEWER * 0x0101}, {shadow}(%{offset})"]
    return [f"\tmovl\t${CPU_NEWER * 0x01010101}, {shadow + at}(%{offset})" for at in range(0, size, 4)]
