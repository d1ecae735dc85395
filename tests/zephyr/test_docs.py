"""The API page lists every function there is, and every row has a test."""

from __future__ import annotations

import re
from pathlib import Path

from dmalab import zephyr
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
