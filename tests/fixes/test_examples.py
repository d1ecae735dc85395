"""Every example with a bug, given to `dmalab fix`: what its rules have changes for is fixed, with the exceptions that docs/fixes.md names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dmalab.fixes.propose import BY_RULE
from dmalab.fixes.session import fix_file
from dmalab.options import Options, parse_options
from dmalab.rules.catalogue import RULES

EXAMPLES = Path(__file__).parents[2] / "examples"
LEFT = {
    "spi/odd_receive": {"misaligned-for-engine"},  # the device says how long its answer is
    "spi/removed_busy": {"channel-state"},  # results must be collected first, which is the program's own order
    "gallery/B161_unlinked_list": {"bad-descriptor-chain"},  # what should be linked is not in sight
    "gallery/B189_results_left": {"channel-state"},  # the same as removed_busy
}
"""Rules that have changes, but none for this example."""
COHERENCY = (
    "stale-dma-read",
    "stale-cpu-read",
    "dirty-line-over-dma",
    "shared-line",
    "discarded-write",
    "ineffective-sync",
)
REGION, ALIGNMENT = ("unreachable-memory",), ("misaligned-for-engine",)
LIFETIME = ("touched-in-flight", "freed-in-flight", "dead-stack")


def cases() -> list[Any]:
    found = []
    for folder, key in ((".", "example"), ("gallery", "case"), ("spi", "example")):
        for case in tomllib.loads((EXAMPLES / folder / "index.toml").read_text())[key]:
            name = f"{case['id']}_{case['name']}" if "id" in case else case["name"]
            if case.get("api") != "esphal":
                found.append(pytest.param(str(Path(folder) / name), case, id=name))
    return found


CASES = cases()


@pytest.mark.parametrize(("name", "case"), CASES)
def test_what_has_a_change_is_fixed(name: str, case: dict[str, Any]) -> None:
    options = Options(
        sources=(EXAMPLES / name / "bug.c",),
        chips=tuple(case["chips"][:1]),
        api=case.get("api", "idf"),
        idf=case.get("idf", "v5.5"),
        options=parse_options(case.get("options", ())),
        defines=tuple(case.get("defines", ())),
    )
    outcome = fix_file(options)
    left = {attempt.finding.rule for attempt in outcome.attempts if not attempt.fixed}
    assert left & set(BY_RULE) == LEFT.get(name, set()) & set(BY_RULE)
    if case["rule"] in {*COHERENCY, *REGION, *ALIGNMENT, *LIFETIME} and name not in LEFT:
        assert (outcome.exit_code, any(attempt.fixed for attempt in outcome.attempts)) == (0, True)


def test_every_rule_of_these_families_has_changes_and_an_example() -> None:
    rules = {*COHERENCY, *REGION, *ALIGNMENT, *LIFETIME}
    assert rules <= set(BY_RULE) <= set(RULES)
    told = {rule for _, case in (each.values for each in CASES) for rule in (case["rule"], *case["also"])}
    assert rules <= told
