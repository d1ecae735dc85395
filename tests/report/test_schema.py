"""The JSON Schema that comes with the package, against what is written."""

import json

import jsonschema
import pytest

from dmalab.report.json import to_json
from dmalab.report.schema import schema

from .reports import ALL, BAD, CLEAN


def closed(node):
    """The same schema without room for more keys: nothing may be written that it does not list."""
    if isinstance(node, dict):
        inner = {key: closed(value) for key, value in node.items()}
        return {"additionalProperties": False, **inner} if node.get("type") == "object" else inner
    return [closed(item) for item in node] if isinstance(node, list) else node


STRICT = jsonschema.Draft202012Validator(closed(schema()))


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("report", ALL, ids=lambda report: report.chip)
def test_every_kind_of_run_is_valid_and_nothing_is_left_out(report):
    STRICT.validate(json.loads(to_json([report])))


def test_several_runs_are_valid():
    STRICT.validate(json.loads(to_json(ALL)))


def test_every_key_that_is_written_is_required():
    """A reader may rely on each of them."""
    definitions = schema()["$defs"]
    for name in ("matrix", "run", "finding", "line", "part", "where", "test"):
        assert set(definitions[name]["required"]) == set(definitions[name]["properties"]), name


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.pop("findings"),
        lambda run: run.update(verdict="fine"),
        lambda run: run.update(schema="dmalab.report/2"),
        lambda run: run["findings"][0].update(severity="fatal"),
        lambda run: run["findings"][0].update(count=0),
        lambda run: run["findings"][0]["line"].update(cpu="4"),
        lambda run: run["findings"][0]["where"][0].update(line=None),
    ],
)
def test_it_refuses_what_is_wrong(spoil):
    data = json.loads(to_json([BAD]))
    spoil(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())


def test_further_keys_are_no_mistake_for_a_reader():
    jsonschema.validate({**json.loads(to_json([CLEAN])), "later": 1}, schema())
