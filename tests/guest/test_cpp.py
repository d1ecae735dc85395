"""C++ firmware."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.guest.names import function_names, variable_names
from dmalab.guest.places import Places
from dmalab.guest.process import Number

from .fake import NUMBERS, FakeMachine

Make = Callable[..., FakeMachine]

FIRMWARE = """
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

namespace app {
struct Shape { virtual ~Shape() { std::printf("~Shape\\n"); } virtual int area() const = 0; };
struct Square : Shape {
    explicit Square(int side) : side(side) { if (side < 0) throw std::invalid_argument("negative"); }
    int area() const override { return side * side; }
    int side;
};
struct Early { Early() { std::printf("constructed\\n"); } } early;
static Square global(3);
}

extern "C" void app_main()
{
    std::printf("%d\\n", app::global.area());
    try { app::Square bad(-1); } catch (const std::exception &error) { std::printf("caught %s\\n", error.what()); }
    app::Shape *shape = new app::Square(4);
    std::printf("%d %d\\n", shape->area(), dynamic_cast<app::Square *>(shape)->side);
    delete shape;
    std::vector<int> numbers;
    for (int i = 0; i < 20; i++) numbers.push_back(i * i);
    std::string text = "a text that is too long for the small string buffer";
    std::printf("%d %s\\n", numbers.back(), (text + "!").c_str());
}
"""


def test_constructors_vtables_exceptions_and_the_heap(machine: Make, word_bytes: int) -> None:
    one = machine(FIRMWARE, suffix=".cpp", word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.TASK_RETURNED
    assert run.out.decode().splitlines() == [
        "constructed",
        "9",
        "~Shape",
        "caught negative",
        "16 4",
        "~Shape",
        "361 a text that is too long for the small string buffer!",
    ]
    assert [r.args for r in run.of(NUMBERS["malloc"])].count([2 * word_bytes]) >= 1
    assert len(run.of(NUMBERS["malloc"])) == len(run.of(NUMBERS["free"]))


def test_an_uncaught_exception_is_a_fault_at_the_throw(machine: Make, word_bytes: int) -> None:
    one = machine('extern "C" void app_main() {\n  throw 5;\n}', suffix=".cpp", word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.FAULT
    assert b"terminate called" in run.out
    assert Places(one.image).of_return(run.end.frames[0]).line == 2


def test_operator_new_without_memory_aborts(machine: Make) -> None:
    one = machine('int *volatile sink; extern "C" void app_main() {\n  sink = new int;\n}', suffix=".cpp")
    one.handlers[NUMBERS["malloc"]] = lambda request: (0, request.fiber, 0, None)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.ABORT
    assert run.message == "operator new: out of memory"
    assert Places(one.image).of_return(run.end.frames[0]).line == 2


def test_exceptions_of_two_tasks_do_not_mix(machine: Make, word_bytes: int) -> None:
    """Each fiber has caught exceptions of its own, though libstdc++ keeps them per thread."""
    one = machine(
        """
        #include <cstdio>
        #include <exception>
        static void other(uintptr_t) {
            try { throw 7; } catch (int n) { ask(SWITCH, 2, 0, 0); std::printf("other %d %d\\n", n, (int)!!std::current_exception()); }
            ask(SWITCH, 2, 0, 0);
        }
        extern "C" void app_main() {
            try { throw 'x'; } catch (char c) {
                ask(SPAWN, (uintptr_t)other, 0, 0);
                try { throw; } catch (char again) { std::printf("main %c %c\\n", c, again); }
            }
            ask(SWITCH, 3, 0, 0);
            std::printf("%d\\n", (int)!!std::current_exception());
        }
        """,
        suffix=".cpp",
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"main x x\nother 7 1\n0\n"


def test_readable_names(machine: Make) -> None:
    one = machine(FIRMWARE, suffix=".cpp")
    places = Places(one.image)
    names = {places.of(symbol.address).function for symbol in one.image.symbols if symbol.is_function}
    assert {"app_main", "app::Square::area", "app::Square::Square"} <= names


def test_names_without_linkage_and_statics_inside_functions(machine: Make) -> None:
    one = machine(
        """
        #include <cstdint>
        namespace drv {
        namespace { uint8_t pool[64]; int count() { static uint32_t calls[3]; return ++calls[0]; } }
        template <int N> struct Tile { static int fill(uint8_t *to) { to[0] = N; return N; } };
        static uint8_t frame[32];
        }
        static int plain(int n) { return n + 1; }
        extern "C" void app_main() {
            static uint8_t local[16];
            local[1] = drv::pool[1]++;
            auto add = [](int n) { return n + local[0]; };
            drv::frame[0] = drv::pool[0] + add(plain(drv::count())) + drv::Tile<3>::fill(drv::frame);
        }
        """,
        suffix=".cpp",
        cflags=["-fno-inline"],
    )
    functions = {symbol.shown for symbol in one.image.symbols if symbol.is_function}
    assert {"app_main", "plain", "drv::count", "drv::Tile<3>::fill", "app_main::{lambda(int)#1}"} <= functions
    variables = {symbol.shown for symbol in one.image.symbols if not symbol.is_function}
    assert {"drv::pool", "drv::frame", "calls", "local"} <= variables
    places = Places(one.image)
    assert functions == {places.of(symbol.address).function for symbol in one.image.symbols if symbol.is_function}


def test_without_the_program_names_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert function_names(["_ZL5plaini", "fill.part.0"]) == {"_ZL5plaini": "plain", "fill.part.0": "fill"}
    assert variable_names(["_ZL4pool", "calls.3"]) == {"_ZL4pool": "pool", "calls.3": "calls"}
    monkeypatch.setenv("PATH", "")
    assert function_names(["_ZL5plaini", "fill.part.0"]) == {"_ZL5plaini": "_ZL5plaini", "fill.part.0": "fill"}
