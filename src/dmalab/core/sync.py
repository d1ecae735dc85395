"""Semaphores, mutexes, queues and notifications: what tasks and interrupts tell each other with.

Giving hands the token straight to the most urgent waiter, so that nobody can slip in between.
"""

from __future__ import annotations

from collections import deque

from dmalab.core.clock import PS_PER_US
from dmalab.core.tasks import Scheduler, Task, Waiters


def _ps(timeout_us: float | None) -> int | None:
    return None if timeout_us is None else round(timeout_us * PS_PER_US)


class Semaphore:
    """A counting semaphore; binary when `limit` is 1."""

    def __init__(self, scheduler: Scheduler, name: str, count: int = 0, limit: int = 1) -> None:
        """Args: `count` tokens at the start, from 0 to `limit`.

        Raises:
            ValueError: the count or the limit is out of range.
        """
        if not 0 <= count <= limit or limit < 1:
            raise ValueError(f"a semaphore with {count} of {limit} tokens")
        self._scheduler = scheduler
        self.count = count
        self.limit = limit
        self.waiters = Waiters(name)

    async def take(self, timeout_us: float | None = None, *, call: str = "Semaphore.take") -> bool:
        """Take a token; whether one came before time ran out.

        Args:
            timeout_us: Longest wait in microseconds; None for ever, 0 for a try.
            call: The caller's word for it, for reports. Where nothing may wait this is an event, and only a try.
        """
        if timeout_us == 0:
            return self.try_take()
        if not self._scheduler.may_wait(call):
            return self.try_take()
        if self.try_take():
            return True
        return bool(await self._scheduler.wait(self.waiters, _ps(timeout_us), call))

    def try_take(self) -> bool:
        """Take a token if there is one."""
        if self.count:
            self.count -= 1
            self.waiters.served = True
            return True
        return False

    def give(self) -> bool:
        """Give a token; False when the semaphore is full."""
        return self.hand_over() is not False

    def hand_over(self) -> Task | bool:
        """Give a token; the task that got it, True when it was kept, False when the semaphore is full."""
        woken = self._scheduler.wake(self.waiters)
        if woken is not None:
            return woken
        if self.count >= self.limit:
            return False
        self.count += 1
        return True

    def give_from_isr(self) -> bool:
        """Give a token from an interrupt; whether a more urgent task than the interrupted one was woken."""
        woken = self.hand_over()
        return isinstance(woken, Task) and self._scheduler.outranks_current(woken)


class Mutex:
    """A lock with an owner and priority inheritance; recursive when asked."""

    def __init__(self, scheduler: Scheduler, name: str, *, recursive: bool = False) -> None:
        self._scheduler = scheduler
        self.owner: Task | None = None
        self.depth = 0
        self.recursive = recursive
        self.waiters = Waiters(name)
        self.waiters.gave_up = self._take_back

    async def take(self, timeout_us: float | None = None, *, call: str = "Mutex.take") -> bool:
        """Take the lock; whether it came free before time ran out.

        In an interrupt or a critical section this is an event, and the lock is not taken.
        """
        if not self._scheduler.may_wait(call, blocking=timeout_us != 0):
            return False
        task = self._scheduler.current
        if self.owner is None or (self.recursive and self.owner is task):
            self.owner = task
            self.depth += 1
            return True
        if timeout_us == 0:
            return False
        if task is not None and self.owner.priority < task.priority:
            self._scheduler.set_priority(self.owner, task.priority)
        return bool(await self._scheduler.wait(self.waiters, _ps(timeout_us), call))

    def _take_back(self) -> None:
        """What a waiter that gave up had lent goes back at that moment, unless others who still wait lend as much."""
        if self.owner is not None:
            first = self.waiters.first()
            lent = first.priority if first is not None else 0
            self._scheduler.set_priority(self.owner, max(self.owner.base_priority, lent))

    def give(self) -> bool:
        """Release the lock; False when the caller does not own it."""
        if self.owner is None or self.owner is not self._scheduler.current:
            return False
        self.depth -= 1
        if self.depth:
            return True
        self._scheduler.set_priority(self.owner, self.owner.base_priority)
        self.owner = self._scheduler.wake(self.waiters)
        self.depth = 1 if self.owner else 0
        return True


class Queue:
    """A bounded queue of items."""

    def __init__(self, scheduler: Scheduler, name: str, length: int) -> None:
        """Raises ValueError: the length is below 1."""
        if length < 1:
            raise ValueError(f"a queue of {length} items")
        self._scheduler = scheduler
        self.length = length
        self.items: deque[object] = deque()
        self.readers = Waiters(f"{name} (empty)")
        self.writers = Waiters(f"{name} (full)")

    def try_send(self, item: object, *, front: bool = False) -> Task | bool:
        """Put an item in: the reader that was woken, True when it was stored, False when the queue is full."""
        if len(self.items) >= self.length:
            return False
        if front:
            self.items.appendleft(item)
        else:
            self.items.append(item)
        return self._scheduler.wake(self.readers) or True

    async def send(
        self, item: object, timeout_us: float | None = None, *, front: bool = False, call: str = "Queue.send"
    ) -> bool:
        """Put an item in, waiting for room; whether there was room before time ran out."""
        return await self._until(lambda: bool(self.try_send(item, front=front)), self.writers, timeout_us, call)

    def try_receive(self) -> tuple[bool, object]:
        """Take the first item: (True, item), or (False, None) when the queue is empty."""
        if not self.items:
            return False, None
        item = self.items.popleft()
        self.readers.served = True
        self._scheduler.wake(self.writers)
        return True, item

    async def receive(self, timeout_us: float | None = None, *, call: str = "Queue.receive") -> tuple[bool, object]:
        """Take the first item, waiting for one; (False, None) when time ran out."""
        got: tuple[bool, object] = (False, None)

        def attempt() -> bool:
            nonlocal got
            got = self.try_receive()
            return got[0]

        await self._until(attempt, self.readers, timeout_us, call)
        return got

    async def _until(self, attempt: object, waiters: Waiters, timeout_us: float | None, call: str) -> bool:
        assert callable(attempt)
        scheduler = self._scheduler
        if timeout_us != 0 and not scheduler.may_wait(call):
            return bool(attempt())
        timeout_ps = _ps(timeout_us)
        deadline = None if timeout_ps is None else scheduler.clock.now_ps + timeout_ps
        while not attempt():
            left = None if deadline is None else deadline - scheduler.clock.now_ps
            if left is not None and left <= 0:
                return False
            if not await scheduler.wait(waiters, left, call):
                return bool(attempt())
        return True
