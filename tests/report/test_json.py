"""The JSON report, schema `dmalab.report/1`: a contract with other tools, so keys and their order are compared whole."""

import dataclasses
import json
from pathlib import Path

import pytest

from dmalab.report.finding import Certainty, Finding, LineBytes, LinePart, Severity, Where
from dmalab.report.json import run_data, to_json
from dmalab.report.run import CaseResult, RunReport
from dmalab.version import __version__

FULL = RunReport(
    chip="esp32p4",
    api="idf",
    idf="v5.5",
    seed=7,
    duration_ns=1234,
    findings=(
        Finding(
            rule="stale-dma-read",
            severity=Severity.ERROR,
            certainty=Certainty.POSSIBLE,
            message="m",
            address=0x4FF40080,
            size=64,
            line=LineBytes(
                address=0x4FF40080,
                size=64,
                cpu=b"\x41\x00",
                memory=b"\x00\x01",
                moved=b"\xff",
                parts=(
                    LinePart(address=0x4FF40080, size=60, owner="frame"),
                    LinePart(address=0x4FF400BC, size=4, owner=""),
                ),
            ),
            time_ns=13,
            where=(Where(role="stored", file="a.c", line=3, function="f", task="main", time_ns=12, note="n"),),
            fix="do it",
            notes=("one",),
            count=2,
        ),
    ),
    tests=(CaseResult(name="t", outcome="failed", file="t.c", line=9, message="no", duration_ns=5),),
    stats={"transfers": 3, "bytes_moved": 4096},
    notes=("cut",),
    failure="assertion",
)


def test_a_full_report_whole():
    assert to_json([FULL]) == (
        """\
{
  "schema": "dmalab.report/1",
  "dmalab": "VERSION",
  "verdict": "failed",
  "chip": "esp32p4",
  "api": "idf",
  "idf": "v5.5",
  "seed": 7,
  "duration_ns": 1234,
  "findings": [
    {
      "rule": "stale-dma-read",
      "severity": "error",
      "certainty": "possible",
      "message": "m",
      "address": 1341390976,
      "size": 64,
      "line": {
        "address": 1341390976,
        "size": 64,
        "cpu": "4100",
        "memory": "0001",
        "moved": "ff",
        "moved_word": "sent",
        "parts": [
          {
            "address": 1341390976,
            "size": 60,
            "owner": "frame"
          },
          {
            "address": 1341391036,
            "size": 4,
            "owner": ""
          }
        ]
      },
      "time_ns": 13,
      "where": [
        {
          "role": "stored",
          "file": "a.c",
          "line": 3,
          "function": "f",
          "task": "main",
          "time_ns": 12,
          "note": "n"
        }
      ],
      "fix": "do it",
      "notes": [
        "one"
      ],
      "count": 2
    }
  ],
  "tests": [
    {
      "name": "t",
      "outcome": "failed",
      "file": "t.c",
      "line": 9,
      "message": "no",
      "duration_ns": 5
    }
  ],
  "stats": {
    "bytes_moved": 4096,
    "transfers": 3
  },
  "notes": [
    "cut"
  ],
  "failure": "assertion",
  "error": ""
}
""".replace("VERSION", __version__)
    )


def test_what_is_unknown_is_null_or_empty_but_there():
    finding = Finding(rule="leak", severity=Severity.WARNING, certainty=Certainty.CERTAIN, message="m")
    data = json.loads(to_json([RunReport(chip="esp32s3", api="idf", findings=(finding,))]))
    assert data["verdict"] == "findings"
    assert (data["findings"][0]["address"], data["findings"][0]["line"], data["findings"][0]["where"]) == (
        None,
        None,
        [],
    )
    assert (data["tests"], data["stats"], data["notes"]) == ([], {}, [])


def test_several_runs_are_listed():
    other = RunReport(chip="esp32s3", api="idf")
    data = json.loads(to_json([FULL, other]))
    assert list(data) == ["schema", "dmalab", "runs"]
    assert data["runs"] == [json.loads(to_json([FULL])), json.loads(to_json([other]))]


def test_no_run_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="at least one run"):
        to_json([])


def fields(kind):
    return {field.name for field in dataclasses.fields(kind)}


def test_no_field_was_forgotten():
    data = run_data(FULL)
    found = data["findings"][0]
    assert set(data) - {"schema", "dmalab", "verdict"} == fields(RunReport) - {"timeline"}
    assert set(found) == fields(Finding)
    assert set(found["line"]) == fields(LineBytes)
    assert set(found["where"][0]) == fields(Where)
    assert set(data["tests"][0]) == fields(CaseResult)


def test_the_page_in_docs_names_every_key():
    page = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    data = run_data(FULL)
    found = data["findings"][0]
    keys = {*data, *found, *found["line"], *found["line"]["parts"][0], *found["where"][0], *data["tests"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []
