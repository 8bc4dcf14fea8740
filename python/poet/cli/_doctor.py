"""``poet doctor``: what is in force on this machine, and how fast its workers are."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from poet._version import VERSION
from poet.cli._commands import _command, cli, where
from poet.errors import PoetError

__all__: list[str] = []

_TRIAL = "def trial(a):\n    return a\n"


@cli.command()
@where
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@_command
def doctor(folder: Path, as_json: bool) -> None:
    """Show the settings in force here, the layers of the sandbox, and what a worker costs."""
    from poet.gate.sandbox import layers, missing_layers
    from poet.settings import home_for, load_settings, project_root

    here = folder.absolute()
    settings = load_settings(here)
    rows = layers()
    missing = missing_layers()
    facts: dict[str, Any] = {
        "poet": VERSION,
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "project_root": str(project_root(here) or "") or None,
        "live_state": str(home_for(here, settings)),
        "settings": {k: _plain(v) for k, v in settings._asdict().items()},
        "layers": rows,
        "missing": missing,
        "worker": _time_a_worker(),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"poet {VERSION}, python {facts['python']}, {sys.executable}")
    click.echo(f"project root: {facts['project_root'] or 'none (no pyproject.toml above here)'}")
    click.echo(f"live state:   {facts['live_state']}")
    for name, value in settings._asdict().items():
        click.echo(f"setting {name} = {value}")
    for name, value in rows.items():
        click.echo(f"sandbox {name}: {value}")
    if missing:
        click.echo(
            f"require: refuses here, for lack of {', '.join(missing)}; versions that no recipe made "
            "cannot be verified, and those verified elsewhere wait for: poet approve FUNCTION"
        )
    else:
        click.echo("require: holds, every layer it asks for is in force")
    timed = facts["worker"]
    if timed["problem"]:
        click.echo(f"worker: none can be started: {timed['problem']}")
        return
    click.echo(f"worker: the zygote started in {timed['zygote_ms']:.0f} ms")
    click.echo(f"worker: one verified call took {timed['verified_call_ms']:.1f} ms, "
               f"a call of a kept worker {timed['kept_call_ms']:.2f} ms")  # fmt: skip


def _plain(value: object) -> object:
    return (
        value
        if isinstance(value, (str, int, float, bool, list, tuple)) or value is None
        else str(value)
    )


def _time_a_worker() -> dict[str, Any]:
    """Start workers and call a trivial function; return milliseconds, or what went wrong."""
    from poet.codec import encode
    from poet.gate.sandbox import Lost, Sandbox
    from poet.gate.sandbox.zygotes import zygote

    with tempfile.TemporaryDirectory(prefix="poet-doctor-") as folder:
        path = Path(folder) / "poet_doctor_trial.py"
        path.write_text(_TRIAL, encoding="utf-8")
        request: dict[str, Any] = {
            "path": str(path),
            "module": path.stem,
            "qualname": "trial",
            "name": "trial",
            "kind": "function",
            "owner": None,
            "user_names": [],
            "code": _TRIAL,
            "filename": str(path),
        }
        call = {"args": encode([1]), "kwargs": encode({}), "outside": {}}
        starts, calls = [], []
        try:
            begun = time.perf_counter()
            zygote(frozenset(), 0, (path.parent,)).release()
            zygote_ms = (time.perf_counter() - begun) * 1e3
            for _ in range(2):
                with Sandbox(60.0) as box:
                    begun = time.perf_counter()
                    answer = box.load(request)
                    starts.append((time.perf_counter() - begun) * 1e3)
                    if isinstance(answer, Lost) or "failed" in answer:
                        said = answer.message if isinstance(answer, Lost) else answer["failed"]
                        return {"problem": said}
                    for _ in range(25):
                        begun = time.perf_counter()
                        got = box.call(call)
                        calls.append((time.perf_counter() - begun) * 1e3)
                        if isinstance(got, Lost):
                            return {"problem": got.message}
        except (PoetError, OSError) as error:
            return {"problem": error.what if isinstance(error, PoetError) else str(error)}
    kept = sorted(calls[1:25] + calls[26:])
    return {
        "problem": None,
        "zygote_ms": round(zygote_ms, 1),
        "start_ms": round(starts[1], 2),
        "verified_call_ms": round(starts[1] + calls[25], 2),
        "kept_call_ms": round(kept[len(kept) // 2], 3),
    }
