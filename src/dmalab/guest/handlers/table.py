"""How handlers are found: each is named after the C function it serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Handlers(dict[str, Callable[..., Any]]):
    """Handlers by the name of their call; they take the firmware and the call's arguments.

    The answer is an int (None counts as 0), or a coroutine that gives one where the call may wait.
    """

    def add(self, handler: F) -> F:
        """Register a function under its own name.

        Raises:
            ValueError: there is one already.
        """
        return self.named(handler.__name__)(handler)

    def named(self, *names: str) -> Callable[[F], F]:
        """Register a function under other names."""

        def register(handler: F) -> F:
            for name in names:
                if name in self:
                    raise ValueError(f"two handlers for {name}")
                self[name] = handler
            return handler

        return register
