"""The ledger: what is spent was reserved, and what is reserved is there."""

from __future__ import annotations

import re
import threading
import time

import pytest
from generate_helpers import MODEL, request
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from poet.errors import BudgetError
from poet.generate.billing import worst_case
from poet.generate.budget import Ledger, Used
from poet.generate.request import ModelInfo
from poet.settings import Limits

WIDE = Limits(1000.0, 10**9, 10**6, 3600.0)


def test_each_limit_refuses_and_says_what_to_raise():
    """A run would stop, and nobody could tell which figure to change to what."""
    ledger = Ledger(Limits(usd=1.0, tokens=1000, calls=2, seconds=60), name="price")
    ledger.settle(ledger.reserve(0.9, 900), 0.9, 900)
    with pytest.raises(BudgetError) as refused:
        ledger.reserve(0.25, 10)
    text = str(refused.value)
    assert "the budget of price has $0.1000 left, and the next call may need $0.2500" in text
    assert "budget usd=1.0" in text
    assert "--budget usd=1.2, or in [tool.poet]: budget = {usd = 1.2}" in text
    with pytest.raises(
        BudgetError, match="100 tokens left, and the next call may need 101"
    ) as refused:
        ledger.reserve(0.0, 101)
    assert "--budget tokens=1001" in refused.value.hint
    ledger.settle(ledger.reserve(0.0, 100), 0.0, 0)
    with pytest.raises(BudgetError, match="no call left") as refused:
        ledger.reserve(0.0, 0)
    assert "--budget calls=3" in refused.value.hint
    assert ledger.used[:3] == (0.9, 900, 2)


@pytest.mark.parametrize(
    ("limits", "usd", "tokens"),
    [
        (Limits(0.5, 10**6, 9, 60), 0.512345, 1),
        (Limits(0.0, 10**6, 9, 60), 1e-9, 1),
        (Limits(5.0, 10, 9, 60), 0.1, 11),
        (Limits(5.0, 10, 0, 60), 0.1, 1),
        (Limits(3e-7, 10, 1, 60), 1.234e-6, 1),
        (Limits(99.0, 10, 1, 60), 12345.678, 1),
    ],
)
def test_the_hint_is_enough(limits, usd, tokens):
    """Somebody would do what the message says and get the same message."""
    from poet.settings import load_settings

    with pytest.raises(BudgetError) as refused:
        Ledger(limits, name="f").reserve(usd, tokens)
    raised = re.search(r"--budget (\S+),", refused.value.hint)[1]
    enough = load_settings(None, {"budget": raised}).budget
    field, number = next(
        (name, getattr(enough, name)) for name in Limits._fields if raised.startswith(name)
    )
    Ledger(limits._replace(**{field: number}), name="f").reserve(usd, tokens)


def test_the_run_is_a_limit_for_all_its_functions():
    """Ten functions would spend ten times what the run may cost."""
    run = Ledger(WIDE._replace(usd=1.0))
    one, two = Ledger(WIDE._replace(usd=0.7), run, "one"), Ledger(WIDE, run, "two")
    first = one.reserve(0.6, 10)
    with pytest.raises(BudgetError, match="the budget of one has"):
        one.reserve(0.2, 10)
    with pytest.raises(BudgetError, match=r"the budget of this run has \$0\.4000") as refused:
        two.reserve(0.5, 10)
    assert "--run-budget usd=1.1" in refused.value.hint
    assert two.may_fit(0.5, 10)
    assert two.reserved == Used(0.0, 0, 0, 0.0)
    one.settle(first, 0.1, 5)
    two.settle(two.reserve(0.5, 10), 0.5, 10)
    assert (run.used[:3], one.used[:3], two.used[:3]) == ((0.6, 15, 2), (0.1, 5, 1), (0.5, 10, 1))


def test_sums_are_exact():
    """The tenth call of ten that fit exactly would be refused, or an eleventh let through."""
    ledger = Ledger(WIDE._replace(usd=1.0))
    for _ in range(10):
        ledger.settle(ledger.reserve(0.1, 1), 0.1, 1)
    assert ledger.used.usd == 1.0
    with pytest.raises(BudgetError):
        ledger.reserve(1e-12, 1)


def test_a_server_that_takes_more_is_seen_by_the_next_call():
    """A server that ignores limits would be asked again and again."""
    ledger = Ledger(WIDE._replace(usd=1.0))
    flying = [ledger.reserve(0.3, 10) for _ in range(3)]
    for call in flying:
        ledger.settle(call, 0.8, 9999)
    assert ledger.used[:3] == (2.4, 29997, 3)
    with pytest.raises(BudgetError, match=r"\$0\.0000 left"):
        ledger.reserve(0.0001, 1)


def test_a_reservation_is_settled_once():
    """One call would be counted twice, or give back what another one holds."""
    ledger = Ledger(WIDE)
    call = ledger.reserve(0.3, 10)
    ledger.settle(call, 0.1, 1)
    with pytest.raises(ValueError, match="settled already"):
        ledger.settle(call, 0.1, 1)
    assert (ledger.used[:3], ledger.reserved[:3]) == ((0.1, 1, 1), (0.0, 0, 0))


def test_time_runs_from_the_first_call():
    """Preparing the prompts would eat the time, or a hanging run would never end."""
    run = Ledger(WIDE._replace(seconds=0.15))
    one = Ledger(WIDE, run, "one")
    time.sleep(0.2)
    assert one.seconds_left() == 0.15
    call = one.reserve(0.1, 1)
    time.sleep(0.2)
    assert one.seconds_left() == 0.0
    assert one.used.seconds >= 0.2
    one.settle(call, 0.1, 1)
    ended = one.used.seconds
    with pytest.raises(BudgetError, match="the budget of this run has no time left") as refused:
        one.reserve(0.1, 1)
    assert "--run-budget seconds=0.3" in refused.value.hint
    assert one.used.seconds == ended


def test_many_threads():
    """Two threads would both be told that the last dollar is theirs."""
    run = Ledger(WIDE._replace(usd=1.0, calls=500))
    ledgers = [Ledger(WIDE._replace(usd=0.4), run, f"f{n}") for n in range(4)]
    done = []

    def work(ledger: Ledger, seed: int) -> None:
        for n in range(200):
            try:
                call = ledger.reserve(0.01, 1)
            except BudgetError:
                continue
            assert run.used.usd + run.reserved.usd <= 1.0 + 1e-9
            ledger.settle(call, 0.002 * ((n + seed) % 6), 1)
            done.append(1)

    threads = [
        threading.Thread(target=work, args=(ledger, n)) for n, ledger in enumerate(ledgers * 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.used.calls == len(done) <= 500
    assert run.used.usd <= 1.0
    assert run.reserved[:3] == (0.0, 0, 0)
    assert round(sum(ledger.used.usd for ledger in ledgers), 9) == run.used.usd


class Spending(RuleBasedStateMachine):
    """Whatever calls do in whatever order, no cap is passed."""

    def __init__(self) -> None:
        super().__init__()
        self.run_limits = Limits(1.0, 5000, 12, 3600.0)
        self.own_limits = Limits(0.6, 3000, 8, 3600.0)
        self.run_ledger = Ledger(self.run_limits)
        self.ledgers = [Ledger(self.own_limits, self.run_ledger, f"f{n}") for n in range(2)]
        self.flying: list = []
        self.over = {id(ledger): (0.0, 0) for ledger in (self.run_ledger, *self.ledgers)}

    @rule(which=st.integers(0, 1), usd=st.floats(0, 0.5), tokens=st.integers(0, 2000))
    def reserve(self, which, usd, tokens):
        ledger = self.ledgers[which]
        try:
            call = ledger.reserve(usd, tokens)
        except BudgetError:
            return
        self.flying.append((ledger, call, usd, tokens))

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), part=st.floats(0, 1), beyond=st.sampled_from([0.0, 0.0, 0.0, 2.0]))
    def settle(self, data, part, beyond):
        place = data.draw(st.integers(0, len(self.flying) - 1))
        ledger, call, usd, tokens = self.flying.pop(place)
        spent, used = usd * part + beyond, int(tokens * part) + int(beyond * 100)
        ledger.settle(call, spent, used)
        for one in (ledger, self.run_ledger):
            before = self.over[id(one)]
            self.over[id(one)] = (before[0] + beyond, before[1] + int(beyond * 100))

    @invariant()
    def within(self):
        for ledger, limits in (
            (self.run_ledger, self.run_limits),
            *((ledger, self.own_limits) for ledger in self.ledgers),
        ):
            used, held = ledger.used, ledger.reserved
            over_usd, over_tokens = self.over[id(ledger)]
            assert used.usd + held.usd <= limits.usd + over_usd + 1e-9
            assert used.tokens + held.tokens <= limits.tokens + over_tokens
            assert used.calls + held.calls <= limits.calls
            assert held.calls == sum(
                1 for owner, *_ in self.flying if ledger in (owner, self.run_ledger)
            )


TestSpending = Spending.TestCase
TestSpending.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_worst_case():
    """A call would be let through that can cost more than what is left."""
    asked = request("x" * 3000, most=2000)
    usd, tokens = worst_case(asked, ModelInfo(MODEL, 1.0, 10.0))
    assert 3000 <= tokens <= 3100
    assert usd == pytest.approx((tokens - 2000) * 1e-6 + 2000 * 10e-6)
    assert worst_case(asked, ModelInfo(MODEL, 1.0, 10.0, 500))[1] == tokens - 1500
    assert worst_case(asked, ModelInfo(MODEL, 0.0, 0.0))[0] == 0.0
