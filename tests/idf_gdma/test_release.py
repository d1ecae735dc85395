"""Releases: what is read, and which contract a release has."""

from __future__ import annotations

import pytest

from dmalab.idf.release import LINES, Release, UnknownRelease, of, parse


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("v5.5", Release(5, 5)),
        ("5.5.1", Release(5, 5, 1)),
        ("v4.4", Release(4, 4)),
        ("v6.1", Release(6, 1)),
        ("master", Release(6, 2)),
    ],
)
def test_what_is_read(text: str, release: Release) -> None:
    assert parse(text) == release
    assert parse(str(release)) == release


@pytest.mark.parametrize("text", ["v4.3", "v5.6", "v6.2", "v7.0", "5", "v5.5.x", "", "v5.5.1.2", "latest", "v٥.5"])
def test_what_is_not_modelled(text: str) -> None:
    with pytest.raises(UnknownRelease) as caught:
        parse(text)
    assert str(caught.value) == (
        f"unknown ESP-IDF release '{text}'; modelled: v4.4, v5.0, v5.1, v5.2, v5.3, v5.4, v5.5, v6.0, v6.1 and their point "
        "releases, and master"
    )


@pytest.mark.parametrize(
    ("release", "has"),
    [
        *[(line, line in ("v5.5", "v6.0", "v6.1")) for line in LINES],
        *[("v5.3.2", False), ("v5.3.3", True), ("v5.3.9", True), ("v5.4.0", False), ("v5.4.1", True), ("master", True)],
    ],
)
def test_a_contract_that_came_back_into_older_lines(release: str, has: bool) -> None:
    assert parse(release).since("5.3.3", "5.4.1", "5.5") is has


def test_a_line_between_those_listed_has_what_the_youngest_has_only_when_it_is_younger() -> None:
    """5.4 lies between 5.2 and 5.5: what came with 5.2.2 and 5.5 is not in it."""
    assert not parse("v5.4.9").since("5.2.2", "5.5")
    assert parse("v5.2.2").since("5.2.2", "5.5")


def test_a_machine_that_does_not_say_has_the_default() -> None:
    assert of(object()) == parse("v5.5")
