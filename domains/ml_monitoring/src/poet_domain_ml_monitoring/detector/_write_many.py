"""Writing the body of a detector that compares frames column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poet.generate import render_call
from poet_domain_ml_monitoring.detector._text import listed

if TYPE_CHECKING:
    from poet_domain_ml_monitoring.detector._write import Writer
    from poet_domain_ml_monitoring.reading.words import Quantity

__all__ = ["body_many"]

_FAILED: dict[Quantity, str] = {
    "decision": "False",
    "stable": "True",
    "n_current": "0",
    "n_reference": "0",
    "test": '"none"',
}


def body_many(w: Writer) -> list[str]:
    """Return the body: a loop over the columns, then what they say together."""
    n = w.local
    schema, item = w.plan.schema, w.plan.schema.item
    settle, level, limit = w.levels()
    lines = ["    # Perceive: which columns are compared, and at which level each."]
    lines += [*settle, *_columns(w), *_season(w)]
    each = level
    if w.plan.corrected:
        each = n("column_level")
        lines.append(f"    {each} = {level} / max(1, len({n('names')}))")
    lines += w.keep()
    lines += [f"    {n('statuses')}, {n('facts')} = {{}}, {{}}"]
    if item:
        lines.append(f"    {n('results')} = {{}}")
    lines += [f"    for {n('name')} in {n('names')}:"]
    own, limit = _own_limit(w, limit)
    lines += own
    lines += [*_attempt(w), *_failure(w, level, limit)]
    lines += ["", "        # Enforce: improbable by chance and large enough to matter."]
    lines += w.decide(each, limit, " " * 8)
    facts = [f'            "{k}": {v},' for k, v in w.facts().items()]
    lines += [
        f"        {n('statuses')}[{n('name')}] = {n('status')}",
        f"        {n('facts')}[str({n('name')})] = {{",
        *facts,
        "        }",
    ]
    if item:
        head = f"{n('results')}[{n('name')}] = "
        values = {**w.measured(level, limit), "column": n("name")}
        lines += w.result(item, values, head, " " * 8, f"{n('kept')}[{n('name')}]")
    return [*lines, *_together(w), *_answer(w, level, limit, bool(schema.slots))]


def _columns(w: Writer) -> list[str]:
    """Return the line that names the columns, without those that are left out."""
    selection, n = w.roles.selection, w.local
    if selection.literal:
        names = w.constant("COLUMNS", selection.literal)
    elif selection.helper is not None:
        user = w.use("user", "poet.runtime")
        names = f"list({user}.{selection.helper[0]}({selection.helper[1]}))"
    elif selection.parameter is not None and not selection.fallback:
        names = f"list({selection.parameter})"
    else:
        names = f"{w.use('columns_of')}({w.roles.reference})"
        if selection.fallback:
            names = f"list({selection.parameter} or {names})"
    out = w.left_out()
    if not out:
        return [f"    {n('names')} = {names}"]
    test = f"{n('name')} not in {w.constant('LEFT_OUT', out)}"
    return listed(n("names"), n("name"), f"{n('name')} in {names}", test)


def _season(w: Writer) -> list[str]:
    """Return the lines that find the phases of the season, where one was learnt."""
    seasonal = w.plan.strategy.seasonal
    if seasonal is None:
        return []
    given = [
        w.roles.current,
        w.roles.reference,
        f"time={w.constant('TIME', seasonal.time)}",
        f"period={w.constant('PERIOD_SECONDS', seasonal.period)}",
        f"width={w.constant('PHASE_WIDTH', seasonal.width)}",
    ]
    return [
        "    # Perceive: each is held against the reference at the same phase of the season.",
        render_call(f"{w.local('season')} = {w.use('SamePhase')}", given),
    ]


def _own_limit(w: Writer, limit: str) -> tuple[list[str], str]:
    """Return the line that sets a column's own limit, where some have one, and its name."""
    own = {k: v for k, v in w.plan.strategy.min_effects.items() if k not in w.left_out()}
    if not own or w.roles.limit is not None:
        return [], limit
    name = w.local("column_limit")
    limits = w.constant("MIN_EFFECTS", own)
    return [f"        {name} = {limits}.get({w.local('name')}, {limit})"], name


def _attempt(w: Writer) -> list[str]:
    """Return the lines that compare one column; a column that cannot be read stops no other."""
    n, pick = w.local, w.use("column_of")
    deep = " " * 12
    return [
        "        # Operate: the reference column decides which comparison fits.",
        "        try:",
        f"{deep}{n('now')} = {pick}({w.roles.current}, {n('name')})",
        f"{deep}{n('then')} = {pick}({w.roles.reference}, {n('name')})",
        *w.perceive_kind(n("now"), n("then"), deep, n("name")),
        *w.same_phase(deep),
        *w.thinned(deep),
        *w.measure(n("now"), n("then"), deep),
        f"        except (TypeError, ValueError) as {n('problem')}:",
    ]


def _failure(w: Writer, level: str, limit: str) -> list[str]:
    n, deep = w.local, " " * 12
    reason = f'{{"status": "error", "reason": str({n("problem")})}}'
    lines = [
        f'{deep}{n("statuses")}[{n("name")}] = "error"',
        f"{deep}{n('facts')}[str({n('name')})] = {reason}",
    ]
    item = w.plan.schema.item
    if item:
        values: dict[Quantity, str] = {**_FAILED, **w.given(level, limit), "column": n("name")}
        for slot in item.slots:
            if slot.quantity in ("p_value", "statistic", "effect"):
                nan = "None" if slot.optional else w.use("nan", "math")
                values[slot.quantity] = nan
            elif slot.quantity in ("decision", "stable") and slot.optional:
                values[slot.quantity] = "None"
        values["status"] = '"error"'
        head = f"{n('results')}[{n('name')}] = "
        lines += w.result(item, values, head, deep, f"{n('kept')}[{n('name')}]")
    return [*lines, f"{deep}continue"]


def _together(w: Writer) -> list[str]:
    """Return the lines that set drifted_columns, unknown and the status of all columns."""
    n = w.local
    found, unknown, status = n("drifted_columns"), n("unknown"), n("status")
    seen = f"{n('statuses')}.values()"
    pairs = f"{n('key')}, {n('value')} in {n('statuses')}"
    judged = f'{n("value")} in ("error", "insufficient_data")'
    return [
        "",
        "    # Enforce: a column that could not be judged is never counted as unchanged.",
        *listed(found, n("key"), f"{pairs}.items()", f'{n("value")} == "drift"'),
        *_grouped(w, found),
        *listed(unknown, n("key"), f"{pairs}.items()", judged),
        f'    {status} = "ok" if {n("statuses")} else "insufficient_data"',
        f'    for {n("worst")} in ("drift", "error", "insufficient_data", "warning"):',
        f"        if {n('worst')} in {seen}:",
        f"            {status} = {n('worst')}",
        "            break",
    ]


def _grouped(w: Writer, found: str) -> list[str]:
    """Return the lines that name one column of each group that moves together."""
    groups = w.plan.strategy.groups
    if not groups:
        return []
    call = f"{found} = {w.use('first_of_groups')}"
    return [
        "    # Of columns that move together the first is named: one incident, one name.",
        render_call(call, [found, w.constant("GROUPS", groups)]),
    ]


def _answer(w: Writer, level: str, limit: str, fixed: bool) -> list[str]:
    n, schema = w.local, w.plan.schema
    found, unknown, facts = n("drifted_columns"), n("unknown"), n("facts")
    observe = w.use("observe", "poet.runtime")
    lines = [
        "",
        "    # Train: the execution carries what was found.",
        f"    {observe}(",
        f"        status={n('status')},",
        f"        drifted_columns=[str({n('key')}) for {n('key')} in {found}],",
        f"        columns={facts},",
        "    )",
    ]
    if not w.plan.says_unknown:
        text = f'f"too little or unreadable data: {{{unknown}}}"'
        lines.append(f"    if {unknown} or not {n('statuses')}:")
        lines.append(render_call(w.use("warn_unknown"), [f'"{w.spec.name}"', text], " " * 8))
    if schema.item:
        return [*lines, f"    return {n('results')}"]
    if schema.shape == "names":
        made = found if schema.built_by == "list" else f"{schema.built_by}({found})"
        return [*lines, f"    return {made}"]
    assert fixed
    values: dict[Quantity, str] = {
        "decision": f"bool({found})",
        "stable": f"not {found}",
        "status": n("status"),
        **w.given(level, limit),
        "drifted_columns": found,
        "n_drifted": f"len({found})",
        "n_columns": f"len({n('names')})",
        "share": f"len({found}) / max(1, len({n('names')}))",
        "decisions": _by_column(w, f'{n("value")}["status"] == "drift"'),
        "p_values": _by_column(w, f'{n("value")}.get("p_value")'),
        "effects": _by_column(w, f'{n("value")}.get("effect_size")'),
    }
    for slot in schema.slots:
        if slot.optional and slot.quantity == "decision":
            values["decision"] = f"True if {found} else None if {unknown} else False"
        elif slot.optional and slot.quantity == "stable":
            values["stable"] = f"False if {found} else None if {unknown} else True"
    return [*lines, *w.result(schema, values, "return ", "    ", n("kept"))]


def _by_column(w: Writer, expression: str) -> str:
    key, value, facts = w.local("key"), w.local("value"), w.local("facts")
    return f"{{{key}: {expression} for {key}, {value} in {facts}.items()}}"
