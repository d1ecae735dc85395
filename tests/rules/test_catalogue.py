"""The rule catalogue: every rule explained, in whole sentences, with a public source."""

import ast
from pathlib import Path

import pytest

import dmalab
from dmalab.rules.catalogue import RULES


def test_every_rule_of_this_release_is_there():
    assert set(RULES) == {
        *("stale-dma-read", "stale-cpu-read", "dirty-line-over-dma", "shared-line", "discarded-write"),
        *("ineffective-sync", "touched-in-flight", "freed-in-flight", "dead-stack", "unreachable-memory"),
        *("misaligned-for-engine", "overrun", "isr-context", "heap-misuse", "leak", "deadlock", "guest-fault"),
        *("ring-ownership", "redundant-sync", "uninitialised-transfer"),
        *("channel-state", "completion-misuse", "bad-descriptor-chain", "alias-mix", "unsafe-maintenance", "ordering"),
    }


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_explained(name):
    rule = RULES[name]
    assert rule.name == name
    assert rule.severities
    assert "\n" not in rule.summary
    assert not rule.summary.endswith(".")
    assert all(text.endswith(".") for text in (rule.happens, rule.field, rule.fix))
    assert rule.source


def names_in_use():
    """Every literal that the sources pass as `rule=`, or keep in a table called `_RULE…`."""
    for path in Path(dmalab.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
                yield node.value.value
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and is_rule_table(node.targets):
                yield from (value.value for value in node.value.values if isinstance(value, ast.Constant))


def is_rule_table(targets):
    return any(isinstance(target, ast.Name) and target.id.startswith("_RULE") for target in targets)


def test_no_finding_carries_a_name_that_is_missing_here():
    assert set(names_in_use()) <= set(RULES)
