"""The C library's clocks, sleeps and locks in virtual time, for C and C++.

Expected behaviour: ESP-IDF v5.5 components/newlib/time.c (a sleep of less than a tick is spent, a longer one lasts whole ticks).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., object]

CLOCKS = """
    #include <sys/time.h>
    #include <time.h>
    #include <unistd.h>
    static void show(const char *what) {
        struct timeval day; struct timespec steady; gettimeofday(&day, NULL); clock_gettime(CLOCK_MONOTONIC, &steady);
        printf("%s %d %d %d %d\\n", what, (int)(esp_timer_get_time() / 1000), (int)(day.tv_sec * 1000 + day.tv_usec / 1000),
               (int)(steady.tv_sec * 1000 + steady.tv_nsec / 1000000), (int)(clock() / 1000));
    }
    void app_main(void) {
        usleep(3000); show("spent");
        usleep(25000); show("ticks");
        struct timespec short_time = {0, 5000000}; nanosleep(&short_time, NULL); show("nano");
        sleep(2); show("long"); printf("%d %d\\n", (int)time(NULL), clock_gettime((clockid_t)77, &short_time));
    }
"""


def test_clocks_and_sleeps_are_virtual(run_c: Run, word_bytes: int) -> None:
    one = run_c(CLOCKS, word_bytes=word_bytes)
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.splitlines() == [
        "spent 3 3 3 3",
        "ticks 30 30 30 30",
        "nano 35 35 35 35",
        "long 2030 2030 2030 2030",
        "2 -1",
    ]


CHRONO = """
    #include <chrono>
    #include <mutex>
    #include <thread>
    static std::mutex lock; static volatile int n;
    static void adds(void *) {
        for (int i = 0; i < 3; ++i) { std::lock_guard<std::mutex> held(lock); int before = n; vTaskDelay(2); n = before + 1; }
        vTaskDelete(nullptr);
    }
    extern "C" void app_main() {
        auto start = std::chrono::steady_clock::now();
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        auto end = std::chrono::steady_clock::now();
        printf("%d\\n", (int)std::chrono::duration_cast<std::chrono::milliseconds>(end - start).count());
        xTaskCreate(adds, "a", 2048, nullptr, 5, nullptr); xTaskCreate(adds, "b", 2048, nullptr, 5, nullptr);
        vTaskDelay(40); printf("%d\\n", n);
    }
"""


def test_the_clocks_and_locks_of_cpp(run_c: Run) -> None:
    """Two tasks at one std::mutex would hang for ever, for they are one thread of the computer."""
    one = run_c(CHRONO, suffix=".cpp")
    assert one.report.verdict == "clean", str(one.report)
    assert one.out.splitlines() == ["30", "6"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("std::thread t([] {}); t.join();", "pthread_create and std::thread are not modelled"),
        (
            "std::mutex m; std::unique_lock<std::mutex> l(m); std::condition_variable c; c.wait(l);",
            "pthread_cond_wait and std::condition_variable are not modelled",
        ),
    ],
)
def test_threads_of_the_computer_are_refused(run_c: Run, body: str, message: str) -> None:
    one = run_c(
        f'#include <condition_variable>\n#include <thread>\nextern "C" void app_main() {{ {body} }}', suffix=".cpp"
    )
    (finding,) = one.problems
    assert finding.message.startswith(message)
