"""Makes docs/gallery.md and the package's table of cases from index.toml: `python examples/gallery/render.py`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "gallery.md"
TABLE = HERE.parents[1] / "src" / "dmalab" / "rules" / "cases.py"
APIS = {"idf": "ESP-IDF", "zephyr": "Zephyr", "esphal": "esp-hal"}


def index() -> dict[str, Any]:
    """The index as it stands on disk."""
    return tomllib.loads((HERE / "index.toml").read_text(encoding="utf-8"))


def folder(case: dict[str, Any]) -> str:
    """The name of a case's folder."""
    return f"{case['id']}_{case['name']}"


def sources(case: dict[str, Any]) -> str:
    """How the files of a case end."""
    return ".py" if case["api"] == "esphal" else ".c"


def command(case: dict[str, Any], twin: str = "bug") -> str:
    """The command line that runs a case."""
    words = [f"dmalab run examples/gallery/{folder(case)}/{twin}{sources(case)}", f"--chip {case['chips'][0]}"]
    if case["api"] == "zephyr":
        words.append("--api zephyr")
    if "idf" in case:
        words.append(f"--idf {case['idf']}")
    words += [f"--option {option}" for option in case.get("options", ())]
    words += [f"-D {define}" for define in case.get("defines", ())]
    return " ".join(words)


def page(content: dict[str, Any]) -> str:
    """The page."""
    return "\n".join(_lines(content)) + "\n"


def _lines(content: dict[str, Any]) -> Iterator[str]:
    cases = content["case"]
    yield "# The gallery"
    yield ""
    yield f"{len(cases)} real bugs, each told in public, re-enacted as small firmware: a source with the bug and its repaired twin."
    yield "Run one and read what dmalab says; `dmalab rules NAME` explains the rule."
    yield ""
    yield "<!-- Made by examples/gallery/render.py from examples/gallery/index.toml. -->"
    yield ""
    yield "| case | what happened | rule | API | chips |"
    yield "|---|---|---|---|---|"
    for case in cases:
        yield (
            f"| [{case['id']}](#{case['id'].lower()}) | {case['title']} | `{case['rule']}` | {APIS[case['api']]} "
            f"| {', '.join(case['chips'])} |"
        )
    for case in cases:
        yield from _case(case)
    if content.get("missing"):
        yield from ("", "## Not re-enacted", "", "| case | what happened | why not |", "|---|---|---|")
        for gap in content["missing"]:
            yield f"| {gap['id']} | [{gap['title']}]({gap['link']}) | {gap['reason']} |"


def _case(case: dict[str, Any]) -> Iterator[str]:
    where, end = f"../examples/gallery/{folder(case)}", sources(case)
    yield from ("", f"## {case['id']}", "", f"**{case['title']}** ({case['origin']}, [in public]({case['link']}))", "")
    yield from case["story"]
    also = f", also {', '.join(f'`{rule}`' for rule in case['also'])}" if case["also"] else ""
    yield from ("", f"Rule `{case['rule']}`{also}. [bug{end}]({where}/bug{end}), [fixed{end}]({where}/fixed{end})", "")
    yield f"    {command(case)}"


def table(content: dict[str, Any]) -> str:
    """The module that `dmalab rules` reads, as this folder is no part of the package."""
    return "\n".join(_rows(content)) + "\n"


def _rows(content: dict[str, Any]) -> Iterator[str]:
    yield from _TABLE_HEAD.splitlines()
    for case in content["case"]:
        yield "    Case("
        for name in ("id", "title", "rule", "link"):
            yield f'        {name}="{case[name]}",'
        if case["also"]:
            also = ", ".join(f'"{rule}"' for rule in case["also"])
            yield f"        also=({also}{',' if len(case['also']) == 1 else ''}),"
        yield f'        folder="{folder(case)}",'
        yield "    ),"
    yield ")"
    yield '"""In the order of their numbers."""'


_TABLE_HEAD = '''"""The gallery's cases, for `dmalab rules NAME`. Made by examples/gallery/render.py from examples/gallery/index.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A real bug that was re-enacted."""

    id: str
    title: str
    rule: str
    """The rule it is reported under."""
    link: str
    """Where it was told in public."""
    folder: str
    """Below examples/gallery."""
    also: tuple[str, ...] = ()
    """Rules it may be reported under besides."""


CASES = (
'''.rstrip()


if __name__ == "__main__":
    PAGE.write_text(page(index()), encoding="utf-8")
    TABLE.write_text(table(index()), encoding="utf-8")
