"""Error names, ESP_ERROR_CHECK, esp_check.h, logs and output."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]


def test_names_of_errors(run_c: Run) -> None:
    one = run_c("""
    void app_main(void) {
        static const esp_err_t codes[] = {0, -1, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x109, 0x10a, 0x10b, 0x10c, 0x10d, 0x999};
        for (int i = 0; i < 16; i++) puts(esp_err_to_name(codes[i]));
        char buffer[8]; puts(esp_err_to_name_r(0x102, buffer, sizeof buffer));
    }
    """)
    assert one.out.split("\n") == [
        "ESP_OK", "ESP_FAIL", "ESP_ERR_NO_MEM", "ESP_ERR_INVALID_ARG", "ESP_ERR_INVALID_STATE", "ESP_ERR_INVALID_SIZE",
        "ESP_ERR_NOT_FOUND", "ESP_ERR_NOT_SUPPORTED", "ESP_ERR_TIMEOUT", "ESP_ERR_INVALID_RESPONSE", "ESP_ERR_INVALID_CRC",
        "ESP_ERR_INVALID_VERSION", "ESP_ERR_INVALID_MAC", "ESP_ERR_NOT_FINISHED", "ESP_ERR_NOT_ALLOWED", "UNKNOWN ERROR", "ESP_ERR", "",
    ]  # fmt: skip


def test_a_failed_error_check(run_c: Run, word_bytes: int) -> None:
    one = run_c(
        "void app_main(void) {\n ESP_ERROR_CHECK(ESP_OK);\n ESP_ERROR_CHECK(esp_async_memcpy_uninstall(NULL));\n}",
        word_bytes=word_bytes,
    )
    assert one.out == (
        "ESP_ERROR_CHECK failed: esp_err_t 0x102 (ESP_ERR_INVALID_ARG)\n"
        'file: "main.c" line 3\n'
        "func: app_main\n"
        "expression: esp_async_memcpy_uninstall(NULL)\n"
    )
    assert (
        one.report.failure
        == "ESP_ERROR_CHECK failed: ESP_ERR_INVALID_ARG at main.c:3 app_main: esp_async_memcpy_uninstall(NULL)"
    )
    assert one.report.verdict == "failed"
    (finding,) = one.problems
    assert (finding.rule, finding.where[0].line) == ("guest-fault", 3)


def test_an_error_check_without_abort_goes_on(run_c: Run) -> None:
    one = run_c('void app_main(void) {\n SAY("code", ESP_ERROR_CHECK_WITHOUT_ABORT(ESP_FAIL));\n}')
    assert one.out.startswith("ESP_ERROR_CHECK_WITHOUT_ABORT failed: esp_err_t 0xffffffff (ESP_FAIL)\n")
    assert one.out.endswith("code=-1\n")
    assert one.report.verdict == "clean"


def test_esp_check(run_c: Run) -> None:
    one = run_c("""
    #include "esp_check.h"
    static const char *TAG = "t";
    static esp_err_t returns(int bad) { ESP_RETURN_ON_FALSE(!bad, ESP_ERR_INVALID_STATE, TAG, "bad is %d", bad); return ESP_OK; }
    static esp_err_t passes(void) { ESP_RETURN_ON_ERROR(returns(2), TAG, "passed on"); return ESP_OK; }
    static esp_err_t goes(void) { esp_err_t ret = ESP_OK; ESP_GOTO_ON_ERROR(returns(0), out, TAG, "no"); ESP_GOTO_ON_FALSE(0, ESP_FAIL, out, TAG, "here"); out: return ret; }
    void app_main(void) { puts(esp_err_to_name(returns(0))); puts(esp_err_to_name(passes())); puts(esp_err_to_name(goes())); }
    """)
    assert one.report.verdict == "clean", str(one.report)
    lines = one.out.splitlines()
    assert [line for line in lines if line.startswith("ESP_")] == ["ESP_OK", "ESP_ERR_INVALID_STATE", "ESP_FAIL"]
    assert [line.split(": ", 1)[1] for line in lines if "E (" in line] == [
        "returns(4): bad is 2",
        "passes(5): passed on",
        "goes(6): here",
    ]


def test_log_lines_and_levels(run_c: Run) -> None:
    one = run_c("""
    static const char *TAG = "unit";
    void app_main(void) {
        vTaskDelay(3);
        ESP_LOGE(TAG, "e %d", 1); ESP_LOGW(TAG, "w"); ESP_LOGI(TAG, "i"); ESP_LOGD(TAG, "d"); ESP_LOGV(TAG, "v");
        esp_log_level_set("unit", ESP_LOG_ERROR); ESP_LOGW(TAG, "off"); ESP_LOGI("other", "on");
        esp_log_level_set("*", ESP_LOG_NONE); ESP_LOGE("other", "off");
        ESP_EARLY_LOGI(TAG, "early");
    }
    """)
    lines = one.out.splitlines()
    assert [line.split("unit: ")[-1].strip("\x1b[0m") for line in lines if "unit" in line][:3] == ["e 1", "w", "i"]
    assert any("other: on" in line for line in lines)
    assert not any("off" in line or ": d" in line for line in lines)
    assert "(30)" in lines[0]


@pytest.mark.parametrize(
    ("call", "finding"),
    [('ESP_LOGI("t", "x")', True), ('ESP_EARLY_LOGI("t", "x")', False), ('esp_rom_printf("x")', False)],
)
def test_logging_in_an_interrupt(run_c: Run, call: str, finding: bool) -> None:
    one = run_c(f"""
    static uint8_t a[64] __attribute__((aligned(64))), b[64] __attribute__((aligned(64)));
#line 1 "main.c"
    static bool IRAM_ATTR on_done(async_memcpy_handle_t m, async_memcpy_event_t *e, void *arg) {{
        {call};
        return false;
    }}
    void app_main(void) {{
        async_memcpy_handle_t mcp; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG(); ESP_ERROR_CHECK(install_engine(&c, &mcp));
        ESP_ERROR_CHECK(esp_async_memcpy(mcp, b, a, 64, on_done, NULL)); vTaskDelay(1); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(mcp));
    }}
    """)
    assert one.rules == (["isr-context"] if finding else []), str(one.report)
    if finding:
        assert (one.problems[0].where[0].line, one.problems[0].where[0].function) == (2, "on_done")


def test_output_keeps_its_order_and_its_streams(run_c: Run, word_bytes: int) -> None:
    one = run_c(
        'void app_main(void) { printf("a"); fprintf(stderr, "b\\n"); fputs("c", stdout); putchar(\'d\'); puts(""); fwrite("e\\0f", 1, 3, stdout); }',
        word_bytes=word_bytes,
    )
    assert (one.out, one.err) == ("acd\ne\0f", "b\n")


def test_long_output_arrives_whole(run_c: Run) -> None:
    one = run_c('void app_main(void) { for (int i = 0; i < 20000; i++) printf("%05d,", i); }')
    assert one.out == "".join(f"{number:05d}," for number in range(20000))


def test_random_numbers_depend_on_the_seed_only(run_c: Run) -> None:
    text = 'void app_main(void) { uint8_t b[5]; printf("%08x ", (unsigned)esp_random()); esp_fill_random(b, 5); for (int i = 0; i < 5; i++) printf("%02x", b[i]); }'
    text = '#include "esp_random.h"\n' + text
    assert run_c(text, seed=3).out == run_c(text, seed=3).out != run_c(text, seed=4).out
