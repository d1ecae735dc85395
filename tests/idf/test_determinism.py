"""The same script, chip and seed give the same bytes, whatever else runs in the process."""

from __future__ import annotations

import pytest

from dmalab import Machine
from dmalab.core.cache import POLICIES, Policy
from dmalab.idf import (
    ESP_CACHE_MSYNC_FLAG_DIR_C2M,
    MALLOC_CAP_DMA,
    MALLOC_CAP_INTERNAL,
    MALLOC_CAP_SPIRAM,
    AsyncMemcpy,
    esp_cache_msync,
)
from dmalab.report.json import to_json

from .boards import P4, S3, Main, copy


async def busy(machine: Machine) -> None:
    """Three tasks, a lot of copies, and mistakes of several kinds."""
    src, dst = machine.heap.alloc(6000, MALLOC_CAP_SPIRAM), machine.heap.alloc(6000, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA)
    src.write(bytes(at & 0xFF for at in range(6000)))
    lock, finished = machine.mutex(), machine.semaphore(limit=3)

    async def worker(number: int) -> None:
        for turn in range(4):
            await lock.take()
            dst.read(0, 64)
            await copy(machine, mcp, dst, src, 960 * (turn + 1))
            dst.read(64 * number, 64)  # stale at times
            lock.give()
            await machine.cpu.spend(us=3 * number)
        finished.give()

    mcp = AsyncMemcpy.install(machine, engine="axi_gdma" if machine.chip.name == P4 else None)
    for number in range(3):
        machine.task(worker(number), name=f"worker {number}", priority=1 + number % 2)
    for _ in range(3):
        await finished.take()
    mcp.memcpy(dst, src, 960)
    src.write(b"in flight", 100)
    await machine.sleep_us(500)
    src.write(b"x", 31)
    esp_cache_msync(machine, src.address - src.address % 64, 128, ESP_CACHE_MSYNC_FLAG_DIR_C2M)
    mcp.uninstall()


def json_of(machine: Machine, main: Main = busy) -> str:
    return to_json([machine.run(main)])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("chip", "seed"), [(S3, 0), (S3, 5), (P4, 5)])
def test_twice_the_same(chip: str, seed: int, policy: Policy) -> None:
    first, second = (json_of(Machine(chip, policy=policy, seed=seed)) for _ in range(2))
    assert first == second
    assert '"findings": []' not in first


def test_seeds_make_a_difference() -> None:
    assert (
        len({json_of(Machine(S3, policy="random", seed=seed)).partition('"duration_ns"')[2] for seed in range(4)}) > 1
    )


def test_two_machines_in_one_process_do_not_know_each_other() -> None:
    alone = {chip: json_of(Machine(chip, policy="random", seed=3)) for chip in (S3, P4)}
    inner: list[str] = []

    async def nested(machine: Machine) -> None:
        first = json_of(Machine(P4, policy="random", seed=3))
        await busy(machine)
        inner.extend([first, json_of(Machine(S3, policy="random", seed=3))])

    assert json_of(Machine(S3, policy="random", seed=3), nested) == alone[S3]
    assert inner == [alone[P4], alone[S3]]


def test_two_machines_that_run_in_turns() -> None:
    """Both are driven step by step, event by event."""
    alone = {chip: json_of(Machine(chip)) for chip in (S3, P4)}
    machines = {chip: Machine(chip) for chip in (S3, P4)}
    tasks = {chip: machine.scheduler.spawn(busy(machine), "main") for chip, machine in machines.items()}
    limit = 0
    while any(machine.scheduler.tasks for machine in machines.values()):
        limit += 10_000_000
        for machine in machines.values():
            machine.scheduler.run(lambda machine=machine: not machine.scheduler.tasks, limit)  # type: ignore[misc]
    for chip, machine in machines.items():
        machine.run_tasks(tasks[chip], 1.0)
        together = machine.report()
        assert to_json([together]) == alone[chip]


async def right(machine: Machine) -> None:
    """Keeps every rule: whole lines, nothing touched in flight."""
    size = 2048
    src, dst = (machine.heap.alloc(size, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA) for _ in range(2))
    back = machine.heap.alloc(size, MALLOC_CAP_INTERNAL | MALLOC_CAP_DMA)
    with AsyncMemcpy.install(machine, engine="axi_gdma" if machine.chip.name == P4 else None) as mcp:
        for turn in range(5):
            content = bytes((turn + at) & 0xFF for at in range(size))
            src.write(content)
            await copy(machine, mcp, dst, src, size)
            await copy(machine, mcp, back, dst, size)
            assert dst.read() == back.read() == content
            await machine.sleep_us(5)


@pytest.mark.parametrize("chip", [S3, P4])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_right_program_is_right_under_every_policy(chip: str, policy: Policy) -> None:
    for seed in range(3):
        report = Machine(chip, policy=policy, seed=seed).run(right)
        assert [one.message for one in report.findings if one.severity.value != "info"] == []
