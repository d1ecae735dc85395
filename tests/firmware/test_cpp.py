"""C++ firmware: constructors, exceptions, new and delete, the standard library."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]


@pytest.fixture
def run_cpp(run_c: Run) -> Run:
    return lambda source, **more: run_c(source, suffix=".cpp", **more)


def test_constructors_run_before_app_main_and_may_allocate(run_cpp: Run, word_bytes: int) -> None:
    one = run_cpp(
        """
        struct Early { char *text; Early() { text = (char *)malloc(16); strcpy(text, "early"); printf("ctor\\n"); } ~Early() { free(text); } };
        static Early early;
        static int number = []() { return 41; }() + 1;
        extern "C" void app_main(void) { printf("%s %d\\n", early.text, number); }
        """,
        word_bytes=word_bytes,
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.out == "ctor\nearly 42\n"


def test_a_constructor_that_waits_is_a_fault(run_cpp: Run) -> None:
    one = run_cpp('struct Bad { Bad() { vTaskDelay(1); } }; static Bad bad; extern "C" void app_main(void) {}')
    assert one.rules == ["guest-fault"]
    assert (
        one.problems[0].message == "a call that waits was made before the scheduler was started (in a C++ constructor)"
    )


def test_a_constructor_may_create_what_tasks_use_later(run_cpp: Run) -> None:
    one = run_cpp("""
        static void other(void *arg) { xSemaphoreGive((SemaphoreHandle_t)arg); vTaskDelete(NULL); }
        struct Service { SemaphoreHandle_t s; Service() : s(xSemaphoreCreateBinary()) { xTaskCreate(other, "other", 3072, s, 5, NULL); } };
        static Service service;
        extern "C" void app_main(void) { printf("%d", xSemaphoreTake(service.s, 10)); }
    """)
    assert one.report.verdict == "clean", str(one.report)
    assert one.out == "1"


def test_exceptions_unwind_within_a_task(run_cpp: Run, word_bytes: int) -> None:
    one = run_cpp(
        """
        #include <stdexcept>
        struct Guard { const char *name; ~Guard() { printf("~%s ", name); } };
        static void inner(int n) { Guard g{"inner"}; if (n > 2) throw std::runtime_error("deep"); inner(n + 1); }
        static void other(void *arg) { try { throw 5; } catch (int n) { vTaskDelay(2); printf("other%d ", n); } vTaskDelete(NULL); }
        extern "C" void app_main(void) {
            xTaskCreate(other, "other", 8192, NULL, 5, NULL);
            try { Guard g{"outer"}; inner(1); } catch (const std::exception &e) { vTaskDelay(5); printf("%s ", e.what()); }
        }
        """,
        word_bytes=word_bytes,
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.out == "~inner ~inner ~inner ~outer other5 deep "


def test_an_uncaught_exception_is_a_fault(run_cpp: Run) -> None:
    one = run_cpp('extern "C" void app_main(void) {\n throw 3;\n}')
    assert [(finding.rule, finding.where[0].line) for finding in one.problems] == [("guest-fault", 2)]


def test_new_and_delete_use_the_chips_heap(run_cpp: Run, word_bytes: int) -> None:
    one = run_cpp(
        """
        #include <memory>
        #include <new>
        #include <string>
        #include <vector>
        extern "C" void app_main(void) {
            int *p = new int[100]; SAY("internal", esp_ptr_internal(p)); delete[] p;
            SAY("nothrow", new (std::nothrow) char[256u << 20] == nullptr);
            std::vector<int> v; for (int i = 0; i < 1000; i++) v.push_back(i);
            SAY("vector", esp_ptr_internal(v.data()) * 1000 + v[999]);
            auto s = std::make_unique<std::string>(100, 'x'); SAY("string", s->size());
        }
        """,
        word_bytes=word_bytes,
    )
    assert one.report.verdict == "clean", str(one.report)
    assert one.numbers == {"internal": 1, "nothrow": 1, "vector": 1999, "string": 100}


def test_what_new_gave_and_nobody_deleted_is_a_leak(run_cpp: Run) -> None:
    one = run_cpp('extern "C" void app_main(void) {\n int *p = new int; *p = 1;\n}')
    assert [(finding.rule, finding.where[0].line) for finding in one.problems] == [("leak", 2)]


def test_running_out_of_memory_in_new_aborts(run_cpp: Run) -> None:
    one = run_cpp('extern "C" void app_main(void) {\n char *p = new char[256u << 20]; p[0] = 1;\n}')
    assert one.report.failure == "operator new: out of memory"


def test_calls_through_the_library_are_the_firmwares(run_c: Run) -> None:
    """A std::string that allocates in a callback: the line to change is the callback's, not one of <bits/new_allocator.h>."""
    one = run_c(
        """
        #include <string>
        static std::string last; static uint8_t a[64], b[64];
        static bool done(async_memcpy_handle_t, async_memcpy_event_t *, void *) {
            last = std::string("longer than the room for short strings");
            return false;
        }
        extern "C" void app_main() {
            async_memcpy_handle_t m; async_memcpy_config_t c = ASYNC_MEMCPY_DEFAULT_CONFIG();
            ESP_ERROR_CHECK(install_engine(&c, &m));
            ESP_ERROR_CHECK(esp_async_memcpy(m, a, b, sizeof a, done, nullptr));
            vTaskDelay(2); ESP_ERROR_CHECK(esp_async_memcpy_uninstall(m)); last.clear(); last.shrink_to_fit();
        }
        """,
        suffix=".cpp",
        chip="esp32c3",
    )
    found = [finding for finding in one.report.findings if finding.rule == "isr-context"]
    assert found, str(one.report)
    assert {where.function for finding in found for where in finding.where} == {"done"}
