"""Writing the text of a detector from what was read, formatted as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.generate import literal, passing, render_call
from poet_domain_ml_monitoring.detector._text import assigned
from poet_domain_ml_monitoring.reading.writer import WIDTH, ModuleWriter, learnt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.detector._plan import Plan
    from poet_domain_ml_monitoring.detector._schema import Schema, Slot
    from poet_domain_ml_monitoring.reading.words import Quantity, Status

__all__ = ["write"]

_SPELLED: dict[Status, Status] = {
    s: s for s in ("ok", "warning", "drift", "insufficient_data", "error")
}


def write(spec: FunctionSpec, plan: Plan) -> str:
    """Return the module's text: docstring, imports, constants, the function."""
    return Writer(spec, plan).text()


class Writer(ModuleWriter):
    def __init__(self, spec: FunctionSpec, plan: Plan) -> None:
        super().__init__(spec)
        self.plan = plan
        self.roles = plan.roles
        self.many = plan.roles.selection.how == "many"

    def constant(self, name: str, value: Any) -> str:
        """Define a module constant and return its name."""
        called = self.local(name)
        self.constants[name] = assigned(called, value)
        return called

    def module_doc(self) -> list[str]:
        roles = self.roles
        how = "the test that fits the reference"
        if len(self.plan.kinds) == 1:
            tests = {"continuous": "the Kolmogorov-Smirnov test"}
            how = tests.get(self.plan.kinds[0], "KL divergence and a G-test")
        return [
            f'"""Drift of `{roles.current}` from `{roles.reference}` by {how}.',
            "",
            "There is drift where the p-value is below the level and the effect, from 0 to 1, is at",
            'least its limit. Too little data is never "no drift".',
            *learnt(self.plan.strategy.notes),
            '"""',
        ]

    def says(self) -> str:
        return f"Compare `{self.roles.current}` with `{self.roles.reference}`."

    def body(self) -> list[str]:
        return self.body_many() if self.many else self.body_single()

    # parts that both bodies share

    def levels(self) -> tuple[list[str], str, str]:
        """Return the lines that settle level and limit, and the names of both."""
        lines, names = [], []
        for role, parameter, constant, value in (
            ("level", self.roles.level, "ALERT_THRESHOLD", self.plan.alert_threshold),
            ("limit", self.roles.limit, "MIN_EFFECT", self.plan.min_effect),
        ):
            if parameter is None:
                names.append(self.constant(constant, value))
                continue
            name = parameter
            if self.default_of(parameter) == "None":
                name = self.local(role)
                fixed = self.constant(constant, value)
                lines.append(f"    {name} = {parameter}")
                lines += [f"    if {name} is None:", f"        {name} = {fixed}"]
            elif len(parameter) > 24:
                name = self.local(role)
                lines.append(f"    {name} = {parameter}")
            if role == "limit":
                lines.append(f"    if not 0 <= {name} <= 1:")
                text = f'f"{{{name}}} is no effect: those lie between 0 and 1"'
                lines.append(render_call("raise ValueError", [text], " " * 8))
            names.append(name)
        return lines, names[0], names[1]

    def default_of(self, parameter: str) -> str | None:
        return next(p.default for p in self.spec.parameters if p.name == parameter)

    def min_size(self) -> str:
        return self.roles.min_samples or self.constant("MIN_SAMPLES", self.plan.min_samples)

    def measure(self, now: str, then: str, indent: str) -> list[str]:
        """Return the lines that compare two samples: they set test, found and effect."""
        test, found, effect = (self.local(n) for n in ("test", "found", "effect"))
        size = f"min_size={self.min_size()}"
        kinds = self.plan.kinds
        inner = indent if len(kinds) == 1 else indent + "    "
        numbers, categories = [], []
        if "continuous" in kinds:
            ks = self.use("ks_2samp", "poet.stats")
            numbers = [
                f'{inner}{test} = "ks"',
                render_call(f"{found} = {ks}", [now, then, size], inner),
                f"{inner}{effect} = {found}.statistic",
            ]
        if "categorical" in kinds:
            kl = self.use("kl_divergence", "poet.stats")
            counts = self.use("category_counts", "poet.stats")
            merge = self.use("merge_rare")
            a, b = self.local("counts"), self.local("expected")
            categories = [
                f'{inner}{test} = "kl"',
                render_call(f"{a} = {counts}", [now], inner),
                render_call(f"{b} = {counts}", [then], inner),
                f"{inner}{a}, {b} = {merge}({a}, {b})",
                f"{inner}{found} = {kl}({a}, {b}, {size})",
                f"{inner}{effect} = {found}.total_variation",
            ]
        if len(kinds) == 1:
            return numbers + categories
        kind = self.local("kind")
        return [f'{indent}if {kind} == "continuous":', *numbers, f"{indent}else:", *categories]

    def perceive_kind(self, now: str, then: str, indent: str, name: str = "") -> list[str]:
        """Return the lines that set kind: what was asked for by name goes before what is seen."""
        if len(self.plan.kinds) == 1:
            return []
        most = self.constant("MAX_CATEGORIES", self.plan.max_categories)
        kind = self.local("kind")
        call = f"{kind} = {self.use('kind_of')}"
        lines = [render_call(call, [then, now, f"max_categories={most}"], indent)]
        asked = self.plan.strategy.categories
        if not asked or not name:
            return lines
        names = self.constant("CATEGORICAL", asked)
        return [*lines, f"{indent}if {name} in {names}:", f'{indent}    {kind} = "categorical"']

    def same_phase(self, indent: str) -> list[str]:
        """Return the line that takes the rows of the same phase, where a season was learnt."""
        if self.plan.strategy.seasonal is None:
            return []
        given = [self.local("name")]
        if self.plan.kinds == ("categorical",) or not self.plan.strategy.seasonal.adjusted:
            given.append("adjusted=False")
        elif len(self.plan.kinds) > 1:
            given.append(f'adjusted={self.local("kind")} == "continuous"')
        pair = f"{self.local('now')}, {self.local('then')}"
        return [render_call(f"{pair} = {self.local('season')}.of", given, indent)]

    def thinned(self, indent: str, now: str = "", then: str = "") -> list[str]:
        """Return the lines that compare a part of the rows, where the whole costs too much."""
        rows = self.plan.strategy.sample
        if rows is None:
            return []
        most, evenly = self.constant("SAMPLE_ROWS", rows), self.use("evenly")
        pairs = ((self.local("now"), now), (self.local("then"), then))
        return [f"{indent}{name} = {evenly}({of or name}, {most})" for name, of in pairs]

    def left_out(self) -> tuple[str, ...]:
        """Return the columns that are not compared: times are none, some say nothing."""
        seasonal = self.plan.strategy.seasonal
        time = () if seasonal is None else (seasonal.time,)
        skipped = self.roles.selection.skipped
        return tuple(dict.fromkeys((*skipped, *time, *self.plan.strategy.left_out)))

    def decide(self, level: str, limit: str, indent: str) -> list[str]:
        """Return the lines that set enough, drifted and status."""
        enough, improbable, drifted, status = (
            self.local(n) for n in ("enough", "improbable", "drifted", "status")
        )
        found, effect = self.local("found"), self.local("effect")
        decision = f"{improbable} and {effect} >= {limit}"
        if self.roles.level or self.roles.limit:
            decision = f"bool({decision})"  # a level may be a NumPy number
        return [
            f'{indent}{enough} = {found}.status == "ok"',
            f"{indent}{improbable} = {enough} and {found}.p_value < {level}",
            f"{indent}{drifted} = {decision}",
            f"{indent}if not {enough}:",
            f'{indent}    {status} = "insufficient_data"',
            f"{indent}elif {drifted}:",
            f'{indent}    {status} = "drift"',
            f"{indent}elif {improbable} and {effect} >= {limit} / 2:",
            f'{indent}    {status} = "warning"',
            f"{indent}else:",
            f'{indent}    {status} = "ok"',
        ]

    def facts(self) -> dict[str, str]:
        finite, found = self.use("finite"), self.local("found")
        return {
            "test": self.local("test"),
            "p_value": f"{finite}({found}.p_value)",
            "effect_size": f"{finite}({self.local('effect')})",
            "status": self.local("status"),
            "n_current": f"{found}.n_current",
            "n_reference": f"{found}.n_reference",
        }

    def measured(self, level: str, limit: str) -> dict[Quantity, str]:
        """Return the expression for each quantity of one comparison."""
        found, drifted = self.local("found"), self.local("drifted")
        return {
            "decision": drifted,
            "stable": f"not {drifted}",
            "p_value": f"{found}.p_value",
            "statistic": f"{found}.statistic",
            "effect": self.local("effect"),
            "status": self.local("status"),
            "test": self.local("test"),
            "n_current": f"{found}.n_current",
            "n_reference": f"{found}.n_reference",
            **self.given(level, limit),
        }

    def given(self, level: str, limit: str) -> dict[Quantity, str]:
        tested = self.roles.level is not None or self.roles.limit is None
        return {"level": level, "limit": limit, "threshold": level if tested else limit}

    # the result

    def slot(self, slot: Slot, values: Mapping[Quantity, str], kept: str) -> str:
        if slot.quantity is None:
            return kept
        text = values[slot.quantity]
        own = (self.local("drifted"), f"not {self.local('drifted')}")
        if slot.optional and slot.quantity in ("decision", "stable") and text in own:
            return f"{text} if {self.local('enough')} else None"
        if slot.optional and slot.quantity in ("p_value", "effect", "statistic") and text != "None":
            return f"{self.use('finite')}({text})"
        if slot.quantity == "status" and slot.words:
            words = {**_SPELLED, **slot.words}
            words.setdefault("warning", "warning")
            if "warning" not in slot.words and "ok" in slot.words:
                words["warning"] = slot.words["ok"]
            return f"{self.constant('STATUS_WORDS', words)}[{text}]"
        return text

    def result(
        self, schema: Schema, values: Mapping[Quantity, str], head: str, indent: str, kept: str
    ) -> list[str]:
        """Return ``head`` with the result of that schema behind it."""
        if schema.shape == "value":
            return [f"{indent}{head}{self.slot(schema.slots[0], values, kept)}"]
        if schema.shape == "mapping":
            before: list[str] = []
            rows: list[str] = []
            for slot in schema.slots:
                key = literal(slot.key)
                value = self.slot(slot, values, f"{kept}[{key}]")
                if len(f"{indent}    {key}: {value},") > WIDTH:
                    own = self.local(f"own_{len(before) + 1}")
                    before.append(f"{indent}{own} = {value}")
                    value = own
                rows.append(f"{indent}    {key}: {value},")
            return [*before, f"{indent}{head}{{", *rows, f"{indent}}}"]
        if schema.shape == "object":
            user = self.use("user", "poet.runtime")
            rows = [
                f"{indent}    {s.key}={self.slot(s, values, f'{kept}.{s.key}')},"
                for s in schema.slots
            ]
            return [f"{indent}{head}{user}.{schema.built_by}(", *rows, f"{indent})"]
        parts = [self.slot(s, values, f"{kept}[{s.key}]") for s in schema.slots]
        rows = [f"{indent}    {p}," for p in parts]
        return [f"{indent}{head}(", *rows, f"{indent})"]

    def keep(self) -> list[str]:
        """Return the call of the baseline where a part of the result is the user's own."""
        if not self.plan.needs_baseline:
            return []
        call = f"{self.local('kept')} = {self.use('baseline', 'poet.runtime')}"
        return [render_call(call, passing(self.spec.parameters))]

    def body_single(self) -> list[str]:
        roles = self.roles
        now, then = roles.current, roles.reference
        lines: list[str] = []
        settle, level, limit = self.levels()
        perceive = list(settle)
        if roles.selection.how == "one":
            column = roles.selection.parameter or literal(roles.selection.literal[0])
            pick = self.use("column_of")
            now, then = self.local("now"), self.local("then")
            perceive.append(render_call(f"{now} = {pick}", [roles.current, column]))
            perceive.append(render_call(f"{then} = {pick}", [roles.reference, column]))
        if self.plan.kinds == ("continuous", "categorical"):
            lines.append("    # Perceive: the reference decides which comparison fits.")
        else:
            lines.append(
                f"    # Perceive: the samples are {self.plan.kinds[0]} by their annotation."
            )
        lines += [*perceive, *self.perceive_kind(now, then, "    ", self._column())]
        thinned = self.thinned("    ", now, then)
        if thinned:
            lines += thinned
            now, then = self.local("now"), self.local("then")
        lines += ["", "    # Operate: the test, and how large the difference is, from 0 to 1."]
        lines += self.measure(now, then, "    ")
        lines += ["", "    # Enforce: drift is improbable by chance and large enough to matter."]
        lines += self.decide(level, limit, "    ")
        lines += ["", "    # Train: the execution carries what was found."]
        observe = self.use("observe", "poet.runtime")
        lines.append(f"    {observe}(")
        lines += [f"        {k}={v}," for k, v in self.facts().items()]
        lines.append("    )")
        if not self.plan.says_unknown:
            lines += self.warn_single()
        lines += self.keep()
        values = self.measured(level, limit)
        if roles.selection.how == "one":
            name = roles.selection.parameter or literal(roles.selection.literal[0])
            values["column"] = name
        kept = self.local("kept")
        return lines + self.result(self.plan.schema, values, "return ", "    ", kept)

    def _column(self) -> str:
        """Return the name of the one column as it is written; empty for plain samples."""
        selection = self.roles.selection
        if selection.how != "one":
            return ""
        return selection.parameter or literal(selection.literal[0])

    def warn_single(self) -> list[str]:
        found, sizes = self.local("found"), self.local("sizes")
        warn = self.use("warn_unknown")
        text = f'f"{{{sizes}}} usable values, {{{self.min_size()}}} needed of each"'
        return [
            f"    if not {self.local('enough')}:",
            f'        {sizes} = f"{{{found}.n_current}} and {{{found}.n_reference}}"',
            render_call(warn, [literal(self.spec.name), text], " " * 8),
        ]

    def body_many(self) -> list[str]:
        from poet_domain_ml_monitoring.detector._write_many import body_many

        return body_many(self)
