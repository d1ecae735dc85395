"""What tests of Zephyr programs share."""

from __future__ import annotations

import pytest

from .programs import HEAD, run


@pytest.fixture
def program(tmp_path):
    """Runs a program given as text."""

    def write(text, *, head=HEAD, name="program.c", **more):
        path = tmp_path / name
        path.write_text(head + text)
        return run(path, **more)

    return write
