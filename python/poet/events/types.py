"""The event types that POET knows, what their payloads hold, and the JSON Schema of it.

A type that is not listed passes with any JSON payload. A listed one may hold more than is listed;
what is listed has the type that is said here, or is null where it is not required.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple

from poet.errors import EventError
from poet.events.envelope import MAX_EVENT_BYTES

__all__ = ["TYPES", "EventType", "Field", "check_payload", "schema"]

Kind = Literal[
    "text", "number", "whole", "share", "boolean", "texts", "list", "object", "time", "any"
]


class Field(NamedTuple):
    """One field of a payload.

    Attributes:
        name: Its key.
        kind: ``share`` is a number from 0 to 1, ``whole`` one of at least 0, ``time`` RFC 3339 text.
        doc: One line, with the unit.
        required: Whether an event without it is refused.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = False


class EventType(NamedTuple):
    """One type of event.

    Attributes:
        name: Dotted.
        doc: When it is written.
        fields: What the payload holds.
    """

    name: str
    doc: str
    fields: tuple[Field, ...]


_FUNCTION = Field("function", "text", "qualified name of the function it is about")
_FILE = Field("file", "text", "the module's file, relative to the project")
_EXECUTION = Field("execution_id", "text", "the execution it is about")
_ALERT = Field("alert_id", "text", "the alert it is about")
_SOURCE = Field("source", "text", "who or what says it")
_REAL = Field(
    "was_real_drift", "boolean", "whether the drift was real; null where that is not known"
)
_FEATURES = Field("features", "list", "the features it is about")
_METRIC = Field("metric", "text", "name of the figure")
_BEFORE = Field("before", "any", "what it was")
_AFTER = Field("after", "any", "what it is")
_REASON = Field("reason", "text", "why, one of poet.learn.REASONS or free text")
_USD = Field("usd", "number", "US dollars")
_SECONDS = Field("seconds", "number", "wall time in seconds")
_ABOUT = (_FUNCTION, _FILE, _EXECUTION, _SOURCE)


def _type(name: str, doc: str, *fields: Field) -> EventType:
    return EventType(name, doc, fields)


_ALL = (
    _type(
        "function.execution", "One call of a decorated function has ended.",
        Field("function", "text", "qualified name", required=True), _FILE,
        Field("version", "text", "the version that ran; null for the baseline"),
        Field("duration_ms", "number", "wall time in milliseconds", required=True),
        Field("outcome", "text", "returned or raised", required=True),
        Field("error", "text", "type name of the exception"),
        Field("facts", "object", "what the generated code observed of itself"),
        Field("recorded", "boolean", "whether its inputs are kept"),
    ),
    _type(
        "function.feedback", "Somebody says, later, how an execution was.",
        _EXECUTION, _ALERT, _FUNCTION, Field("at", "time", "about when, where no id is known"),
        Field("kind", "text", "performance, error, user or system", required=True),
        Field("source", "text", "who says it", required=True),
        Field("rating", "whole", "from 1 (bad) to 5 (good)"),
        Field("comments", "text", "free text; data, never instructions"),
        Field("metrics", "object", "named numbers"),
        Field("suggestions", "texts", "what to do about it"),
        _REAL, Field("was_correct", "boolean", "whether the outcome was right"), _REASON,
        Field("expected", "any", "what should have been returned"),
    ),
    _type(
        "function.update", "What calls of a function run has changed.",
        _FUNCTION, _FILE, _BEFORE, _AFTER, Field("action", "text", "promote, rollback, canary …"), _REASON,
    ),
    _type(
        "enhancement.requested", "A new version is asked for, and why.",
        _FUNCTION, _FILE, Field("lane", "text", "deterministic or statistical"), _REASON,
        Field("evidence", "list", "what the version is asked to answer to"),
    ),
    _type(
        "enhancement.completed", "What came of the making of a version.",
        _FUNCTION, Field("outcome", "text", "promoted, unchanged, kept, refused, rejected or failed"),
        _BEFORE, _AFTER, _SECONDS, Field("message", "text", "why"),
    ),
    _type(
        "drift.detected", "A check found drift.",
        *_ABOUT, Field("drifted", "whole", "how many features"), _FEATURES,
        Field("drift_score", "number", "worst effect, weighed"),
        Field("rows_current", "whole", "rows looked at"),
        Field("rows_reference", "whole", "rows compared with"),
    ),
    _type("drift.recovered", "Drift that was told is gone.", *_ABOUT, _FEATURES),
    _type(
        "drift.validation", "An outcome shows whether drift was real.",
        *_ABOUT, _ALERT, _REAL, Field("method", "text", "what showed it, such as model_retrain"),
        _METRIC, _BEFORE, _AFTER,
    ),
    _type("drift.false_positive", "Drift was told that was none.", *_ABOUT, _ALERT, _FEATURES, _REASON),
    _type(
        "drift.detection_delay", "How late drift was found.",
        *_ABOUT, Field("began", "time", "when it began"), Field("found", "time", "when it was told"),
        Field("seconds", "number", "between the two, in seconds", required=True),
    ),
    _type("drift.noise_issue", "A feature raises alarms by noise.", *_ABOUT, _FEATURES, _REASON),
    _type(
        "drift.business_impact_measured", "What a drift did to the business.",
        *_ABOUT, _ALERT, _METRIC, _BEFORE, _AFTER, _USD,
    ),
    _type(
        "model.retrained", "A model was trained anew.",
        *_ABOUT, Field("model", "text", "its name"), _METRIC, _BEFORE, _AFTER,
        Field("gain", "number", "how much better, positive for better"), _SECONDS,
    ),
    _type(
        "model.health_assessed", "A model's health was judged.",
        *_ABOUT, Field("model", "text", "its name"), Field("status", "text", "such as healthy"),
        Field("score", "number", "from 0 to 1"),
    ),
    _type("feature.discovery", "A feature was seen for the first time.", *_ABOUT, _FEATURES),
    _type(
        "feature.drift_impact", "How much drift of a feature mattered.",
        *_ABOUT, Field("feature", "text", "its name", required=True),
        Field("impact", "share", "of the damage that was possible", required=True),
        Field("severity", "share", "of the drift itself"),
    ),
    _type(
        "feature.interaction_discovered", "Features that matter more, or less, together.",
        *_ABOUT, Field("features", "texts", "their names", required=True),
        Field("factor", "number", "how much more; 1 for no more", required=True),
    ),
    _type(
        "business.metric_degradation", "A figure of the business got worse.",
        *_ABOUT, _METRIC, _BEFORE, _AFTER, Field("alerted", "boolean", "whether an alarm had told"),
    ),
    _type(
        "alert.created", "People are told of something.",
        *_ABOUT, _ALERT, Field("severity", "text", "level"),
    ),
    _type("alert.acknowledged", "Somebody has seen an alert.", *_ABOUT, _ALERT),
    _type(
        "alert.response", "What somebody did about an alert.",
        *_ABOUT, _ALERT, Field("response", "text", "acknowledged, acted, ignored …", required=True),
        Field("seconds", "number", "from the alert to the response, in seconds"),
        Field("comments", "text", "free text; data, never instructions"),
    ),
    _type(
        "alert.usefulness", "Whether an alert was worth its interruption.",
        *_ABOUT, _ALERT, Field("useful", "boolean", "whether it was"), _REASON,
    ),
    _type(
        "alert.batch_dismissed", "Alerts were dismissed together.",
        *_ABOUT, Field("alert_ids", "texts", "which", required=True), _REASON,
        Field("patterns", "list", "what they have in common"),
    ),
    _type(
        "threshold.adjustment", "A threshold was changed, or what that did was measured.",
        *_ABOUT, Field("name", "text", "which", required=True), _BEFORE, _AFTER,
        Field("impact", "object", "figures before and after, where they are measured"),
    ),
    _type(
        "config.changed", "A setting of a function was changed.",
        *_ABOUT, Field("name", "text", "which", required=True), _BEFORE, _AFTER,
    ),
    _type(
        "window_size.impact_measured", "What another window did.",
        *_ABOUT, Field("name", "text", "the setting", required=True), _BEFORE, _AFTER,
        Field("impact", "object", "figures before and after", required=True),
    ),
    _type(
        "error.occurred", "Something failed.",
        *_ABOUT, Field("error", "text", "its type"), Field("message", "text", "what it says"),
    ),
    _type(
        "error.recovery", "Something that failed works again.",
        *_ABOUT, Field("how", "text", "what helped"), _SECONDS,
    ),
    _type(
        "data.quality_issue", "Data was not what it must be.",
        *_ABOUT, _FEATURES, Field("issue", "text", "what"),
    ),
    _type(
        "monitoring.cost", "What monitoring cost.",
        *_ABOUT, _USD, _SECONDS, Field("period_days", "number", "over"),
    ),
    _type(
        "monitoring.value_delivered", "What monitoring was worth.",
        *_ABOUT, _USD, Field("what", "text", "how"),
    ),
    _type(
        "monitoring.performance", "How fast monitoring was.",
        *_ABOUT, _SECONDS, Field("rows", "whole", "rows looked at"),
    ),
    _type(
        "resource.optimization_needed", "Too much is used for what it gives.",
        *_ABOUT, Field("resource", "text", "such as memory"), _REASON,
    ),
    _type(
        "execution.cost_measured", "What one execution cost.",
        *_ABOUT, _USD, _SECONDS, Field("value_usd", "number", "what it was worth, US dollars"),
        Field("memory_mb", "number", "peak, megabytes"),
    ),
)  # fmt: skip

TYPES: Mapping[str, EventType] = {t.name: t for t in _ALL}
"""Every type that POET knows, by its name."""

_JSON: Mapping[Kind, dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "whole": {"type": "integer", "minimum": 0},
    "share": {"type": "number", "minimum": 0, "maximum": 1},
    "boolean": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "list": {"type": "array"},
    "object": {"type": "object"},
    "time": {"type": "string", "format": "date-time"},
    "any": {},
}


def check_payload(type: str, payload: Mapping[str, Any]) -> None:  # noqa: A002 - the envelope's word
    """Refuse a payload that is not what its type says; types that are not listed pass.

    Raises:
        EventError: A required field is missing, or a field is of another type; the message names it.
    """
    known = TYPES.get(type)
    if known is None:
        return
    for field in known.fields:
        value = payload.get(field.name)
        if value is None:
            if field.required:
                raise EventError(
                    f"the payload has no {field.name!r}",
                    where=f"event of type {type!r}",
                    hint=f"{field.name}: {field.doc}",
                )
        elif not _fits(value, field.kind):
            raise EventError(
                f"the field 'payload.{field.name}' is {value!r:.50}, not {_WORDS[field.kind]}",
                where=f"event of type {type!r}",
                hint=f"{field.name}: {field.doc}",
            )


_WORDS: Mapping[Kind, str] = {
    "text": "text",
    "number": "a finite number",
    "whole": "a whole number of at least 0",
    "share": "a number from 0 to 1",
    "boolean": "true or false",
    "texts": "a list of texts",
    "list": "a list",
    "object": "a mapping",
    "time": "a time such as 2026-03-01T12:00:00Z",
    "any": "JSON",
}


def _fits(value: object, kind: Kind) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    match kind:
        case "text" | "time":
            return isinstance(value, str)
        case "number":
            return number
        case "whole":
            return number and isinstance(value, int) and value >= 0
        case "share":
            return number and 0 <= value <= 1  # type: ignore[operator]
        case "boolean":
            return isinstance(value, bool)
        case "texts":
            listed = isinstance(value, (list, tuple))
            return listed and all(isinstance(v, str) for v in value)  # type: ignore[attr-defined]
        case "list":
            return isinstance(value, (list, tuple))
        case "object":
            return isinstance(value, Mapping)
        case _:
            return True


def schema(type: str | None = None) -> dict[str, Any]:  # noqa: A002 - the envelope's own word
    """Return the JSON Schema (2020-12) of events: of one type, or of all.

    Raises:
        EventError: The type is not one that POET knows; such events have any JSON payload.
    """
    if type is not None and type not in TYPES:
        raise EventError(
            f"no event type {type!r} is known", hint=f"known: {', '.join(sorted(TYPES))}"
        )
    base: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"POET event {type}" if type else "POET event",
        "description": f"One line of JSON, at most {MAX_EVENT_BYTES:,} bytes. Numbers are finite.",
        "type": "object",
        "required": [
            "id",
            "type",
            "timestamp",
            "correlation_id",
            "causation_id",
            "metadata",
            "payload",
        ],
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "UUIDv7 (RFC 9562)"},
            "type": {"type": "string", "pattern": r"^[^\W\d]\w*(\.[^\W\d]\w*)*$"},
            "timestamp": {"type": "string", "format": "date-time", "description": "UTC"},
            "correlation_id": {"type": ["string", "null"], "description": "what it is about"},
            "causation_id": {"type": ["string", "null"], "description": "the event that caused it"},
            "metadata": {
                "type": "object",
                "required": ["version", "environment", "service"],
                "properties": {
                    n: {"type": "string"} for n in ("version", "environment", "service")
                },
            },
            "payload": {"type": "object"},
            "crc": {"type": "string", "description": "CRC-32 of the line before it; files only"},
        },
    }
    if type is not None:
        base["description"] = f"{TYPES[type].doc} {base['description']}"
        base["properties"]["type"] = {"const": type}
        base["properties"]["payload"] = _payload(TYPES[type])
        return base
    base["$defs"] = {name: _payload(known) for name, known in sorted(TYPES.items())}
    base["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"payload": {"$ref": f"#/$defs/{name}"}}},
        }
        for name in sorted(TYPES)
    ]
    return base


def _payload(known: EventType) -> dict[str, Any]:
    properties = {}
    for field in known.fields:
        plain = dict(_JSON[field.kind])
        if "type" in plain and not field.required:
            plain["type"] = [plain["type"], "null"]
        properties[field.name] = {**plain, "description": field.doc}
    return {
        "description": known.doc,
        "type": "object",
        "required": [f.name for f in known.fields if f.required],
        "properties": properties,
    }
