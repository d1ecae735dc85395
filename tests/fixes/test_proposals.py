"""What is proposed for a finding and a text, without running anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from dmalab.fixes.anchors import Anchors
from dmalab.fixes.edit import apply
from dmalab.fixes.idf import IdfDialect
from dmalab.fixes.propose import proposals
from dmalab.fixes.source import Source
from dmalab.report.finding import Certainty, Finding, LineBytes, Severity, Where

FILE = Path("copy.c").resolve()
HEAD = '#include "esp_cache.h"\nstatic bool on_done(mcp_t mcp, event_t *event, void *arg)\n{\n    %s\n    return false;\n}\n'
GIVES = HEAD % "xSemaphoreGiveFromISR(arg, NULL);"
GIVES_NOTHING = HEAD % "count++;"
COPY = "esp_async_memcpy(mcp, to, from, SIZE, on_done, done);"


def body(*lines: str, head: str = GIVES) -> str:
    return head + "void app_main(void)\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def proposed(
    text: str, rule: str, message: str = "", fix: str = "", *, idf: str = "v5.5", **roles: tuple[str, int]
) -> list[tuple[str, list[str]]]:
    """Summary, and the lines that are new in the text; a role is what its line holds, and a time."""
    lines = text.splitlines()
    where = tuple(
        Where(
            role=role,
            file=str(FILE),
            line=next(number for number, each in enumerate(lines, 1) if part in each),
            function="app_main",
            task="main",
            time_ns=time,
        )
        for role, (part, time) in roles.items()
    )
    finding = Finding(
        rule=rule,
        severity=Severity.ERROR,
        certainty=Certainty.CERTAIN,
        message=message,
        fix=fix,
        where=where,
        line=LineBytes(address=0, size=64, cpu=b"", memory=b""),
    )
    found = []
    for proposal in proposals(Anchors(finding, Source(text), FILE, IdfDialect(idf))):
        new = apply(text, proposal.edits).splitlines()
        found.append((proposal.summary, [line.strip() for line in new if line not in lines]))
    return found


TAKE = "xSemaphoreTake(done, portMAX_DELAY);"


@pytest.mark.parametrize(
    ("lines", "head", "count"),
    [
        pytest.param((COPY, "buffer[0] = 1;", TAKE), GIVES, 2, id="one-wait"),
        pytest.param((COPY, "buffer[0] = 1;"), GIVES, 1, id="no-wait"),
        pytest.param((COPY, "buffer[0] = 1;", TAKE, TAKE), GIVES, 0, id="two-waits"),
        pytest.param((COPY, COPY, "buffer[0] = 1;", TAKE), GIVES, 0, id="two-copies"),
        pytest.param((COPY, "buffer[0] = 1;", TAKE), GIVES_NOTHING, 0, id="no-semaphore"),
        pytest.param((COPY, "buffer[0] = 1;", "xSemaphoreTake(done, 10);"), GIVES, 0, id="may-give-up"),
        pytest.param((TAKE, COPY, "buffer[0] = 1;"), GIVES, 0, id="wait-in-front"),
        pytest.param((COPY, "for (;;)", "    buffer[0] = 1;", TAKE), GIVES, 1, id="in-a-loop"),
        pytest.param(
            (COPY, "while (x) {", "    buffer[0] = 1;", "}", "if (y) {", f"    {TAKE}", "}"), GIVES, 0, id="other-block"
        ),
    ],
)
def test_a_wait_moves_only_where_it_can_be_counted(lines: tuple[str, ...], head: str, count: int) -> None:
    text = body(*lines, head=head)
    found = proposed(text, "touched-in-flight", started=("esp_async_memcpy(", 1), stored=("buffer[0]", 2))
    assert sum(summary.startswith("wait") for summary, _ in found) == count


@pytest.mark.parametrize(
    ("lines", "summaries"),
    [
        pytest.param((COPY, "buffer[0] = 1;", TAKE, TAKE), ["behind the wait", "before it is handed over"], id="both"),
        pytest.param((COPY, "count++;", "buffer[0] = 1;", "done_with();"), [], id="neither"),
        pytest.param((COPY, "return buffer[0];", TAKE, TAKE), [], id="jump"),
        pytest.param((COPY, "if (x)", "    buffer[0] = 1;", TAKE, TAKE), [], id="condition"),
    ],
)
def test_an_access_changes_places_with_its_neighbour_only(lines: tuple[str, ...], summaries: list[str]) -> None:
    started, touched = ("esp_async_memcpy(", 1), ("buffer[0]", 2)
    found = proposed(body(*lines), "touched-in-flight", started=started, stored=touched)
    assert [summary for summary, _ in found if summary.startswith("touch")] == [
        f"touch the buffer {each}, not {'in front of it' if 'behind' in each else 'after'}" for each in summaries
    ]


@pytest.mark.parametrize(
    ("first", "second", "inside", "joined"),
    [
        ("for (int i = 0; i < 3; i++)", "for (int i = 0; i < 3; i++)", (TAKE,), True),
        ("for (int i = 0; i < 3; i++)", "for (int i = 0; i < 2; i++)", (TAKE,), False),
        ("for (int i = 0; i < 3; i++)", "for (int i = 0; i < 3; i++)", (TAKE, "count++;"), False),
        ("while (more())", "while (more())", (TAKE,), False),
    ],
)
def test_loops_join_when_they_run_equally_often(first: str, second: str, inside: tuple[str, ...], joined: bool) -> None:
    text = body(f"{first} {{", "    buffer[0] = 1;", f"    {COPY}", "}", f"{second} {{", *inside, "}", "end();")
    nested = text.replace(f"    {first} {{", f"    while (again) {{\n    {first} {{").replace(
        f"    {second} {{\n    {TAKE}", f"    }}\n    {second} {{\n    {TAKE}"
    )
    for code, expected in ((text, joined), (nested, False)):
        found = proposed(code, "touched-in-flight", started=("esp_async_memcpy(", 1), stored=("buffer[0]", 2))
        assert ("wait for each transfer in the loop that starts it" in [summary for summary, _ in found]) is expected


def test_a_semaphore_of_the_file_is_seen_a_local_one_is_not() -> None:
    text = body(COPY, "buffer[0] = 1;", head=HEAD % "xSemaphoreGiveFromISR(ready, NULL);")
    found, *_ = proposed(text, "touched-in-flight", started=("esp_async_memcpy(", 1), stored=("buffer[0]", 2))
    assert found == ("wait for the transfer right after its start", ["xSemaphoreTake(ready, portMAX_DELAY);"])
    text = body(COPY, "buffer[0] = 1;", head=HEAD % "handle_t ready = arg; xSemaphoreGiveFromISR(ready, NULL);")
    swapped = proposed(text, "touched-in-flight", started=("esp_async_memcpy(", 1), stored=("buffer[0]", 2))
    assert [summary for summary, _ in swapped] == ["touch the buffer before it is handed over, not after"]


@pytest.mark.parametrize(
    ("late", "first"), [(3, "wait for the transfer"), (0, "write the source back before the start")]
)
def test_a_store_after_the_start_is_waited_for_one_before_it_is_written_back(late: int, first: str) -> None:
    text = body(COPY, "from[0] = 1;", TAKE)
    found = proposed(text, "stale-dma-read", stored=("from[0]", late), started=("esp_async_memcpy(", 1))
    assert found[0][0].startswith(first)
    assert any("write the source back" in summary for summary, _ in found) is (late == 0)


def test_a_block_is_freed_after_the_copy() -> None:
    text = body(COPY, "free(to);")
    found = proposed(text, "freed-in-flight", started=("esp_async_memcpy(", 1), freed=("free(to)", 2))
    assert found[0] == ("wait for the transfer before the block is freed", [TAKE])


SYNC = "esp_cache_msync(from, SIZE, %s);"


@pytest.mark.parametrize(
    ("idf", "flags"),
    [
        ("v5.1", "ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED"),
        ("v5.2", "ESP_CACHE_MSYNC_FLAG_DIR_M2C"),
        ("v5.0", ""),
    ],
)
def test_an_invalidate_has_the_flags_of_its_release(idf: str, flags: str) -> None:
    """The first release with the call has no direction to the cache; the one before has no such call."""
    text = body(COPY, TAKE, "look(to[0]);")
    found = proposed(text, "stale-cpu-read", idf=idf, loaded=("look(", 3))
    lines = f"ESP_ERROR_CHECK(esp_cache_msync(to, SIZE, {flags}));"
    assert [" ".join(new) for _, new in found] == ([lines.replace("SIZE, ", "SIZE, ")] if flags else [])


def test_uncached_use_of_a_cached_static_gets_a_sync_in_front() -> None:
    text = "static uint8_t mailbox[64];\n" + body("mailbox[0] = 1;", "look(uncached[0]);")
    fix = "between copy.c:8 and copy.c:9: esp_cache_msync(mailbox, 64, FLAGS), and use one of the two addresses only"
    found = proposed(text, "alias-mix", fix=fix, cached=("mailbox[0]", 1), uncached=("look(", 2))
    (call, flags) = found[0][1]
    assert call == "ESP_ERROR_CHECK(esp_cache_msync(mailbox, sizeof(mailbox),"
    assert flags == "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED));"
    assert not proposed(text, "alias-mix", cached=("mailbox[0]", 1), uncached=("look(", 2))


def test_early_writes_are_waited_for_with_a_write_back() -> None:
    text = body(COPY, TAKE, "look(to[0]);")
    ((summary, _),) = proposed(text, "ordering", started=("esp_async_memcpy(", 1), loaded=("look(", 2))
    assert summary == "write back a line after the transfer, which waits for its last bytes"


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            "Cache_WriteBack_Addr((uint32_t)to, 4);",
            "ESP_ERROR_CHECK(esp_cache_msync(to, 4, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED));",
        ),
        (
            "Cache_Invalidate_Addr(address, 64);",
            "ESP_ERROR_CHECK(esp_cache_msync((void *)(address), 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M | "
            "ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED));",
        ),
        ("Cache_WriteBack_All();", ""),
        ("int failed = Cache_WriteBack_Addr(address, 4);", ""),
    ],
)
def test_a_routine_of_the_rom_becomes_the_call_with_the_lock(call: str, line: str) -> None:
    found = proposed(body(call), "unsafe-maintenance", called=("Cache_", 1))
    assert found == ([("the call that takes the lock", [line])] if line else [])


@pytest.mark.parametrize(
    ("flags", "message", "line"),
    [
        ("0", "was refused (size)", "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED"),
        ("INVALIDATE", "had to be written back", "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED"),
        ("C2M", "had to be invalidated", "ESP_CACHE_MSYNC_FLAG_DIR_M2C"),
        (
            "DIR_M2C",
            "was refused (size)",
            "ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_INVALIDATE | ESP_CACHE_MSYNC_FLAG_UNALIGNED",
        ),
    ],
)
def test_a_sync_without_effect_gets_other_flags(flags: str, message: str, line: str) -> None:
    text = body(SYNC % flags, COPY)
    found = proposed(
        text, "ineffective-sync", message, synced=("esp_cache_msync(", 1), started=("esp_async_memcpy(", 2)
    )
    assert [lines for _, lines in found] == [[SYNC % line]]


def test_a_sync_that_is_too_short_gets_the_range_of_the_copy() -> None:
    text = body("esp_cache_msync(from, 64, WRITE_BACK);", COPY)
    message = "covered only [0, 64) of 128 bytes"
    found = proposed(
        text, "ineffective-sync", message, synced=("esp_cache_msync(", 1), started=("esp_async_memcpy(", 2)
    )
    assert found == [("cover the whole source", [SYNC % "WRITE_BACK"])]


def test_a_receive_buffer_gets_whole_lines() -> None:
    text = body("uint8_t *to = heap_caps_malloc(SIZE, MALLOC_CAP_SPIRAM);", COPY)
    found = proposed(text, "shared-line", stored=("to = ", 1), started=("esp_async_memcpy(", 2))
    line = "uint8_t *to = heap_caps_aligned_alloc(64, (SIZE + 63) / 64 * 64, MALLOC_CAP_SPIRAM);"
    assert found == [("allocate whole cache lines", [line])]


def test_an_allocation_in_two_places_is_not_touched() -> None:
    text = body("uint8_t *to = heap_caps_malloc(SIZE, CAPS);", "to = heap_caps_malloc(SIZE, CAPS);", COPY)
    assert not proposed(text, "shared-line", started=("esp_async_memcpy(", 2))


def test_length_and_buffers_are_rounded_together_or_not_at_all() -> None:
    fix = "at copy.c:9: look at the result, and align address and size to 16 bytes"
    arrays = (
        "static uint8_t to[SIZE], more;\n",
        "static uint8_t to[SIZE];\nstatic uint8_t from[SIZE] __attribute__((aligned(4)));\n",
    )
    assert not proposed(arrays[0] + body(COPY), "misaligned-for-engine", fix=fix, started=("esp_async_memcpy(", 1))
    (found,) = proposed(arrays[1] + body(COPY), "misaligned-for-engine", fix=fix, started=("esp_async_memcpy(", 1))
    assert found == (
        "start and length in multiples of 16 bytes",
        [
            "static uint8_t to[(SIZE + 15) / 16 * 16] __attribute__((aligned(16)));",
            "static uint8_t from[(SIZE + 15) / 16 * 16] __attribute__((aligned(4)));",
            "esp_async_memcpy(mcp, to, from, (SIZE + 15) / 16 * 16, on_done, done);",
        ],
    )


def test_memory_moves_to_where_the_engine_reaches() -> None:
    text = "static EXT_RAM_BSS_ATTR uint8_t from[SIZE];\n" + body("esp_async_memcpy_install(&config, &mcp);", COPY)
    found = proposed(text, "unreachable-memory", started=("esp_async_memcpy(", 1))
    assert found == [
        ("place 'from' in internal memory", ["static DMA_ATTR uint8_t from[SIZE];"]),
        ("install the driver of the AXI engine", ["esp_async_memcpy_install_gdma_axi(&config, &mcp);"]),
    ]


def test_an_initialised_local_is_not_made_static() -> None:
    text = body("uint8_t from[4] = {1, 2, 3, 4};", COPY, TAKE, head=GIVES_NOTHING)
    assert not proposed(text, "dead-stack", started=("esp_async_memcpy(", 1))


def test_nothing_is_proposed_without_a_place() -> None:
    assert proposed(body(COPY), "stale-dma-read") == []
    assert proposed(body("start();"), "stale-dma-read", started=("start()", 1)) == []
    assert proposed(body(COPY), "deadlock", started=("esp_async_memcpy(", 1)) == []
