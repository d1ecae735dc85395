"""What becomes of the compiler's assembly, instruction by instruction, and what is left as it is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core.region import CPU_NEWER, LOAD_ATTENTION, STORE_ATTENTION
from dmalab.guest.build import RUNTIME
from dmalab.guest.fast_path import Address, FastPath
from dmalab.guest.fixed_planes import FixedPlanes
from dmalab.guest.inlining import inlined

CACHED = FixedPlanes(
    line_shift=6,
    line_table=0x10000000,
    marked_low=0x48000000,
    marked_high=0x50000000,
    shadow=0x20000000,
    places=0x30000000,
)


def path(*, word_bytes: int = 4, statics: int = 0x4FF00000, marked: bool = True) -> FastPath:
    planes = (
        CACHED
        if marked
        else FixedPlanes(line_shift=6, line_table=0x10000000, marked_low=0, marked_high=0, shadow=0, places=0)
    )
    return FastPath(planes=planes, access_cycles=2, word_bytes=word_bytes, statics=statics)


def code(text: str) -> str:
    """Instructions as they are written here, `op a, b`, as the compiler writes them."""
    return "\n".join(_line(line.strip()) for line in text.split("\n") if line.strip())


def _line(text: str) -> str:
    if text.endswith(":") or text.startswith("#"):
        return text
    return "\t" + (text if text.startswith((".loc", ".cfi")) else text.replace(" ", "\t", 1))


def whole(body: str, *, ident: str = "GCC: (GNU) 12.2.0") -> str:
    head = '\t.file\t"t.c"\n\t.text\n\t.type\tf, @function\nf:\n.LFB0:\n\t.cfi_startproc\n'
    tail = f'\n\t.cfi_endproc\n.LFE0:\n\t.size\tf, .-f\n\t.ident\t"{ident}"\n\t.section\t.note.GNU-stack,"",@progbits\n'
    return head + body + tail


def rewritten(text: str, fast: FastPath) -> str:
    """The body of a function after rewriting, without tabs."""
    result = inlined(whole(code(text)), fast)
    body = re.search(r"\t\.cfi_startproc\n(.*)\n\t\.cfi_endproc", result, re.DOTALL)
    assert body is not None
    return body[1].replace("\t", " ").replace("\n ", "\n").strip()


def expected(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().split("\n"))


# --- the looks --------------------------------------------------------------------------------------------------------

LOAD_32 = """
    subl $12, %esp
    leal a(%ebx), %eax
    pushl %eax
    call __tsan_read4
    movl a(%ebx), %esi
    addl $16, %esp
    ret
"""


def test_a_load() -> None:
    assert rewritten(LOAD_32, path()) == expected(
        """
        leal a(%ebx), %eax
        subl $2, dl_hot
        js .Ldl_0_out
        testl $3, %eax
        jne .Ldl_0_out
        shrl $6, %eax
        testb $53, 268435456(%eax)
        jne .Ldl_0_again
        .Ldl_0:
        movl a(%ebx), %esi
        ret
        .Ldl_0_again:
        leal a(%ebx), %eax
        .Ldl_0_out:
        movl $4, %edx
        pushl $.Ldl_0
        jmp dl_look_load
        """
    )


STORE_32 = """
    movl %ebx, (%esp)
    call __tsan_write2
    movw %si, (%ebx)
    ret
"""


def test_a_store_where_most_leave_marks() -> None:
    assert rewritten(STORE_32, path()) == expected(
        """
        subl $2, dl_hot
        js .Ldl_0_out
        testl $1, %ebx
        jne .Ldl_0_out
        movl %ebx, %ecx
        shrl $6, %ecx
        testb $63, 268435456(%ecx)
        jne .Ldl_0_out
        leal -1207959552(%ebx), %ecx
        cmpl $134217728, %ecx
        jae .Ldl_0
        movw $257, 536870912(%ecx)
        shrl $4, %ecx
        movl $.Ldl_0, 805306368(,%ecx,4)
        .Ldl_0:
        movw %si, (%ebx)
        ret
        .Ldl_0_out:
        movl %ebx, %eax
        movl $2, %edx
        pushl $.Ldl_0
        jmp dl_look_store
        """
    )


@pytest.mark.parametrize(
    ("statics", "branch"), [(0x60000000, "cmpl $1342177280, %ebx\njb"), (0x40000000, "cmpl $1207959552, %ebx\njae")]
)
def test_a_store_where_few_leave_marks(statics: int, branch: str) -> None:
    result = rewritten(STORE_32, path(statics=statics))
    assert result.split("testl $1, %ebx\njne .Ldl_0_out\n")[1] == expected(
        f"""
        {branch} .Ldl_0_mark
        movl %ebx, %ecx
        shrl $6, %ecx
        testb $63, 268435456(%ecx)
        jne .Ldl_0_out
        .Ldl_0:
        movw %si, (%ebx)
        ret
        .Ldl_0_out:
        movl %ebx, %eax
        movl $2, %edx
        pushl $.Ldl_0
        jmp dl_look_store
        .Ldl_0_mark:
        movl %ebx, %ecx
        shrl $6, %ecx
        testb $63, 268435456(%ecx)
        jne .Ldl_0_out
        leal -1207959552(%ebx), %ecx
        cmpl $134217728, %ecx
        jae .Ldl_0
        movw $257, 536870912(%ecx)
        shrl $4, %ecx
        movl $.Ldl_0, 805306368(,%ecx,4)
        jmp .Ldl_0
        """
    )


def test_a_store_where_none_leave_marks() -> None:
    result = rewritten(STORE_32, path(marked=False))
    assert "dl_look_store" in result
    assert "_mark" not in result
    assert "$.Ldl_0" in result
    assert "movw $257" not in result


def test_a_store_in_64_bits() -> None:
    body = "leaq 8(%rbx,%r12,4), %rdi\ncall __tsan_write8\nmovq %r13, 8(%rbx,%r12,4)\nret"
    assert rewritten(body, path(word_bytes=8)) == expected(
        """
        leaq 8(%rbx,%r12,4), %rdi
        subl $2, dl_hot
        js .Ldl_0_out
        testl $7, %edi
        jne .Ldl_0_out
        shrl $6, %edi
        testb $63, 268435456(%rdi)
        jne .Ldl_0_again
        leaq -1207959552+8(%rbx,%r12,4), %rcx
        cmpq $134217728, %rcx
        jae .Ldl_0
        movl $16843009, 536870912(%rcx)
        movl $16843009, 536870916(%rcx)
        shrl $4, %ecx
        movl $.Ldl_0, 805306368(,%rcx,4)
        .Ldl_0:
        movq %r13, 8(%rbx,%r12,4)
        ret
        .Ldl_0_again:
        leaq 8(%rbx,%r12,4), %rdi
        .Ldl_0_out:
        movl $8, %esi
        pushq $.Ldl_0
        jmp dl_look_store
        """
    )


def test_a_byte_is_always_aligned() -> None:
    assert "$0," not in rewritten(LOAD_32.replace("read4", "read1"), path())
    assert "testl $15, %eax" in rewritten(LOAD_32.replace("read4", "unaligned_read16"), path())


def test_the_figures_are_those_of_the_runtime() -> None:
    source = '#include "dl_shared.h"\nint looks[] = {DL_LOAD_LOOKS, DL_STORE_LOOKS, DL_CPU_NEWER};\n'
    text = subprocess.run(
        ["gcc", f"-I{RUNTIME}", "-S", "-x", "c", "-", "-o", "-"],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.findall(r"\t\.long\t(\d+)", text) == [
        str(value) for value in (LOAD_ATTENTION, STORE_ATTENTION, CPU_NEWER)
    ]


# --- where the address comes from ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "look", "back"),
    [
        ("pushl $words", "movl $words, %eax", "movl $words, %eax"),
        ("pushl 8(%ebp)", "movl 8(%ebp), %eax", "movl 8(%ebp), %eax"),
        ("movl $words+4, (%esp)", "movl $words+4, %eax", "movl $words+4, %eax"),
        ("movl %ecx, (%esp)", "movl %ecx, %edx", "movl %ecx, %eax"),
        ("movl %esi, (%esp)", "movl %esi, %ecx", "movl %esi, %eax"),
        ("leal 1(%eax), %eax\npushl %eax", "movl %eax, %ecx", ""),
        ("leal 1(%edx), %eax\npushl %eax", "", "leal 1(%edx), %eax"),
        ("movl 8(%ebp), %eax\nmovl %eax, (%esp)", "", "movl 8(%ebp), %eax"),
        ("pushl 4(%esp)", "movl (%esp), %eax", ""),
        ("pushl (%eax,%ecx)", "movl (%esp), %eax", ""),
        ("fstps (%esp)", "movl (%esp), %eax", ""),
        ("movl %eax, 4(%esp)", "movl (%esp), %eax", ""),
        (".L7:", "movl (%esp), %eax", ""),
    ],
)
def test_a_32_bit_argument(before: str, look: str, back: str) -> None:
    result = rewritten(f"{before}\ncall __tsan_read1\nret", path())
    looking, way_out = result.split("ret\n")
    assert look in looking.split("\n") or not look
    lines = [line for line in way_out.split("\n") if not line.endswith(":")]
    assert lines[-3:] == ["movl $1, %edx", "pushl $.Ldl_0", "jmp dl_look_load"]
    assert "\n".join(lines[:-3]) == back


def ways_into_the_runtime(text: str) -> dict[str, str]:
    """From each label behind the function's end, the instruction that comes next."""
    return dict(re.findall(r"^(\.Ldl_0_\w+):\n(?:\.\w+:\n)*(.*)$", text.split("ret\n")[1], re.MULTILINE))


def test_an_address_is_computed_again_only_where_that_can_be_done() -> None:
    """The look at a store that marks needs ecx, so what was computed from that must be kept."""
    loaded = rewritten("movl (%ecx), %eax\npushl %eax\ncall __tsan_write1\nret", path())
    assert "shrl $6, %ecx" in loaded
    assert ways_into_the_runtime(loaded) == {".Ldl_0_out": "movl $1, %edx"}
    behind = rewritten("leal a(%ecx), %eax\npushl %eax\ncall __tsan_write1\nret", path(statics=0x60000000))
    in_line, marking = behind.split(".Ldl_0_mark:\n")
    assert "shrl $6, %eax\ntestb $63, 268435456(%eax)\njne .Ldl_0_again" in in_line
    assert "shrl $6, %ecx\ntestb $63, 268435456(%ecx)\njne .Ldl_0_out" in marking
    assert ways_into_the_runtime(in_line) == {".Ldl_0_again": "leal a(%ecx), %eax", ".Ldl_0_out": "movl $1, %edx"}


@pytest.mark.parametrize(
    ("again", "operand"),
    [
        ("\tleal\ta+8(,%ebx,4), %eax", "a+8(,%ebx,4)"),
        ("\tleaq\t-8(%rbx), %rdi", "-8(%rbx)"),
        ("\tleaq\ta(%rip), %rdi", ""),
        ("\tleaq\ta@tpoff(%rax), %rdi", ""),
        ("\tmovq\t%rbx, %rdi", "(%rbx)"),
        ("\tmovl\t$words, %edi", "words"),
        ("\tmovq\t-24(%rbp), %rdi", ""),
        ("\tleal\t(%rbx,%rcx), %edi", ""),
        ("\tmovl\t%ebx, %edi", ""),
        ("", ""),
    ],
)
def test_an_address_can_be_computed_again(again: str, operand: str) -> None:
    assert Address(register="rdi", again=again).operand == operand


# --- time ---------------------------------------------------------------------------------------------------------------

TWO = "movl %ebx, (%esp)\ncall __tsan_read4\n{between}\nmovl %esi, (%esp)\ncall __tsan_write4\nret"


def charges(text: str) -> list[str]:
    return re.findall(r"subl \$(\d+), dl_hot", rewritten(text, path()))


@pytest.mark.parametrize(
    "between", ["movl (%ebx), %eax", ".LVL12:", ".LBB3:\n.LBE4:", ".loc 1 2 3 view .LVU5", "cmovne %eax, %ecx"]
)
def test_accesses_that_run_all_or_none_are_paid_for_at_once(between: str) -> None:
    assert charges(TWO.format(between=between)) == ["4"]


@pytest.mark.parametrize(
    "between",
    [
        ".L5:",
        "jne .L5",
        "jmp *%eax",
        "call g",
        "call *%eax",
        "call __tsan_func_exit",
        "call __tsan_read_range",
        "ret",
        "1:",
        ".LEHB0:",
    ]
    + [
        "#APP\nnop\n#NO_APP",
        ".section .text.unlikely",
        "rep stosl",
        "lock; addl $1, (%ebx)",
        "name:",
        '"odd name":',
        "ud2",
    ],
)
def test_others_are_not(between: str) -> None:
    assert charges(TWO.format(between=between)) == ["2", "2"]


# --- the 32-bit stack -----------------------------------------------------------------------------------------------------


def test_the_stack_pointer_stays_where_nobody_looks() -> None:
    body = "subl $12, %esp\npushl %ebx\ncall __tsan_read1\nmovl %esi, (%esp)\ncall __tsan_write1\nmovb $1, (%esi)\naddl $16, %esp\nret"
    assert "esp" not in rewritten(body, path())


@pytest.mark.parametrize(
    "body",
    [
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\nret",
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\n.L3:\naddl $16, %esp\nret",
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\nmovl 20(%esp), %eax\naddl $16, %esp\nret",
        "subl $12, %esp\nmovl 20(%esp), %eax\npushl %ebx\ncall __tsan_read1\naddl $16, %esp\nret",
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\npushl %eax\naddl $16, %esp\nret",
        "subl $12, %esp\npushl %ebx\n.cfi_adjust_cfa_offset 16\ncall __tsan_read1\naddl $16, %esp\nret",
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\ncall g\naddl $16, %esp\nret",
        "subl $8, %esp\npushl %ebx\ncall __tsan_read1\naddl $12, %esp\nret",
        "subl $12, %esp\npushl %ebx\ncall __tsan_read1\nfstps (%esp)\ncall __tsan_write1\naddl $16, %esp\nret",
    ],
)
def test_elsewhere_it_moves_as_before(body: str) -> None:
    result = rewritten(body, path())
    moves = [
        line for line in result.split("\n") if re.match(r"(subl|addl) \$\d+, %esp|leal -4\(%esp\), %esp|pushl %e", line)
    ]
    wanted = [
        line.replace("pushl %ebx", "leal -4(%esp), %esp")
        for line in body.split("\n")
        if re.match(r"(subl|addl) .*%esp$|pushl", line)
    ]
    assert moves == wanted


def test_a_line_of_source_keeps_its_last_instruction() -> None:
    """Else a breakpoint on it would stop elsewhere."""
    body = ".loc 1 5 1\nsubl $12, %esp\npushl %ebx\ncall __tsan_read1\n.loc 1 6 1\naddl $16, %esp\n.loc 1 7 1\nret"
    assert "addl $16, %esp" in rewritten(body, path())
    assert "esp" not in rewritten(body.replace(".loc 1 6", ".loc 1 5"), path())


def test_an_argument_that_is_all_of_its_line_is_still_passed() -> None:
    body = ".loc 1 5 1\nmovl %ebx, (%esp)\n.loc 1 6 1\ncall __tsan_read1\nret"
    result = rewritten(body, path())
    assert "movl %ebx, (%esp)" in result
    assert "movl %ebx, %ecx" in result


@pytest.mark.parametrize(
    ("word_bytes", "register", "frame"),
    [
        (4, 5, [".cfi_def_cfa 5, 8", ".cfi_offset 5, -8"]),
        (8, 6, [".cfi_def_cfa 6, 16", ".cfi_offset 6, -16"]),
        (8, 5, []),
    ],
)
def test_ways_out_stand_where_the_frame_is_still_there(word_bytes: int, register: int, frame: list[str]) -> None:
    body = f".cfi_def_cfa_register {register}\ncall __tsan_read1\n.cfi_def_cfa 7, 8\nret"
    behind = rewritten(body, path(word_bytes=word_bytes)).split("\nret\n")[1].split("\n")
    assert behind[: len(frame) + 1] == [*frame, ".Ldl_0_out:"]


# --- what is left alone ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        whole(code(LOAD_32), ident="clang version 14.0.6"),
        whole(code(LOAD_32)).replace("\t.text\n", "\t.intel_syntax noprefix\n\t.text\n"),
        whole(code(LOAD_32)).replace("__tsan_read4", "__tsan_read4@PLT"),
        whole(code(LOAD_32)).replace("call\t__tsan_read4", "jmp\t__tsan_read4"),
        whole(code(LOAD_32)).replace("call\t__tsan_read4", "bl\t__tsan_read4"),
        whole(code(LOAD_32)).replace("__tsan_read4", "__tsan_read3"),
        whole(code(LOAD_32)).replace("__tsan_read4", "__tsan_read_range"),
        whole(code("#APP\ncall __tsan_read4\n#NO_APP\nret")),
        whole(code(LOAD_32)).replace("\t.cfi_endproc\n", ""),
        whole(code(LOAD_32)).replace("\t.cfi_startproc\n", ""),
        whole(code("ret")) + "#APP\n\t.cfi_startproc\n\tcall\t__tsan_read4\n\t.cfi_endproc\n#NO_APP\n",
        "",
    ],
)
def test_the_text_stays(text: str) -> None:
    assert inlined(text, path()) == text


PIECES = st.sampled_from(
    [
        "\tsubl\t$12, %esp",
        "\taddl\t$16, %esp",
        "\tpushl\t%eax",
        "\tmovl\t%eax, (%esp)",
        "\tcall\tg",
        ".L1:",
        ".LVL1:",
        "#APP",
        "#NO_APP",
    ]
    + [
        "\t.cfi_startproc",
        "\t.cfi_endproc",
        "\t.loc 1 2 3",
        "\tleal\ta(%ebx), %eax",
        "\tret",
        "",
        '\t.string\t"call"',
        "\t.text",
        "x",
    ]
)


@given(st.lists(PIECES | st.text(max_size=12)))
def test_text_without_callbacks_comes_out_as_it_is(lines: list[str]) -> None:
    text = "\n".join([*lines, '\t.ident\t"GCC: (GNU) 12.2.0"', "\tcall\t__tsan_func_entry"])
    assert inlined(text, path()) == text


@given(st.lists(PIECES | st.sampled_from(["\tcall\t__tsan_read4", "\tcall\t__tsan_write1"])), st.sampled_from([4, 8]))
def test_whatever_stands_around_a_callback_it_is_replaced_or_left(lines: list[str], word_bytes: int) -> None:
    text = "\n".join([*lines, '\t.ident\t"GCC: (GNU) 12.2.0"'])
    result = inlined(text, path(word_bytes=word_bytes))
    kept = [line for line in result.split("\n") if re.match(r"\tcall\t__tsan_(read|write)", line)]
    looks = len(re.findall(r"^\.Ldl_\d+:$", result, re.MULTILINE))
    assert looks + len(kept) == sum("__tsan_" in line for line in lines)
    assert len(set(re.findall(r"^\.Ldl_\w+:$", result, re.MULTILINE))) == len(
        re.findall(r"^\.Ldl_\w+:$", result, re.MULTILINE)
    )


@pytest.mark.parametrize("level", ["-O0", "-Og"])
def test_what_gcc_writes_is_understood(tmp_path: Path, word_bytes: int, level: str) -> None:
    """No access in C goes through the callbacks, and nothing takes its argument from the stack."""
    source = tmp_path / "t.c"
    source.write_text(
        "#include <string.h>\n#include <stdint.h>\n"
        "struct s { char c; int i; short h; } g; uint8_t a[64]; uint32_t w[64];\n"
        "int f(struct s *p, int n) { int s = 0; for (int i = 0; i < n; i++) { p[i].c++; s += p[i].i * w[i]; a[i] = s; g.h = s; } return s; }\n"
    )
    command = [
        "gcc",
        f"-m{word_bytes * 8}",
        level,
        "-fsanitize=thread",
        "-fno-omit-frame-pointer",
        "-fno-pie",
        "-S",
        "-o",
        "-",
        source,
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    result = inlined(text, path(word_bytes=word_bytes))
    assert not re.search(r"call\t__tsan_(read|write)\d", result)
    assert "movl\t(%esp), %eax" not in result
