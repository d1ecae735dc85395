"""C text as fixes see it: calls, statements, functions, and edits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dmalab.fixes.edit import Edit, apply, diff, include, insert_before, line_map, remove_line, takes_insertion
from dmalab.fixes.source import Source

TEXT = """\
#include "b.h"
#define TWICE(x) f(x, x) /* f(1) */

static int table[] = {1, 2, (3)};

static int f(int a, char *b)
{
    return a; // f(2)
}

void g(void)
{
    const char *s = "f(3); }";
    if (f(1, s) > 0) {
        f((2), /* , */ s);
        f(f(3, "a,b"),
          s);
    }
    for (int i = 0; i < 3; i++)
        f(i, s);
    struct { int x; } pair = {.x = f(9, s)};
}
"""
SOURCE = Source(TEXT)


def test_calls_are_found_outside_comments_strings_macros_and_definitions() -> None:
    found = [[piece.text for piece in call.arguments] for call in SOURCE.calls("f")]
    assert found == [["1", "s"], ["(2)", "/* , */ s"], ['f(3, "a,b")', "s"], ["3", '"a,b"'], ["i", "s"], ["9", "s"]]


def test_a_call_is_found_by_each_of_its_lines_if_it_is_the_only_one() -> None:
    line = TEXT.splitlines().index("          s);") + 1
    call = SOURCE.call_on(line, "f")
    assert call is not None
    assert call.arguments[0].text == 'f(3, "a,b")'
    assert SOURCE.call_on(line - 1, "f") is None  # two calls begin there
    assert SOURCE.call_on(1, "f") is None
    assert SOURCE.call_on(line, "h") is None


def test_functions_have_names_and_parameters() -> None:
    assert [(one.name, one.parameters) for one in SOURCE.functions] == [("f", ("a", "b")), ("g", ("void",))]
    assert SOURCE.function("g") is SOURCE.functions[1]
    assert SOURCE.function("TWICE") is None


def test_statements_know_their_block() -> None:
    statements = SOURCE.statements(SOURCE.functions[1])
    heads = [one.text.split("(")[0].strip() for one in statements]
    assert heads == ['const char *s = "f', "if", "f", "f", "for", "struct", "int x;", "pair = {.x = f"]
    blocks = [one.block for one in statements]
    assert blocks[0] == blocks[1] == blocks[4] == blocks[5] == blocks[7]
    assert blocks[2] == blocks[3] != blocks[0]


def test_nothing_is_put_where_it_would_run_at_other_times() -> None:
    statements = SOURCE.statements(SOURCE.functions[1])
    assert [takes_insertion(one) for one in statements[:5]] == [True, True, True, True, False]
    braceless = Source("void g(void)\n{\n    if (x)\n        free(p);\n    else\n        f();\n}\n")
    assert [takes_insertion(one) for one in braceless.statements(braceless.functions[0])] == [False, False]


def test_lines_are_inserted_with_the_indent_and_removed_whole() -> None:
    source = Source("void g(void)\n{\n    a();\n\tb(); /* kept */\n    c();\n}\n")
    a, b, c = source.statements(source.functions[0])
    edits = [insert_before(source, b, "x();"), remove_line(source, a), remove_line(source, c)]
    assert apply(source.text, edits) == "void g(void)\n{\n\tx();\n\tb(); /* kept */\n}\n"
    assert apply(source.text, [remove_line(source, b)]) == "void g(void)\n{\n    a();\n\t /* kept */\n    c();\n}\n"


def test_headers_are_included_once_and_in_order() -> None:
    text = '#include <assert.h>\n\n#include "esp_attr.h"\n#include "esp_log.h"\n'
    assert include(Source(text), "esp_log.h") == ()
    assert apply(text, include(Source(text), "esp_cache.h")) == text.replace(
        '"esp_log', '"esp_cache.h"\n#include "esp_log'
    )
    assert apply(text, include(Source(text), "<string.h>")) == text.replace(
        "assert.h>\n", "assert.h>\n#include <string.h>\n"
    )
    assert apply("int x;\n", include(Source("int x;\n"), "esp_cache.h")) == '#include "esp_cache.h"\nint x;\n'


def test_a_diff_names_the_file_like_a_repository() -> None:
    assert diff("a\nb\n", "a\nc\n", "/x/y.c") == "--- a/x/y.c\n+++ b/x/y.c\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    assert diff("a\n", "a\n", "y.c") == ""


@given(st.lists(st.sampled_from("abcdef"), max_size=12, unique=True), st.sets(st.integers(0, 12)))
def test_inserted_lines_stand_for_none_of_the_old_ones(lines: list[str], places: set[int]) -> None:
    """Against counting: each old line is found again behind the insertions in front of it."""
    text = "".join(f"{line}\n" for line in lines)
    starts = sorted({min(place, len(lines)) for place in places})
    new = apply(text, [Edit(2 * start, 2 * start, "new\n") for start in starts])
    expected = {number + sum(start < number for start in starts): number for number in range(1, len(lines) + 1)}
    assert line_map(text, new) == expected


@given(st.text(alphabet="f(){};,\"'/*\n #=ab", max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    source = Source(text)
    assert len(source.plain) == len(text)
    assert source.plain.count("\n") == text.count("\n")
    for function in source.functions:
        for statement in source.statements(function):
            assert function.start <= statement.start < statement.end <= function.end
            assert text[statement.start : statement.end] == statement.text
    for call in source.calls("f"):
        assert text[call.end - 1] == ")"
        assert all(text[piece.start : piece.end] == piece.text for piece in call.arguments)
