"""The rule catalogue: every rule explained, in whole sentences, with a public source."""

import pytest

from dmalab.rules.catalogue import RULES


def test_every_rule_of_this_release_is_there():
    assert set(RULES) == {
        *("stale-dma-read", "stale-cpu-read", "dirty-line-over-dma", "shared-line", "discarded-write"),
        *("ineffective-sync", "touched-in-flight", "freed-in-flight", "dead-stack", "unreachable-memory"),
        *("misaligned-for-engine", "overrun", "isr-context", "heap-misuse", "leak", "deadlock", "guest-fault"),
        *("redundant-sync", "uninitialised-transfer"),
    }


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_explained(name):
    rule = RULES[name]
    assert rule.name == name
    assert rule.severities
    assert "\n" not in rule.summary and not rule.summary.endswith(".")
    assert all(text.endswith(".") for text in (rule.happens, rule.field, rule.fix))
    assert rule.source
