"""SARIF: valid for every kind of run, and saying what a reader needs."""

import json
from dataclasses import replace

import jsonschema
import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from dmalab.report.finding import Where
from dmalab.report.sarif import culprit, to_sarif
from dmalab.rules.catalogue import RULES

from .reports import ALL, BAD, BROKEN, CLEAN, FAILED, LEAK, STALE, TESTED
from .sarif_schema import LOG


def log_of(*reports):
    text = to_sarif(reports)
    assert text.endswith("\n")
    log = json.loads(text)
    jsonschema.validate(log, LOG, format_checker=jsonschema.FormatChecker())
    SarifLog.model_validate_json(text)
    return log


def result_of(finding):
    return log_of(replace(BAD, findings=(finding,)))["runs"][0]["results"][0]


def test_the_schema_here_refuses_what_is_wrong():
    log = log_of(BAD)
    for spoil in (
        lambda run: run.update(resluts=[]),
        lambda run: run["results"][0].update(level="fatal"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(startLine=0),
        lambda run: run["tool"].pop("driver"),
        lambda run: run["results"][0].pop("message"),
    ):
        spoilt = json.loads(json.dumps(log))
        spoil(spoilt["runs"][0])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(spoilt, LOG)


def test_every_kind_of_run_is_valid_and_a_run_of_its_own():
    log = log_of(*ALL)
    assert [run["automationDetails"]["id"] for run in log["runs"]] == [
        f"dmalab/idf/v5.5/{report.chip}/" for report in ALL
    ]
    assert [run["invocations"][0]["executionSuccessful"] for run in log["runs"]] == [True, True, True, True, False]
    assert log_of(CLEAN)["runs"][0]["results"] == []


def test_one_result_whole():
    place = {"uri": "src/frame.c", "uriBaseId": "SRCROOT"}
    started = {
        "physicalLocation": {"artifactLocation": place, "region": {"startLine": 52}},
        "message": {"text": "started by task main at t = 13.1 us, 64 bytes"},
        "logicalLocations": [{"name": "send_frame", "kind": "function"}],
    }
    stored = {
        "physicalLocation": {"artifactLocation": place, "region": {"startLine": 31}},
        "message": {"text": "stored by task main at t = 12.4 us"},
        "logicalLocations": [{"name": "fill_frame", "kind": "function"}],
    }
    result = log_of(BAD)["runs"][0]["results"][0]
    report = result["properties"].pop("report")
    assert report.startswith("error: stale-dma-read (certain) on esp32p4\n")
    assert result == {
        "ruleId": "stale-dma-read",
        "ruleIndex": 2,
        "level": "error",
        "message": {"text": f"{STALE.message}\nFix: {STALE.fix}"},
        "locations": [started],
        "relatedLocations": [{"id": 1, **stored}],
        "codeFlows": [
            {
                "threadFlows": [
                    {
                        "locations": [
                            {"location": stored, "executionOrder": 0},
                            {"location": started, "executionOrder": 1},
                        ]
                    }
                ]
            }
        ],
        "occurrenceCount": 3,
        "partialFingerprints": {"dmalab/v1": "stale-dma-read|stored@frame.c:fill_frame;started@frame.c:send_frame"},
        "fixes": [
            {
                "description": {"text": STALE.fix},
                "artifactChanges": [
                    {
                        "artifactLocation": place,
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 52, "startColumn": 1, "endLine": 52, "endColumn": 1},
                                "insertedContent": {
                                    "text": "esp_cache_msync(frame, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M | ESP_CACHE_MSYNC_FLAG_UNALIGNED);\n"
                                },
                            }
                        ],
                    }
                ],
            }
        ],
        "properties": {"chip": "esp32p4", "certainty": "certain", "fix": STALE.fix},
    }


def test_rules_carry_their_help():
    rules = log_of(BAD)["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["leak", "redundant-sync", "stale-dma-read"]
    for rule in rules:
        known = RULES[rule["id"]]
        assert rule["shortDescription"]["text"] == known.summary
        for text in (known.happens, known.field, known.fix, known.source):
            assert text in rule["help"]["text"]
            assert text in rule["help"]["markdown"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == [
        {"error": "error", "warning": "warning", "info": "note"}[RULES[rule["id"]].severities[0].value]
        for rule in rules
    ]


def test_absolute_paths_become_file_addresses():
    location = result_of(LEAK)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///opt/my%20code/boot.c"}


def test_a_finding_without_a_place_has_none():
    result = result_of(replace(LEAK, where=(Where(role="stored", file="", line=0, function="", task="main"),)))
    assert result["locations"] == []
    assert "relatedLocations" not in result


@pytest.mark.parametrize(
    "fix",
    [
        "before frame.c:52: wait for the callback of esp_async_memcpy",
        "before frame.c:52: esp_cache_msync(buffer, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M)",  # it has another name in the source
        "before frame.c:99: esp_cache_msync(frame, 64, ESP_CACHE_MSYNC_FLAG_DIR_C2M)",
        "between the transfer and frame.c:52: esp_cache_msync(frame, 64, ESP_CACHE_MSYNC_FLAG_DIR_M2C)",
        "",
    ],
)
def test_fixes_that_are_no_insertion_stay_words(fix):
    result = result_of(replace(STALE, fix=fix))
    assert "fixes" not in result
    assert result["properties"]["fix"] == fix


def test_the_place_shown_first_is_where_the_fix_goes():
    assert culprit(STALE).line == 52
    assert culprit(replace(STALE, fix="at frame.c:31: store later")).line == 31
    assert culprit(replace(STALE, fix="at frame.c:3: elsewhere")).line == 52
    assert culprit(replace(STALE, where=())) is None


def test_later_symptoms_are_related_places_only():
    later = Where(role="also stored", file="src/frame.c", line=90, function="other", task="main")
    more = replace(STALE, where=(*STALE.where, later), fix="")
    assert culprit(more) == culprit(replace(STALE, fix=""))
    assert result_of(more)["partialFingerprints"] == result_of(replace(STALE, fix=""))["partialFingerprints"]
    lines = [one["physicalLocation"]["region"]["startLine"] for one in result_of(more)["relatedLocations"]]
    assert 90 in lines


def test_equal_findings_have_different_fingerprints():
    results = log_of(replace(BAD, findings=(STALE, replace(STALE, time_ns=1), LEAK)))["runs"][0]["results"]
    prints = [result["partialFingerprints"]["dmalab/v1"] for result in results]
    assert len(set(prints)) == 3


def test_what_no_rule_is_behind_is_a_notification():
    texts = [
        [note["message"]["text"] for note in run["invocations"][0].get("toolExecutionNotifications", [])]
        for run in log_of(CLEAN, TESTED, FAILED, BROKEN)["runs"]
    ]
    assert texts == [
        [],
        ["test is fast failed: Expected 1 Was 2"],
        [f"the firmware failed: {FAILED.failure}"],
        [BROKEN.error],
    ]


def test_the_same_runs_give_the_same_text():
    assert to_sarif(ALL) == to_sarif(ALL)
