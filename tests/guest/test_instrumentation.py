"""The compiler hides no access from us, at any optimisation level.

Oracle: the chip's RAM here is cached, and nothing ever writes a line back. So every byte in which the two views differ was stored by the
firmware, and must be marked, in a line that is neither absent nor clean. And a line of which the firmware used a byte must be present.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import FakeMachine

Make = Callable[..., FakeMachine]

PATTERNS = {
    "store after load of the same address": "static int g = 5; void app_main(void) { int v = g; g = v + 1; sink += g; }",
    "read-modify-write": "static int g = 5; void app_main(void) { g += 3; g ^= 77; g++; }",
    "constant index": "static uint8_t a[64] = {1}; void app_main(void) { a[3] = 9; a[4] = a[3]; a[63] |= 2; sink = a[63]; }",
    "static that never escapes": "static int hidden; void app_main(void) { hidden = 4; for (int i = 0; i < sink + 3; i++) hidden += i; sink = hidden; }",
    "static of a function": "void app_main(void) { static int calls; static char text[20]; calls++; text[calls] = 'x'; sink = text[1]; }",
    "struct copy small": "struct s { int a, b; } x = {1, 2}, y; void app_main(void) { y = x; x.a = 7; }",
    "struct copy large": "struct s { int a[50]; } x = {{1, 2}}, y; void app_main(void) { x.a[49] = 3; y = x; y.a[48] = 8; }",
    "struct cleared": "struct s { int a[20]; } x = {{1, 2, 3}}; void app_main(void) { x = (struct s){0}; }",
    "struct assigned": "struct s { int a; char b[7]; long long c; } x; void app_main(void) { x = (struct s){.a = 3, .b = \"abc\", .c = -1}; }",
    "struct by pointer": "struct s { int a; char b; } x[3]; void set(struct s *p, int n) { p->a = n; p->b = (char)n; } void app_main(void) { for (int i = 0; i < 3; i++) set(&x[i], i + 1); }",
    "bit-fields": "struct s { unsigned a : 3, b : 9, c : 20; } x; void app_main(void) { x.a = 5; x.b = 300; x.c = 99999; x.b++; }",
    "packed": "struct __attribute__((packed)) s { char a; int b; short c; long long d; } x[2]; void app_main(void) { x[1].b = -1; x[1].c = -2; x[1].d = -3; x[0].d = x[1].d; }",
    "misaligned cast": "char b[32]; void app_main(void) { *(int *)(b + 1) = -1; *(long long *)(b + 11) = -1; *(short *)(b + 29) = -1; }",
    "loop that is a memset": "char b[1000]; void app_main(void) { for (int i = 0; i < 1000; i++) b[i] = 0x5a; }",
    "loop that is a memcpy": "char a[1000] = {1, 2, 3}, b[1000]; void app_main(void) { a[999] = 1; for (int i = 0; i < 1000; i++) b[i] = a[i]; }",
    "loop of words": "int a[500], b[500]; void app_main(void) { for (int i = 0; i < 500; i++) a[i] = i + 1; for (int i = 0; i < 500; i++) b[i] = a[499 - i] * 3; }",
    "two-dimensional": "short m[20][30]; void app_main(void) { for (int j = 0; j < 30; j++) for (int i = 0; i < 20; i++) m[i][j] = (short)(i * j + 1); }",
    "float and double": "float f[4]; double d[4]; void app_main(void) { f[1] = 1.5f; d[2] = 2.5; d[3] = f[1] * d[2]; }",
    "complex and vector": "typedef int v4 __attribute__((vector_size(16))); v4 v; _Complex double z; void app_main(void) { v = (v4){1, 2, 3, 4}; v *= 3; z = 1.0 + sink; }",
    "union": "union { int i; char c[4]; float f; } u; void app_main(void) { u.i = -1; u.c[2] = 3; u.f += 1; }",
    "volatile": "volatile int v; volatile struct { int a, b; } w; void app_main(void) { v = 1; v++; w.b = v; }",
    "pointer to pointer": "int x; int *p = &x; int **q; void app_main(void) { q = &p; **q = 5; *p += 2; }",
    "array of pointers": "int x[3]; int *p[3]; void app_main(void) { for (int i = 0; i < 3; i++) { p[i] = &x[i]; *p[i] = i + 1; } }",
    "conditional store": "int a, b; void app_main(void) { if (sink >= 0) a = 1; else b = 1; b = sink ? 3 : 4; }",
    "swap": "int a = 1, b = 2; void app_main(void) { int t = a; a = b; b = t; }",
    "post-increment through a pointer": "char b[10]; void app_main(void) { char *p = b; *p++ = 1; *p++ = 2; *p = 3; }",
    "result stored": "int f(int n) { return n * 3; } int r[4]; void app_main(void) { r[2] = f(7); r[3] += f(r[2]); }",
    "struct result stored": "struct s { int a[10]; } x; struct s f(int n) { struct s t; for (int i = 0; i < 10; i++) t.a[i] = n + i; return t; } void app_main(void) { x = f(3); }",
    "small struct result stored": "struct s { int a, b; } x[2]; struct s f(int n) { struct s t = {n, n + 1}; return t; } void app_main(void) { x[1] = f(3); }",
    "builtin memcpy small": "char a[16] = \"0123456789abcde\", b[16]; void app_main(void) { __builtin_memcpy(b, a, 4); __builtin_memcpy(b + 4, a + 4, 8); }",
    "builtin memset small": "char b[16]; void app_main(void) { __builtin_memset(b, 7, 8); }",
    "library calls": "char a[64] = \"text\", b[64]; void app_main(void) { memcpy(b, a, 5); memset(b + 8, 1, 3); memmove(b + 20, b, 10); strcpy(b + 40, a); }",
    "buffer on the stack": "void use(char *p, int n) { sink += p[n - 1]; } void app_main(void) { char b[100]; for (int i = 0; i < 100; i++) b[i] = (char)(i + 1); use(b, 100); }",
    "descriptor list": "struct d { uint32_t w0; void *buffer; struct d *next; } d[4]; char bytes[4][64]; void app_main(void) { for (int i = 0; i < 4; i++) { d[i].w0 = 0x80000000u | 64 << 12; d[i].buffer = bytes[i]; d[i].next = i < 3 ? &d[i + 1] : 0; } }",
    "jump table": "int r; void app_main(void) { for (int i = 0; i < 6; i++) switch (i + sink) { case 0: r = 1; break; case 1: r += 2; break; case 2: r *= 3; break; case 3: r ^= 4; break; case 4: r |= 64; break; default: r--; } }",
    "inline function": "static inline __attribute__((always_inline)) void put(int *p, int v) { *p = v; } int a[3]; void app_main(void) { put(a, 1); put(a + 2, 3); }",
    "atomic builtins": "int a; char b; void app_main(void) { __atomic_fetch_add(&a, 3, __ATOMIC_SEQ_CST); __sync_bool_compare_and_swap(&a, 3, 9); __atomic_store_n(&b, 1, 0); }",
    "test and clear": "char b; char c = 1; void app_main(void) { sink += __atomic_test_and_set(&b, 0); __atomic_clear(&c, 0); }",
    "wide store": "typedef struct { long long a[2]; } w; w x, y = {{1, 2}}; void app_main(void) { x = y; }",
}


def check(one: FakeMachine, *, lenient: bool = False) -> None:
    run = one.run()
    assert run.end is not None
    assert run.end.number == 4, run.message
    for planes in (one.sram, one.psram):
        stored = np.flatnonzero(planes.cpu != planes.mem)
        # Stacks: the processor's own pushes have no callback, and locals that nobody can point to need none.
        low = min(one.main_stack[0], one.isr_stack[0]) - planes.spec.base
        if planes is one.sram:
            stored = stored[stored < low]
        unmarked = stored[planes.shadow[stored] != 1]
        assert not len(unmarked), f"stores nobody saw at {[hex(planes.spec.base + int(at)) for at in unmarked[:8]]}"
        lines = planes.lines[stored // planes.spec.line_bytes]
        assert not lines.any()


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O1", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_store_is_seen(machine: Make, pattern: str, level: str) -> None:
    source = "#pragma GCC diagnostic ignored \"-Wall\"\nvolatile int sink;\n" + PATTERNS[pattern]
    one = machine(source, cflags=[level])
    check(one)


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_store_is_seen_in_64_bits(machine: Make, pattern: str, level: str) -> None:
    check(machine("volatile int sink;\n" + PATTERNS[pattern], cflags=[level], word_bytes=8))


LOADS = {
    "constant index": "extern uint8_t a[]; void app_main(void) { sink = a[3] + a[200]; }",
    "sum": "extern uint8_t a[]; void app_main(void) { int s = 0; for (int i = 0; i < 256; i++) s += a[i]; sink = s; }",
    "struct copy": "struct s { int v[64]; }; extern struct s a; struct s out; void app_main(void) { out = a; sink = out.v[3]; }",
    "twice": "extern int a[]; void app_main(void) { sink = a[0]; sink += a[0]; sink += a[63]; }",
    "argument": "struct s { int v[64]; }; extern struct s a; int f(struct s x) { return x.v[63] + x.v[0]; } void app_main(void) { sink = f(a); }",
    "compare": "extern char a[]; void app_main(void) { sink = memcmp(a, a + 128, 128) + strncmp(a, \"\", 1); }",
}


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O1", "-O2", "-O3"])
@pytest.mark.parametrize("pattern", LOADS)
def test_loads_fill_their_lines(machine: Make, pattern: str, level: str) -> None:
    """`a` is an array of its own in PSRAM; its first and last bytes are used in each pattern."""
    source = (
        "volatile int sink;\n" + LOADS[pattern] + "\n"
        '__asm__(".pushsection .ext_ram.bss,\\"aw\\",@nobits\\n.globl a\\n.balign 256\\na: .skip 256\\n.popsection");\n'
    )
    one = machine(source, cflags=[level])
    check(one)
    size = one.psram.spec.line_bytes
    symbol = one.chip.firmware.psram_bss - one.psram.spec.base
    lines = one.psram.lines[symbol // size : (symbol + 256) // size]
    assert lines[0] & 1 == 0
    assert lines[-1] & 1 == 0
