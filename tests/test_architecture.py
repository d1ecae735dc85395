"""The house: a file imports only from its own floor or below, and nothing in the repository knows the machine it was written on."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "dmalab"

FLOORS = (
    ("dmalab.version", "dmalab.errors"),
    ("dmalab.chips",),
    ("dmalab.core",),
    ("dmalab.report.finding",),  # plain data, which the rules fill
    ("dmalab.rules",),
    ("dmalab.idf", "dmalab.zephyr", "dmalab.esphal"),
    (
        "dmalab.report",
        "dmalab.trace",
    ),  # knows findings and nothing else of the house; it stands here because everything above returns reports
    ("dmalab.machine",),
    ("dmalab.guest",),
    (
        "dmalab.options",
        "dmalab.matrix",
        "dmalab.outputs",
        "dmalab.runner",
        "dmalab.memory_map",
        "dmalab.pages",
        "dmalab.rule_page",
        "dmalab.fixes",
        "dmalab.doctor",
        "dmalab.plan",
        "dmalab.cli",
        "dmalab.testing",
        "dmalab.pytest_plugin",
    ),
    ("dmalab.__main__", "dmalab"),
)
"""Ground first. The longest prefix of a module's name decides its floor."""

SIBLINGS = {"dmalab.idf", "dmalab.zephyr", "dmalab.esphal"}
"""The vendors' layers don't know each other."""


def floor_of(module):
    found = [
        (len(prefix), number)
        for number, floor in enumerate(FLOORS)
        for prefix in floor
        if module == prefix or (module.startswith(f"{prefix}.") and prefix != "dmalab")
    ]
    return max(found)[1] if found else None


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(name):
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of(path):
    """(line, dmalab module) of every import in the file, wherever it stands."""
    package = module_of(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
                if node.level
                else node.module
            )
            found = [f"{base}.{alias.name}" if is_module(f"{base}.{alias.name}") else base for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in found if name == "dmalab" or name.startswith("dmalab."))


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    module = module_of(path)
    floor = floor_of(module)
    assert floor is not None, f"{module} has no floor; give it one in {Path(__file__).name}"
    wrong = []
    for line, imported in imports_of(path):
        other = floor_of(imported)
        assert other is not None, f"{path}:{line}: {imported} has no floor; give it one in {Path(__file__).name}"
        siblings = {prefix for prefix in SIBLINGS if f"{module}.".startswith(f"{prefix}.")} ^ {
            prefix for prefix in SIBLINGS if f"{imported}.".startswith(f"{prefix}.")
        }
        if other > floor:
            wrong.append(
                f"{path}:{line}: {module} (floor {floor}) imports {imported} (floor {other}), which lies above it"
            )
        elif other == floor and len(siblings) == 2:
            wrong.append(f"{path}:{line}: {module} imports {imported}; vendors' layers don't know each other")
    assert not wrong, "\n".join(wrong)


def test_floors_tell_right_from_wrong():
    assert floor_of("dmalab.report.finding") < floor_of("dmalab.rules.families") < floor_of("dmalab.report.text")
    assert floor_of("dmalab.chips.loader") < floor_of("dmalab.core.machine") < floor_of("dmalab.idf.cache")
    assert floor_of("dmalab.unknown") is None


# Put together from pieces, so that this file is not its own finding.
FORBIDDEN = {
    "a path of the machine it was written on": re.compile(r"(?<![\w./-])/(?:wor" r"k|roo" r"t|hom" r"e/\w+)(?:/|\b)"),
    "the host of a package registry": re.compile(
        r"(?:pypi\.or" r"g|pythonhosted\.or" r"g|npmjs\.(?:or" r"g|co" r"m)|deb\.debian\.or" r"g)"
    ),
    "a path into somebody's temporary files": re.compile(r"(?<![\w.])/tm" r"p/\w"),
}
SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
    "build",
    "dist",
}


def repository_texts():
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(ROOT).parts):
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_nothing_names_the_machine_it_was_written_on():
    found = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {what}: {match[0]}"
        for path, text in repository_texts()
        for what, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text", ["cd /" + "work/main", "'/" + "root/x'", "pip install -i https://pypi." + "org/simple"]
)
def test_the_search_finds(text):
    assert any(pattern.search(text) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("text", ["src/work/main", "https://a.org/work", "firmware/root", "see network/rework"])
def test_the_search_lets_pass(text):
    assert not any(pattern.search(text) for pattern in FORBIDDEN.values())
