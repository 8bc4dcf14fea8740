"""``poet canary``: try a version beside current, look at the trial, end it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from poet.cli._commands import _command, _fail, _name, cli, options_of, where
from poet.registry import find

__all__ = ["canary"]


@cli.command()
@click.argument("function")
@click.argument("version", required=False)
@where
@click.option(
    "--share", type=float, help="of the calls, above 0 and at most 1 [default: 0.1; a shadow 1]"
)
@click.option("--shadow", is_flag=True, help="run it after the calls, compare, answer by current")
@click.option("--end", is_flag=True, help="end the trial; current serves all calls again")
@click.option("--why", default="by hand", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="one JSON document")
@_command
def canary(
    function: str,
    version: str | None,
    folder: Path,
    share: float | None,
    shadow: bool,
    end: bool,
    why: str,
    as_json: bool,
) -> None:
    """Try VERSION of FUNCTION beside current on this machine; without VERSION, show the trial.

    A canary takes a share of the calls; a shadow runs after them and is compared. Where it is worse,
    by errors, time or alarms reviewed as false, the trial ends by itself. Running processes follow
    within a second.
    """
    from poet.events.queue import store_for
    from poet.lifecycle import canary as trials
    from poet.settings import home_for, load_settings

    if (end and version) or ((share is not None or shadow) and not version):
        raise click.UsageError("give a VERSION to begin a trial, --end to end it, or neither")
    item = find(function, folder.absolute())
    settings = load_settings(item.path.parent)
    home = home_for(item.path.parent, settings)
    if version:
        made = trials.start_trial(
            item.path, item.qualname, options_of(item), _name(version),
            mode="shadow" if shadow else "canary", share=share,
            reason=why, home=home,
        )  # fmt: skip
        beside = made.over or "the function as written"
        text = f"{function}: {made.mode} of {made.serve}, {made.share:.0%} of the calls, beside {beside}"
        click.echo(json.dumps(made._asdict(), indent=2) if as_json else text)
        return
    if end:
        ended = trials.end_trial(item.store, home, f"ended {why}", events=settings.events)
        if not ended:
            _fail(f"{function} has no trial")
        click.echo(f"{function}: the trial of {ended} has ended")
        return
    trial = trials.trial_of(item.store, home)
    if trial is None:
        click.echo("null" if as_json else f"{function} has no trial")
        return
    kind = "function.shadow" if trial.mode == "shadow" else "function.execution"
    events = store_for(home, settings.event_store).query(
        kind, function=item.qualname, since=trial.time
    )
    if trial.mode == "ended":
        text = json.dumps(trial._asdict(), indent=2) if as_json else f"{function}: {trial.reason}"
        click.echo(text)
        return
    figures = trials.figures_of(trial, item.qualname, events)
    click.echo(
        json.dumps(figures.as_json(), indent=2)
        if as_json
        else f"{function}: {trials.describe(figures)}"
    )
