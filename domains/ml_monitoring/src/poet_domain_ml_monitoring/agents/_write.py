"""Writing the text of a monitor from what was read, formatted as it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poet.generate import literal, passing, render_call
from poet_domain_ml_monitoring.agents._values import feature_value, overall_value
from poet_domain_ml_monitoring.reading.writer import WIDTH, ModuleWriter, learnt

if TYPE_CHECKING:
    from poet.spec import FunctionSpec
    from poet_domain_ml_monitoring.agents._plan import Plan
    from poet_domain_ml_monitoring.agents._result import Result, Slot

__all__ = ["Writer", "write"]

# What a local is called where the user has a parameter or a result of its name.
_OTHER = {"found": "each", "report": "checked", "state": "mine", "alerts": "raised", "result": "answer",
          "monitor": "watcher", "assessment": "assessed", "features": "by_feature"}  # fmt: skip


def write(spec: FunctionSpec, plan: Plan) -> str:
    """Return the module's text: docstring, imports, constants, the function."""
    return Writer(spec, plan).text()


class Writer(ModuleWriter):
    """Writes one monitor; the names in it clash with no parameter."""

    other = _OTHER

    def __init__(self, spec: FunctionSpec, plan: Plan) -> None:
        super().__init__(spec)
        self.plan = plan
        if plan.after.name and plan.after.name not in self.taken:
            self.names["result"] = plan.after.name
            self.taken.add(plan.after.name)

    def constant(self, name: str, text: str) -> str:
        """Define a module constant and return its name."""
        called = self.local(name)
        self.constants[name] = [f"{called} = {text}"]
        return called

    def module_doc(self) -> list[str]:
        """Return the lines of the module's docstring."""
        roles = self.plan.roles
        return [
            f'"""Watch the features in `{roles.data}` against `{roles.reference.text}`.',
            "",
            "A feature has drifted where its change is improbable by chance, with all features of the",
            'window counted in, and large enough to matter. Too little data is never "no drift".',
            *learnt(self.plan.strategy.notes),
            '"""',
        ]

    def says(self) -> str:
        """Return what the function does, where its own docstring does not say."""
        return f"Compare the features in `{self.plan.roles.data}` with their reference."

    # the function

    def body(self) -> list[str]:
        """Return the lines of the body, phase by phase."""
        lines = [*self.perceive(), "", *self.operate()]
        made = self.result(self.plan.result)
        lines += ["", *self.enforce(made)]
        return [*lines, "", *self.train()]

    def held(self, text: str) -> str:
        """Return how what is held is written here; of the module it is read through ``user``."""
        if text.startswith("user."):
            return self.use("user", "poet.runtime") + text.removeprefix("user")
        return text

    def perceive(self) -> list[str]:
        """Return the lines that find the reference."""
        roles, t = self.plan.roles, self.plan.thresholds
        values = f"alpha={t.alpha:g}, min_effect={t.min_effect:g}, min_samples={t.min_samples}"
        limits = f"{self.use('Thresholds')}({values})"
        config = self.config(limits)
        states = self.states(config)
        state, monitor = self.local("state"), self.local("monitor")
        whose = (
            "this object" if roles.owner else roles.state if roles.state != "None" else "all calls"
        )
        lines = [
            f"    # Perceive: the reference is fitted once for {whose}, anew when it is replaced."
        ]
        reference = self.held(roles.reference.text)
        lines.append(f"    {state} = {states}.of({roles.state})")
        lines.append(render_call(f"{monitor} = {state}.monitor", [reference, roles.data]))
        return lines

    def config(self, limits: str) -> str:
        """Define the configuration and return its name: what single features are held to, too."""
        made, strategy = self.use("MonitorConfig"), self.plan.strategy
        own = {n: v for n, v in strategy.min_effects.items() if n not in strategy.left_out}
        name = self.constant("CONFIG", f"{made}(thresholds={limits})")
        if not own and not strategy.categories:
            return name
        t = self.plan.thresholds
        rest = f"alpha={t.alpha:g}, min_samples={t.min_samples}"
        rows = [f"    thresholds={limits},"]
        if own:
            called = self.use("Thresholds")
            rows.append("    features={")
            for feature, effect in own.items():
                held = f"{called}(min_effect={effect:g}, {rest})"
                rows.append(f"        {literal(feature)}: {held},")
            rows.append("    },")
        if strategy.categories:
            kinds = ", ".join(f'{literal(n)}: "categorical"' for n in strategy.categories)
            rows.append(f"    kinds={{{kinds}}},")
        self.constants["CONFIG"] = [f"{name} = {made}(", *rows, ")"]
        return name

    def states(self, config: str) -> str:
        """Define what is kept for each object and return its name."""
        given, strategy = [config], self.plan.strategy
        if strategy.left_out:
            out = self.constant("LEFT_OUT", literal(strategy.left_out))
            given.append(f"without={out}")
        if strategy.seasonal is not None:
            given.append(f"time={self.constant('TIME', literal(strategy.seasonal.time))}")
        return self.constant("STATES", f"{self.use('MonitorStates')}({', '.join(given)})")

    def operate(self) -> list[str]:
        """Return the lines that compare: the report, the health, the alerts."""
        plan, roles, report = self.plan, self.plan.roles, self.local("report")
        lines = ["    # Operate: all features at once, each by the test that its kind asks for."]
        out = f", without={self.local('LEFT_OUT')}" if plan.strategy.left_out else ""
        if plan.strategy.single:
            lines.append(
                "    # One value is a window of one: too little data, as calls failed of it before."
            )
            out += ", single=True"
        frame = f"{self.use('frame_of')}({roles.data}{out})"
        lines.append(render_call(f"{report} = {self.local('monitor')}.check", [frame]))
        if roles.importance:
            weights = f"{self.use('Importance')}.given({self.held(roles.importance.text)})"
            lines.append(f"    {report} = {weights}.apply({report})")
        if plan.health:
            given = [report]
            if roles.predictions:
                given.append(f"predictions={roles.predictions}")
            if roles.reference_predictions:
                given.append(f"reference_predictions={self.held(roles.reference_predictions.text)}")
            if roles.labels:
                given.append(f"labels={roles.labels}")
            if roles.labels and roles.reference_labels:
                given.append(f"reference_labels={self.held(roles.reference_labels.text)}")
            lines.append(
                render_call(f"{self.local('assessment')} = {self.local('state')}.assess", given)
            )
        if plan.alerts:
            given = [report, self.local("assessment")] if plan.health else [report]
            lines.append(
                render_call(f"{self.local('alerts')} = {self.local('state')}.alert", given)
            )
        if plan.needs_baseline:
            call = f"{self.local('kept')} = {self.use('baseline', 'poet.runtime')}"
            lines.append(render_call(call, passing(self.spec.parameters)))
        return lines

    def enforce(self, made: list[str]) -> list[str]:
        """Return the lines that make the result, in the user's own form."""
        lines = ["    # Enforce: the form of the answer is the function's own."]
        result = self.plan.result
        if self.plan.health and result.quantities() & {"status", "health_score"}:
            lines = ["    # Enforce: a status holds until the score has clearly left its range."]
        return [*lines, *made]

    def train(self) -> list[str]:
        """Return the lines that tell what was found, and what the user does with the result."""
        plan, report = self.plan, self.local("report")
        lines = ["    # Train: the execution carries what was found, and by which report."]
        found = self.local("found")
        facts = {
            "drifted_features": f"[{found}.feature for {found} in {report}.drifted]",
            "drift_score": f"{report}.drift_score",
            "rows": f"{report}.rows_current",
            "safe_mode": f"{report}.safe_mode",
            "report": f"{report}.execution_id",
        }
        if plan.health:
            facts |= {
                "health": f"{self.local('assessment')}.status",
                "health_score": f"{self.local('assessment')}.score",
            }
        lines.append(f"    {self.use('observe', 'poet.runtime')}(")
        lines += [f"        {key}={value}," for key, value in facts.items()]
        lines.append("    )")
        if not plan.says_unknown:
            lines += self.warn()
        if plan.after.lines:
            if plan.after.uses_user:
                self.use("user", "poet.runtime")
            lines += [f"    {line}" for line in plan.after.lines]
        return [*lines, f"    return {self.local('result')}"]

    def warn(self) -> list[str]:
        """Return the lines that say aloud what the result cannot say."""
        unknown, found = self.local("unknown"), self.local("found")
        test = f'{found}.status in ("insufficient_data", "error")'
        if "new_features" in self.plan.result.quantities():
            test += f" and not {found}.is_new"
        each = [f"{found}.feature", f"for {found} in {self.local('report')}", f"if {test}"]
        if len(" ".join(each)) + 8 <= WIDTH:
            each = [" ".join(each)]
        text = f'f"too little or unreadable data: {{{unknown}}}"'
        return [
            f"    {unknown} = [",
            *(f"        {part}" for part in each),
            "    ]",
            f"    if {unknown}:",
            render_call(self.use("warn_unknown"), [f'"{self.spec.name}"', text], " " * 8),
        ]

    # the result

    def result(self, form: Result) -> list[str]:
        """Return the lines that make the result."""
        result = self.local("result")
        kept = self.local("kept") if self.plan.needs_baseline else ""
        if form.shape == "per_feature":
            assert form.item is not None
            return self.per_feature(result, form.item)
        if form.shape == "names":
            found = self.local("found")
            names = f"[{found}.feature for {found} in {self.local('report')}.drifted]"
            made = names if form.built_by == "list" else f"{form.built_by}({names})"
            return [f"    {result} = {made}"]
        before: list[str] = []
        values: list[tuple[str, str]] = []
        for slot in form.slots:
            lines, value = self.value(slot, kept)
            before += lines
            values.append((slot.key, value))
        if form.shape == "value":
            return [*before, f"    {result} = {values[0][1]}"]
        return [*before, *self.built(form, values, f"    {result} = ", "    ")]

    def built(
        self, form: Result, values: list[tuple[str, str]], head: str, indent: str
    ) -> list[str]:
        """Return the lines that put values together: a dict or an object of the user's class."""
        if form.shape == "object":
            user = self.use("user", "poet.runtime")
            rows = [row for k, v in values for row in _row(f"{k}=", v, indent)]
            return [f"{head}{user}.{form.built_by}(", *rows, f"{indent})"]
        rows = [row for k, v in values for row in _row(f"{literal(k)}: ", v, indent)]
        return [f"{head}{{", *rows, f"{indent}}}"]

    def value(self, slot: Slot, kept: str) -> tuple[list[str], str]:
        """Return the lines before a slot's value and the value."""
        if slot.quantity is None:
            of = f".{slot.key}" if self.plan.result.shape == "object" else f"[{literal(slot.key)}]"
            return [], f"{kept}{of}" if self.plan.result.shape != "value" else kept
        if slot.quantity == "own":
            return [], self.held_in(slot.own)
        if slot.quantity == "features":
            assert slot.item is not None
            name = self.local(slot.key if slot.key.isidentifier() else "features")
            return self.per_feature(name, slot.item), name
        return overall_value(self, slot)

    def held_in(self, text: str) -> str:
        """Return the user's own expression, with ``user`` imported where it is used."""
        if "user." in text:
            self.use("user", "poet.runtime")
        return text

    def per_feature(self, name: str, item: Result) -> list[str]:
        """Return the lines that make a dict from each feature to its result."""
        found, report = self.local("found"), self.local("report")
        values = [(slot.key, feature_value(self, slot)) for slot in item.slots]
        if item.shape == "value":
            row = f"    {name} = {{{found}.feature: {values[0][1]} for {found} in {report}}}"
            if len(row) <= WIDTH and self.local("unknown") not in row:
                return [row]
        lines = [f"    {name} = {{}}", f"    for {found} in {report}:"]
        if any(s.optional and s.quantity in ("decision", "stable") for s in item.slots):
            judged = '("insufficient_data", "error")'
            lines.append(f"        {self.local('unknown')} = {found}.status in {judged}")
        head = f"        {name}[{found}.feature] = "
        if item.shape == "value":
            return [*lines, head + values[0][1]]
        return [*lines, *self.built(item, values, head, " " * 8)]


def _row(head: str, value: Any, indent: str) -> list[str]:
    whole = f"{indent}    {head}{value},"
    if len(whole) <= WIDTH or not (value[:1] in "[{" and " for " in value):
        return [whole]
    first, _, rest = value[1:-1].partition(" for ")
    loop, _, test = rest.partition(" if ")
    return [
        f"{indent}    {head}{value[0]}",
        f"{indent}        {first}",
        f"{indent}        for {loop}",
        *([f"{indent}        if {test}"] if test else []),
        f"{indent}    {value[-1]},",
    ]
