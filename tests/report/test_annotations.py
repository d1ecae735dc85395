"""Workflow commands, compared whole: they are a format."""

from dataclasses import replace

from dmalab.report.annotations import workflow_commands

from .reports import BAD, BROKEN, CLEAN, FAILED, LEAK, STALE, TESTED


def test_a_clean_run_has_none():
    assert workflow_commands([CLEAN]) == []


def test_every_kind_whole_with_errors_first():
    assert workflow_commands([BAD, TESTED, FAILED, BROKEN]) == [
        "::error file=test_copy.c,line=20,title=is fast failed on esp32c6::Expected 1 Was 2",
        f"::error title=the firmware failed on esp32::{FAILED.failure}",
        f"::error title=could not run on esp32c3::{BROKEN.error}",
        f"::error file=src/frame.c,line=52,title=stale-dma-read (certain) on esp32p4::{STALE.message}%0A{STALE.fix}",
        (
            "::warning file=/opt/my code/boot.c,line=7,title=leak (certain) on esp32p4::"
            '50%25 of <everything> & more, "quoted": line one%0Aline two'
        ),
        "::notice title=redundant-sync (certain) on esp32p4::nothing to write back",
    ]


def test_one_line_for_all_chips_that_have_the_problem():
    other = replace(BAD, chip="esp32s31", findings=(replace(STALE, time_ns=99, address=0x123), LEAK))
    lines = workflow_commands([BAD, other])
    assert [line.split("::")[1].partition("title=")[2] for line in lines] == [
        "stale-dma-read (certain) on esp32p4%2C esp32s31",
        "leak (certain) on esp32p4%2C esp32s31",
        "redundant-sync (certain) on esp32p4",
    ]


def test_properties_are_escaped():
    odd = replace(LEAK, where=(replace(LEAK.where[0], file="a,b:c%.c"),))
    assert workflow_commands([replace(BAD, findings=(odd,))])[0].startswith("::warning file=a%2Cb%3Ac%25.c,line=7,")
