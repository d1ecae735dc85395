"""Unity from C: assertions and their words, hooks, selection, results, and tests that end the firmware."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dmalab
from dmalab.guest.handlers.unity import matches
from dmalab.options import OptionError, Options
from dmalab.report.json import to_json

Run = Callable[..., Any]
SOURCE = Path(dmalab.__file__).parents[1]

UNITY = '#include "unity.h"\n#include <math.h>\n#include <float.h>\n'

# What holds, what does not, and the words for the latter.
CHECKS = [
    ("TEST_ASSERT(1)", "TEST_ASSERT(0)", "Expression Evaluated To FALSE"),
    ("TEST_ASSERT_MESSAGE(1, \"no\")", "TEST_ASSERT_MESSAGE(0, \"no\")", "no"),
    ("TEST_ASSERT_TRUE(2)", "TEST_ASSERT_TRUE(0)", "Expected TRUE Was FALSE"),
    ("TEST_ASSERT_FALSE(0)", "TEST_ASSERT_FALSE_MESSAGE(3, \"three\")", "Expected FALSE Was TRUE. three"),
    ("TEST_ASSERT_NULL(NULL)", "TEST_ASSERT_NULL(\"x\")", "Expected NULL"),
    ("TEST_ASSERT_NOT_NULL(\"x\")", "TEST_ASSERT_NOT_NULL(NULL)", "Expected Non-NULL"),
    ("TEST_ASSERT_EMPTY(\"\")", "TEST_ASSERT_EMPTY(\"x\")", "Expected Empty"),
    ("TEST_ASSERT_EQUAL(-1, 0xffffffffu)", "TEST_ASSERT_EQUAL(4, 5)", "Expected 4 Was 5"),
    ("TEST_ASSERT_EQUAL_INT8(0x104, 4)", "TEST_ASSERT_EQUAL_INT8(0xff, 1)", "Expected -1 Was 1"),
    ("TEST_ASSERT_EQUAL_UINT8(0x1ff, -1)", "TEST_ASSERT_EQUAL_UINT8(-1, 1)", "Expected 255 Was 1"),
    ("TEST_ASSERT_EQUAL_INT64(1ll << 40, 1ll << 40)", "TEST_ASSERT_EQUAL_INT64(1ll << 40, -1)", "Expected 1099511627776 Was -1"),
    ("TEST_ASSERT_EQUAL_UINT64(-1, ~0ull)", "TEST_ASSERT_EQUAL_UINT64(-1, 1)", "Expected 18446744073709551615 Was 1"),
    ("TEST_ASSERT_EQUAL_size_t(3, 3)", "TEST_ASSERT_EQUAL_size_t(3, 4)", "Expected 3 Was 4"),
    ("TEST_ASSERT_EQUAL_HEX8(0x1ab, 0xab)", "TEST_ASSERT_EQUAL_HEX8(0xab, 0xcd)", "Expected 0xAB Was 0xCD"),
    ("TEST_ASSERT_EQUAL_HEX16(5, 5)", "TEST_ASSERT_EQUAL_HEX16(5, -1)", "Expected 0x0005 Was 0xFFFF"),
    ("TEST_ASSERT_EQUAL_HEX32(5, 5)", "TEST_ASSERT_EQUAL_HEX32_MESSAGE(5, 6, \"why\")", "Expected 0x00000005 Was 0x00000006. why"),
    ("TEST_ASSERT_EQUAL_HEX64(5, 5)", "TEST_ASSERT_EQUAL_HEX64(5, 6)", "Expected 0x0000000000000005 Was 0x0000000000000006"),
    ("TEST_ASSERT_EQUAL_CHAR('a', 'a')", "TEST_ASSERT_EQUAL_CHAR('a', '\\n')", "Expected 'a' Was '\\x0A'"),
    ("TEST_ASSERT_NOT_EQUAL(4, 5)", "TEST_ASSERT_NOT_EQUAL(5, 5)", "Expected 5 to be not equal to 5"),
    ("TEST_ASSERT_GREATER_THAN(4, 5)", "TEST_ASSERT_GREATER_THAN(5, 5)", "Expected 5 to be greater than 5"),
    ("TEST_ASSERT_LESS_THAN_UINT32(5, 4)", "TEST_ASSERT_LESS_THAN_UINT32(5, -1)", "Expected 4294967295 to be less than 5"),
    ("TEST_ASSERT_GREATER_OR_EQUAL_INT(5, 5)", "TEST_ASSERT_GREATER_OR_EQUAL_INT(5, -1)", "Expected -1 to be greater or equal to 5"),
    ("TEST_ASSERT_LESS_OR_EQUAL(5, 5)", "TEST_ASSERT_LESS_OR_EQUAL(5, 6)", "Expected 6 to be less or equal to 5"),
    ("TEST_ASSERT_INT_WITHIN(2, 10, 8)", "TEST_ASSERT_INT_WITHIN(2, 10, 13)", "Values Not Within Delta 2 Expected 10 Was 13"),
    ("TEST_ASSERT_UINT8_WITHIN(3, 1, 4)", "TEST_ASSERT_UINT8_WITHIN(3, 1, 255)", "Values Not Within Delta 3 Expected 1 Was 255"),
    ("TEST_ASSERT_BITS(0xf0, 0xa5, 0xaf)", "TEST_ASSERT_BITS(0xf0, 0xa5, 0xb5)", "Expected 0xA0 Was 0xB0 In Bits 0xF0"),
    ("TEST_ASSERT_BITS_HIGH(6, 7)", "TEST_ASSERT_BIT_LOW(1, 2)", "Expected 0x0 Was 0x2 In Bits 0x2"),
    ("TEST_ASSERT_EQUAL_PTR(text, text)", "TEST_ASSERT_EQUAL_PTR(0x10, 0x20)", "Expected 0x00000010 Was 0x00000020"),
    ("TEST_ASSERT_EQUAL_STRING(\"ab\", \"ab\")", "TEST_ASSERT_EQUAL_STRING(\"ab\", \"ac\")", "Expected 'ab' Was 'ac'"),
    ("TEST_ASSERT_EQUAL_STRING(NULL, NULL)", "TEST_ASSERT_EQUAL_STRING(\"ab\", NULL)", "Expected 'ab' Was NULL"),
    ("TEST_ASSERT_EQUAL_STRING_LEN(\"abc\", \"abd\", 2)", "TEST_ASSERT_EQUAL_STRING_LEN(\"abc\", \"abd\", 3)", "Expected 'abc' Was 'abd'"),
    ("TEST_ASSERT_EQUAL_MEMORY(\"abc\", \"abd\", 2)", "TEST_ASSERT_EQUAL_MEMORY(\"abc\", \"abd\", 3)", "Memory Mismatch. Byte 2 Expected 0x63 Was 0x64"),
    ("TEST_ASSERT_EQUAL_INT_ARRAY(ints, ints, 3)", "TEST_ASSERT_EQUAL_INT_ARRAY(ints, others, 3)", "Element 1 Expected 2 Was -2"),
    ("TEST_ASSERT_EQUAL_HEX8_ARRAY(bytes, bytes, 3)", "TEST_ASSERT_EQUAL_HEX8_ARRAY(bytes, zeros, 3)", "Element 0 Expected 0xFF Was 0x00"),
    ("TEST_ASSERT_EACH_EQUAL_UINT8(0, zeros, 3)", "TEST_ASSERT_EACH_EQUAL_UINT8(0, bytes, 3)", "Element 0 Expected 0 Was 255"),
    ("TEST_ASSERT_INT_ARRAY_WITHIN(4, ints, others, 3)", "TEST_ASSERT_INT_ARRAY_WITHIN(3, ints, others, 3)", "Element 1 Values Not Within Delta 3 Expected 2 Was -2"),
    ("TEST_ASSERT_EQUAL_PTR_ARRAY(texts, texts, 2)", "TEST_ASSERT_EQUAL_STRING_ARRAY(texts, words, 2)", "Element 1 Expected 'b' Was 'c'"),
    ("TEST_ASSERT_EQUAL_FLOAT(0.1f, 0.1000001f)", "TEST_ASSERT_EQUAL_FLOAT(1.0f, 1.5f)", "Expected 1 Was 1.5"),
    ("TEST_ASSERT_FLOAT_WITHIN(0.5f, 1.0f, 1.5f)", "TEST_ASSERT_FLOAT_WITHIN(0.5f, 1.0f, 2.0f)", "Expected 1 Was 2"),
    ("TEST_ASSERT_EQUAL_DOUBLE(0.1, 0.1)", "TEST_ASSERT_EQUAL_DOUBLE(0.1, 0.1000001)", "Expected 0.1 Was 0.1000001"),
    ("TEST_ASSERT_GREATER_THAN_FLOAT(1.0f, 2.0f)", "TEST_ASSERT_LESS_THAN_FLOAT(1.0f, 2.0f)", "Expected 2 to be less than 1"),
    ("TEST_ASSERT_EQUAL_FLOAT_ARRAY(floats, floats, 2)", "TEST_ASSERT_EACH_EQUAL_FLOAT(1.0f, floats, 2)", "Element 1 Expected 1 Was 2"),
    ("TEST_ASSERT_FLOAT_IS_NAN(NAN)", "TEST_ASSERT_FLOAT_IS_NAN(1.0f)", "Expected NaN Was 1"),
    ("TEST_ASSERT_DOUBLE_IS_INF(INFINITY)", "TEST_ASSERT_DOUBLE_IS_DETERMINATE(INFINITY)", "Expected Determinate Was inf"),
    ("TEST_ESP_OK(ESP_OK)", "TEST_ESP_OK(ESP_ERR_NO_MEM)", "Expected 0x00000000 Was 0x00000101 (ESP_ERR_NO_MEM, not ESP_OK)"),
    (
        "TEST_ESP_ERR(ESP_ERR_INVALID_ARG, ESP_ERR_INVALID_ARG)",
        "TEST_ESP_ERR(ESP_ERR_INVALID_ARG, ESP_OK)",
        "Expected 0x00000102 Was 0x00000000 (ESP_OK, not ESP_ERR_INVALID_ARG)",
    ),
    ("TEST_MESSAGE(\"hello\")", "TEST_FAIL()", ""),
    ("TEST_PASS(); TEST_FAIL()", "TEST_FAIL_MESSAGE(\"because\")", "because"),
]  # fmt: skip
DATA = """
static const char *text = "text", *texts[] = {"a", "b"}, *words[] = {"a", "c"};
static const int ints[] = {1, 2, 3}, others[] = {1, -2, 3};
static const uint8_t bytes[] = {255, 255, 255}, zeros[3] = {0};
static const float floats[] = {1, 2};
"""


@pytest.mark.parametrize("suffix", [".c", ".cpp"])
def test_checks_and_their_words(run_c: Run, word_bytes: int, suffix: str) -> None:
    if suffix == ".cpp" and word_bytes == 8:
        pytest.skip("the two are independent")
    # C++ has no conversion from an integer to a pointer type, and none that narrows: those rows stay in C.
    rows = [row for row in CHECKS if suffix == ".c" or "PTR" not in row[0] + row[1]]
    text = UNITY + DATA + "static void *unused[] = {&text, &texts, &words};\n"
    text += "".join(f'TEST_CASE("good {i}", "") {{ {good}; }}\n' for i, (good, _, _) in enumerate(rows))
    text += "".join(f'TEST_CASE("bad {i}", "") {{ {bad}; }}\n' for i, (_, bad, _) in enumerate(rows))
    one = run_c(text, word_bytes=word_bytes, suffix=suffix, cflags=("-w",))
    results = {case.name: (case.outcome, case.message) for case in one.report.tests}
    for index, (good, bad, words) in enumerate(rows):
        assert results[f"good {index}"] == ("passed", ""), good
        assert results[f"bad {index}"] == ("failed", words), bad
    assert len(results) == 2 * len(rows)


# --- results ----------------------------------------------------------------------------------------------------------

SEVERAL = """#include "unity.h"
TEST_CASE("adds up", "[math]") { TEST_ASSERT_EQUAL(4, 2 + 2); }
TEST_CASE("does not", "[math][bad]")
{
    vTaskDelay(2);
    TEST_ASSERT_EQUAL_MESSAGE(5, 2 + 2, "count again");
}
TEST_CASE("another day", "[bad]") { TEST_IGNORE_MESSAGE("not now"); }
"""


def test_results_in_text_and_output(run_c: Run) -> None:
    one = run_c(SEVERAL)
    assert one.out == (
        "Running adds up...\nmain.c:2:adds up:PASS\n"
        "Running does not...\nmain.c:6:does not:FAIL: Expected 5 Was 4. count again\n"
        "Running another day...\nmain.c:8:another day:IGNORE: not now\n"
        "\n-----------------------\n3 Tests 1 Failures 1 Ignored \nFAIL\n"
    )
    assert [(case.name, case.outcome, case.line, case.message) for case in one.report.tests] == [
        ("adds up", "passed", 2, ""),
        ("does not", "failed", 6, "Expected 5 Was 4. count again"),
        ("another day", "skipped", 8, "not now"),
    ]
    assert one.report.tests[1].duration_ns >= 10_000_000
    assert one.report.verdict == "failed"
    assert one.report.exit_code == 1
    assert "failed: does not (main.c:6): Expected 5 Was 4. count again\n" in str(one.report)
    assert str(one.report).endswith("; 3 tests, 1 failed")


def test_results_in_json_and_exit_status(tmp_path: Path) -> None:
    source, report = tmp_path / "tests.c", tmp_path / "report.json"
    source.write_text('#include "freertos/FreeRTOS.h"\n#include "freertos/task.h"\n' + SEVERAL)
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "dmalab", "run", str(source), "-q", "--json", str(report)]
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
    cases = json.loads(report.read_text())["tests"]
    assert [(case["name"], case["outcome"], case["message"]) for case in cases] == [
        ("adds up", "passed", ""), ("does not", "failed", "Expected 5 Was 4. count again"), ("another day", "skipped", "not now"),
    ]  # fmt: skip
    chosen = subprocess.run(
        [*command, "--tests", "adds*", "--tests", "another"], env=environment, capture_output=True, check=False
    )
    assert chosen.returncode == 0
    none = subprocess.run([*command, "--tests", "nobody"], env=environment, capture_output=True, text=True, check=False)
    assert none.returncode == 2
    assert "--tests: nothing matches 'nobody'; there are: adds up, does not, another day" in none.stdout


def test_a_clean_run_is_clean_and_repeats_itself(run_c: Run) -> None:
    text = '#include "unity.h"\nTEST_CASE("one", "") { TEST_ASSERT_EQUAL(1, 1); }\nTEST_CASE("two", "") {}\n'
    first, second = run_c(text), run_c(text)
    assert first.report.verdict == "clean"
    assert to_json([first.report]) == to_json([second.report])


# --- selection --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("[dma]", True), ("[DMA]", True), ("[spi]", False), ("[dm]", False), ("copy", True), ("COPY", True), ("copy*", False),
        ("*copy*", True), ("memory ????", True), ("memory ???", False), ("!copy", False), ("![spi]", True), ("", True),
    ],
)  # fmt: skip
def test_patterns(pattern: str, selected: bool) -> None:
    assert matches(pattern, "memory copy", "[dma][async mcp]") is selected


@pytest.mark.parametrize(
    ("patterns", "ran"),
    [
        ((), ["adds up", "does not", "another day"]),
        (("[math]",), ["adds up", "does not"]),
        (("![math]",), ["another day"]),
        (("day", "adds"), ["adds up", "another day"]),
    ],
)
def test_selection_by_name_and_tag(run_c: Run, patterns: tuple[str, ...], ran: list[str]) -> None:
    assert [case.name for case in run_c(SEVERAL, tests=patterns).report.tests] == ran


def test_nothing_selected_is_an_error(run_c: Run) -> None:
    report = run_c(SEVERAL, tests=("nobody", "[none]")).report
    assert report.error == "--tests: nothing matches 'nobody', '[none]'; there are: adds up, does not, another day"
    assert report.exit_code == 2


def test_selecting_tests_of_a_script_is_an_error(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("async def main(machine): pass\n")
    with pytest.raises(OptionError, match=r"^--tests: selects Unity test cases, which only ESP-IDF firmware has$"):
        Options(sources=(script,), tests=("x",))


def test_what_is_tagged_ignore_runs_only_when_it_is_asked_for(run_c: Run) -> None:
    text = '#include "unity.h"\nTEST_CASE("slow", "[ignore]") { puts("ran"); }\n'
    (case,) = run_c(text).report.tests
    assert (case.outcome, case.message) == ("skipped", "tagged [ignore]")
    assert "ran\n" in run_c(text, tests=("slow",)).out


def test_stages_and_devices_are_not_modelled_and_say_so(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    static void first(void) { puts("first"); } static void second(void) {}
    TEST_CASE_MULTIPLE_STAGES("stages", "[reset]", first, second)
    TEST_CASE_MULTIPLE_DEVICES("devices", "[spi]", first, second);
    TEST_CASE("plain", "") {}
    """)
    assert [(case.name, case.outcome, case.message) for case in one.report.tests] == [
        ("stages", "skipped", "several stages or devices: resets and other boards are not modelled"),
        ("devices", "skipped", "several stages or devices: resets and other boards are not modelled"),
        ("plain", "passed", ""),
    ]
    assert "first\n" not in one.out
    assert one.report.exit_code == 0


# --- hooks, leaks, other ways to run ----------------------------------------------------------------------------------


def test_hooks_run_around_every_test_however_it_ends(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    void setUp(void) { printf("<"); } void tearDown(void) { printf(">"); }
    TEST_CASE("a", "") { printf("a"); }
    TEST_CASE("b", "") { printf("b"); TEST_IGNORE(); }
    """)
    assert [line for line in one.out.splitlines() if "<" in line] == ["<a>main.c:3:a:PASS", "<bmain.c:4:b:IGNORE"]
    assert ">" in one.out.splitlines()[4]
    assert [case.outcome for case in one.report.tests] == ["passed", "skipped"]


def test_a_failing_hook_fails_the_test(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    void setUp(void) { TEST_FAIL_MESSAGE("no set-up"); } void tearDown(void) { puts("down"); }
    TEST_CASE("a", "") { puts("never"); }
    """)
    assert [(case.outcome, case.message) for case in one.report.tests] == [("failed", "no set-up")]
    assert "never" not in one.out
    assert "down" in one.out


@pytest.mark.parametrize(("bytes_left", "outcome"), [(900, "passed"), (1100, "failed")])
def test_memory_left_behind_fails_a_test_beyond_the_threshold(run_c: Run, bytes_left: int, outcome: str) -> None:
    one = run_c(f'#include "unity.h"\nTEST_CASE("a", "") {{ static void *kept; kept = malloc({bytes_left}); }}\n')
    (case,) = one.report.tests
    assert case.outcome == outcome
    assert case.message == ("" if outcome == "passed" else "The test leaked too much memory")
    assert f"{'potential' if outcome == 'passed' else 'critical'} leak: Before " in one.out


def test_the_threshold_can_be_set(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    #include "test_utils.h"
    TEST_CASE("a", "") { static void *kept; test_utils_set_critical_leak_level(5000, ESP_COMP_LEAK_GENERAL); kept = malloc(4000); }
    TEST_CASE("b", "") { static void *kept; kept = malloc(4000); unity_utils_set_leak_level(16); }
    TEST_CASE("c", "") { static void *kept; kept = malloc(4000); unity_reset_leak_checks(); }
    """)
    assert [case.outcome for case in one.report.tests] == ["passed", "failed", "passed"]


MAIN = '#include "unity_test_runner.h"\n' + SEVERAL


@pytest.mark.parametrize(
    ("run", "ran"),
    [
        ("unity_run_menu();", ["adds up", "does not", "another day"]),
        ("UNITY_BEGIN(); unity_run_all_tests(); UNITY_END();", ["adds up", "does not", "another day"]),
        ('UNITY_BEGIN(); unity_run_test_by_name("adds up"); UNITY_END();', ["adds up"]),
        ('UNITY_BEGIN(); unity_run_tests_by_tag("[bad]", false); UNITY_END();', ["does not", "another day"]),
        ('UNITY_BEGIN(); unity_run_tests_by_tag("[bad]", true); UNITY_END();', ["adds up"]),
        ("UNITY_BEGIN(); unity_run_test_by_index(2); UNITY_END();", ["another day"]),
    ],
)
def test_firmware_with_app_main_runs_them_itself(run_c: Run, run: str, ran: list[str]) -> None:
    text = MAIN + f"void app_main(void) {{ {run} }}"
    assert [case.name for case in run_c(text).report.tests] == ran
    narrowed = [name for name in ran if name != "adds up"]
    if narrowed:
        assert [case.name for case in run_c(text, tests=("[bad]",)).report.tests] == narrowed


def test_firmware_with_app_main_that_runs_none_has_no_results(run_c: Run) -> None:
    one = run_c(MAIN + 'void app_main(void) { SAY("count", unity_get_test_count()); }')
    assert one.report.tests == ()
    assert one.numbers == {"count": 3}


def test_the_plain_way_of_unity(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    static void test_one(void) { TEST_ASSERT_EQUAL(1, 1); }
    static void test_two(void) { TEST_ASSERT_EQUAL(1, 2); }
    void app_main(void) { UNITY_BEGIN(); RUN_TEST(test_one); RUN_TEST(test_two); SAY("failures", UNITY_END()); }
    """)
    assert [(case.name, case.outcome, case.line) for case in one.report.tests] == [
        ("test_one", "passed", 4),
        ("test_two", "failed", 3),
    ]
    assert "failures=1" in one.out


# --- tests that go wrong badly ----------------------------------------------------------------------------------------


def test_a_crash_fails_its_test_and_the_rest_is_not_reached(run_c: Run) -> None:
    one = run_c("""#include "unity.h"
    TEST_CASE("before", "") {}
    TEST_CASE("crash", "") { *(volatile int *)4 = 1; }
    TEST_CASE("behind", "") {}
    """)
    assert [(case.name, case.outcome, case.message) for case in one.report.tests] == [
        ("before", "passed", ""),
        ("crash", "failed", "the firmware crashed: invalid access to 0x00000004"),
        ("behind", "skipped", "not reached: the firmware ended in 'crash'"),
    ]
    assert one.rules == ["guest-fault"]


def test_a_failed_error_check_is_the_tests_failure(run_c: Run) -> None:
    one = run_c('#include "unity.h"\nTEST_CASE("a", "") { ESP_ERROR_CHECK(ESP_FAIL); }\n')
    assert [case.message for case in one.report.tests] == [
        "ESP_ERROR_CHECK failed: ESP_FAIL at main.c:2 test_func_2: ESP_FAIL"
    ]


@pytest.mark.parametrize("where", ["task", "interrupt"])
def test_a_check_that_fails_elsewhere_ends_the_firmware(run_c: Run, where: str) -> None:
    one = run_c(f"""#include "unity.h"
    static async_memcpy_handle_t mcp; static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
    static bool isr(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {{ TEST_ASSERT_EQUAL(1, 2); return false; }}
    static void other(void *arg) {{ TEST_ASSERT_EQUAL(1, 2); vTaskDelete(NULL); }}
    TEST_CASE("a", "") {{
        async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); TEST_ESP_OK(install_engine(&c, &mcp));
        if ({int(where == "task")}) xTaskCreate(other, "other", 3072, NULL, 5, NULL);
        else TEST_ESP_OK(esp_async_memcpy(mcp, b, a, 64, isr, NULL));
        vTaskDelay(1);
    }}
    """)
    (case,) = one.report.tests
    assert case.message == "a check failed outside the task that runs the test: Expected 1 Was 2"
    assert one.rules == ["guest-fault"]
    assert one.problems[0].where[0].line == (4 if where == "task" else 3)


def test_leaving_a_test_in_flight_leaves_a_dead_frame(run_c: Run) -> None:
    """The jump out of the test passes over the exits of its functions; the engine still writes into their frames."""
    one = run_c("""#include "unity.h"
    static async_memcpy_handle_t mcp;
    static void copy(void) {
        uint8_t from[512], to[512];
        memset(from, 1, 512);
        TEST_ESP_OK(esp_async_memcpy(mcp, to, from, 512, NULL, NULL));
        TEST_FAIL_MESSAGE("left");
    }
    TEST_CASE("a", "") { async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); TEST_ESP_OK(esp_async_memcpy_install(&c, &mcp)); copy(); }
    TEST_CASE("b", "") { vTaskDelay(1); TEST_ESP_OK(esp_async_memcpy_uninstall(mcp)); }
    """)
    assert [case.outcome for case in one.report.tests] == ["failed", "passed"]
    assert "dead-stack" in one.rules, str(one.report)


def test_a_stale_byte_in_an_array_check_is_found(run_c: Run) -> None:
    """What a check compares is loaded by the core like anything else."""
    one = run_c("""#include "unity.h"
    TEST_CASE("a", "") {
        async_memcpy_handle_t mcp; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); TEST_ESP_OK(install_engine(&c, &mcp));
        SemaphoreHandle_t done = xSemaphoreCreateBinary();
        uint8_t *p = heap_caps_calloc(1, 4096, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA), *q = heap_caps_malloc(4096, MALLOC_CAP_DMA);
        memset(q, 7, 4096);
        TEST_ESP_OK(esp_async_memcpy(mcp, p, q, 4096, give_done, done));
        TEST_ASSERT_EQUAL_UINT8(0, p[4095]); /* fills the line while the engine is at work */
        xSemaphoreTake(done, portMAX_DELAY);
        TEST_ASSERT_EQUAL_HEX8_ARRAY(q, p, 4096);
    }
    """)
    (case,) = one.report.tests
    assert case.outcome == "failed"
    assert "stale-cpu-read" in one.rules, str(one.report)


def test_a_program_without_app_main_and_without_unity_still_has_no_entry(run_c: Run) -> None:
    from dmalab.errors import CannotRunError

    with pytest.raises(CannotRunError, match="no entry point: define void app_main"):
        run_c("int helper(void) { return 1; }")
