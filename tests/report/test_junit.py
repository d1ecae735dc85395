"""JUnit XML: one case per test and chip, one more for the findings."""

from xml.etree import ElementTree as ET

from dmalab.report.junit import to_junit
from dmalab.report.text import render_finding

from .reports import ALL, BAD, BROKEN, CLEAN, FAILED, LEAK, NOTE, STALE, TESTED


def suites(*reports):
    root = ET.fromstring(to_junit(reports))
    assert root.tag == "testsuites"
    return root


def only(report):
    return suites(report).find("testsuite")


def test_a_clean_run_whole():
    assert to_junit([CLEAN]) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<testsuites name="dmalab" tests="1" failures="0" errors="0" skipped="0">\n'
        '  <testsuite name="esp32s3" tests="1" failures="0" errors="0" skipped="0" time="0.000001500">\n'
        "    <properties>\n"
        '      <property name="api" value="idf" />\n'
        '      <property name="idf" value="v5.5" />\n'
        '      <property name="seed" value="0" />\n'
        "    </properties>\n"
        '    <testcase classname="dmalab.esp32s3" name="findings" time="0.000001500" />\n'
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def test_one_case_per_test_and_chip():
    root = suites(*ALL)
    assert [suite.get("name") for suite in root] == [report.chip for report in ALL]
    assert [[case.get("name") for case in suite.iter("testcase")] for suite in root] == [
        ["findings"],
        ["findings"],
        ["copies", "is fast", "etm", "findings"],
        ["findings"],
        ["findings"],
    ]
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8",
        "failures": "3",
        "errors": "1",
        "skipped": "1",
    }
    for suite in root:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))


def test_findings_are_the_failure_text():
    failure = only(BAD).find("testcase/failure")
    assert failure.get("type") == "stale-dma-read"
    assert failure.get("message") == "esp32p4: 1 error, 1 warning, 1 note in 2.000 ms of chip time"
    assert failure.text == f"{render_finding(STALE, 'esp32p4')}\n\n{render_finding(LEAK, 'esp32p4')}"
    assert NOTE.message not in failure.text


def test_tests_of_the_firmware():
    passed, failed, skipped, findings = only(TESTED).iter("testcase")
    assert dict(passed.attrib) == {
        "classname": "dmalab.esp32c6",
        "name": "copies",
        "time": "0.000005000",
        "file": "test_copy.c",
        "line": "4",
    }
    assert len(passed) == 0
    assert failed.find("failure").text == "test_copy.c:20: Expected 1 Was 2"
    assert skipped.find("skipped").get("message") == "no ETM"
    assert len(findings) == 0


def test_what_xml_cannot_carry_is_replaced():
    assert only(FAILED).find("testcase/failure").text == (
        "the firmware failed: assertion \N{REPLACEMENT CHARACTER}[31mx > 0\N{REPLACEMENT CHARACTER}[0m failed at a.c:3"
    )


def test_what_could_not_run_is_an_error():
    error = only(BROKEN).find("testcase/error")
    assert (error.get("message"), error.text) == ("could not run", BROKEN.error)
