"""The JSON Schema of the JSON report, which comes with the package as `schema.json` (draft 2020-12)."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec


def schema_text() -> str:
    """The schema as it lies in the package."""
    return files("dmalab.report").joinpath("schema.json").read_text(encoding="utf-8")


def schema() -> dict[str, Any]:
    """The schema as data, for a validator."""
    return msgspec.json.decode(schema_text(), type=dict[str, Any])
