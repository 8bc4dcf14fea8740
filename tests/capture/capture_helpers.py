"""What tests of capture share: a folder of live state with executions in it."""

from poet import events
from poet.events import new_event

DAY = 86_400.0


def execute(home, name, *, at=None, alarm=False, function="detect_drift", raised=False, ms=2.0):
    """Store an execution's event, as the proxy writes it; return its id."""
    payload = {
        "function": function, "file": "prices.py", "version": "v1", "duration_ms": ms,
        "outcome": "raised" if raised else "returned", "error": None,
        "facts": {"status": "drift" if alarm else "ok"},
    }  # fmt: skip
    event = new_event("function.execution", payload, correlation_id=name)
    if at is not None:
        event = event._replace(timestamp=events.timestamp(int(at * 1e9)))
    assert events.store_event(event, home)
    return name


def told(home, kind):
    """Return the payloads of all events of a type, oldest first."""
    return [e.payload for e in events.read(home) if e.type == kind]
