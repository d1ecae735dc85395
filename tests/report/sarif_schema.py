"""The part of the SARIF 2.1.0 schema that dmalab's logs use, stated as strictly: what is not listed is refused.

Names, required keys, enumerations and ranges are those of the standard's JSON schema. Source: OASIS SARIF 2.1.0 plus errata 01,
sarif-schema-2.1.0.json. `test_sarif` also reads every log with models that the package pydantic-sarif generates from the whole schema.
"""

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
BAG = {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True, "items": TEXT}}}


def ref(name):
    return {"$ref": f"#/$defs/{name}"}


def several(item, *, unique=False, least=0):
    return {"type": "array", "items": item, "uniqueItems": unique, "minItems": least}


def thing(required=(), **properties):
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**properties, "properties": BAG},
    }


DEFINITIONS = {
    "run": thing(
        ["tool", "results"],
        tool=thing(["driver"], driver=ref("toolComponent")),
        automationDetails=thing(id=TEXT),
        invocations=several(ref("invocation")),
        columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        results=several(ref("result")),
    ),
    "toolComponent": thing(
        ["name"],
        name=TEXT,
        version=TEXT,
        semanticVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
        rules=several(ref("reportingDescriptor"), unique=True),
    ),
    "reportingDescriptor": thing(
        ["id"],
        id=TEXT,
        shortDescription=ref("multiformatMessageString"),
        fullDescription=ref("multiformatMessageString"),
        help=ref("multiformatMessageString"),
        defaultConfiguration=thing(level=LEVEL),
    ),
    "multiformatMessageString": thing(["text"], text=TEXT, markdown=TEXT),
    "message": thing(["text"], text=TEXT),
    "invocation": thing(
        ["executionSuccessful"],
        executionSuccessful={"type": "boolean"},
        toolExecutionNotifications=several(ref("notification")),
    ),
    "notification": thing(
        ["message"], message=ref("message"), level=LEVEL, locations=several(ref("location"), unique=True)
    ),
    "result": thing(
        ["message"],
        ruleId=TEXT,
        ruleIndex=COUNT,
        level=LEVEL,
        message=ref("message"),
        locations=several(ref("location")),
        relatedLocations=several(ref("location"), unique=True),
        codeFlows=several(thing(["threadFlows"], threadFlows=several(ref("threadFlow"), least=1))),
        occurrenceCount={"type": "integer", "minimum": 1},
        partialFingerprints={"type": "object", "additionalProperties": TEXT},
        fixes=several(ref("fix"), unique=True),
    ),
    "location": thing(
        id=COUNT,
        physicalLocation=ref("physicalLocation"),
        logicalLocations=several(thing(name=TEXT, kind=TEXT), unique=True),
        message=ref("message"),
    ),
    "physicalLocation": thing(["artifactLocation"], artifactLocation=ref("artifactLocation"), region=ref("region")),
    "artifactLocation": thing(uri={"type": "string", "format": "uri-reference"}, uriBaseId=TEXT),
    "region": thing(
        ["startLine"],
        **{name: {"type": "integer", "minimum": 1} for name in ("startLine", "startColumn", "endLine", "endColumn")},
    ),
    "threadFlow": thing(
        ["locations"], locations=several(thing(location=ref("location"), executionOrder=COUNT), least=1)
    ),
    "fix": thing(
        ["artifactChanges"],
        description=ref("message"),
        artifactChanges=several(ref("artifactChange"), unique=True, least=1),
    ),
    "artifactChange": thing(
        ["artifactLocation", "replacements"],
        artifactLocation=ref("artifactLocation"),
        replacements=several(
            thing(["deletedRegion"], deletedRegion=ref("region"), insertedContent=thing(text=TEXT)), least=1
        ),
    ),
}

LOG = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": several(ref("run")),
    },
    "$defs": DEFINITIONS,
}
