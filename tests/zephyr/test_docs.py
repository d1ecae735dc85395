"""The API page lists every function there is, and every row has a test."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from dmalab import zephyr
from dmalab.zephyr import states
from dmalab.zephyr.drivers import DRIVERS
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.states import EDGES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api-zephyr.md").read_text(encoding="utf-8")
INCLUDE = ROOT / "src" / "dmalab" / "guest" / "include" / "zephyr" / "zephyr"
ROWS = re.findall(r"^\| `((?:dma|sys)_\w+)` \| `", PAGE, re.MULTILINE)
TESTS = "".join(
    path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py") if path.name != "test_docs.py"
)


def test_every_function_of_the_headers_is_a_row():
    header = (INCLUDE / "drivers" / "dma.h").read_text(encoding="utf-8")
    declared = set(re.findall(r"^(?:static inline )?(?:int|void|uint32_t) (dma_\w+)\(", header, re.MULTILINE))
    cache = (INCLUDE / "cache.h").read_text(encoding="utf-8")
    declared |= set(re.findall(r"^(?:int|size_t) (sys_cache_data_\w+)\(", cache, re.MULTILINE))
    assert set(ROWS) == declared


def test_every_row_exists_in_python_and_has_a_test():
    for name in ROWS:
        assert callable(getattr(zephyr, name)), name
        method = name.removeprefix("dma_")
        assert re.search(rf"\b{name}\b|\bdma\.{method}\(|\"{method}\"", TESTS), f"{name} has no test"


def test_every_row_is_called_from_c():
    programs = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("*.c"))
    programs += (Path(__file__).parent / "test_programs.py").read_text(encoding="utf-8")
    for name in ROWS:
        assert f"{name}(" in programs, f"no program calls {name}"


def test_every_field_is_a_row():
    """All members of the two structures."""
    header = (INCLUDE / "drivers" / "dma.h").read_text(encoding="utf-8")
    table = PAGE[PAGE.index("## The configuration") : PAGE.index("## The chip")]
    named = set(re.findall(r"`(\w+)\*?`", table))
    stems = tuple(re.findall(r"`(\w+_)\*`", table))
    bodies = re.findall(r"struct dma_(?:block_)?config \{(.*?)\n\};", header, re.DOTALL)
    assert len(bodies) == 2
    for field in re.findall(r"(\w+)(?:: \d+)?;", "".join(bodies)):
        assert field == "_reserved" or field in named or field.startswith(stems), field


def test_the_picture_is_that_of_the_code():
    def drawing(text):
        lines = [line.rstrip() for line in text.splitlines()]
        first = next(i for i, line in enumerate(lines) if "end of list, error" in line) - 1
        last = next(i for i in range(first, len(lines)) if "dma_start, dma_resume" in lines[i])
        return textwrap.dedent("\n".join(lines[first : last + 1])).strip("\n")

    assert drawing(PAGE) == drawing(states.__doc__)


def test_the_table_of_states_is_that_of_the_code():
    columns = ("INITIAL", "CONFIGURED", "RUNNING", "SUSPENDED")
    for (situation, verb), end in EDGES.items():
        row = re.search(rf"^\| `dma_{verb}` \| (.*) \|$", PAGE[PAGE.index("| call |") :], re.MULTILINE)
        assert row is not None, verb
        cell = row[1].split(" | ")[columns.index(situation.name)]
        wanted = f"-{end.name}" if isinstance(end, Errno) else end.state.name if end is not situation else None
        assert (wanted or "0, ") in cell or cell.startswith(end.name), f"{verb} while {situation.name}: {cell}"


def test_every_driver_is_named():
    for name in DRIVERS:
        assert f"`{name}`" in PAGE


def test_the_program_of_the_page_runs(capsys):
    text = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    exec(compile(text, "api-zephyr.md", "exec"), {})
    assert capsys.readouterr().out.startswith("mcu-m7: 0 errors, 0 warnings")
