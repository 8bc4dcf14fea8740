"""What is held back from the making of a candidate."""

from poet.learn import Execution, FunctionKey, Label, Observations
from poet.lifecycle.learning._observed import cut_of


def seen(counts, served):
    """Observations of so many judged executions of each version, one a second."""
    executions, labels = {}, {}
    for version, count in counts:
        for _ in range(count):
            name = f"x{len(executions)}"
            at = float(len(executions))
            executions[name] = Execution(name, at, version, 1.0, None, True, {})
            labels[name] = Label(name, False, {"ann": False}, 0.9, {}, at, "alarm")
    return Observations(FunctionKey("f.py", "f"), executions, labels, served=served)


def test_half_of_what_the_served_version_did_is_learnt_of():
    """All false alarms of v2 would be held back, and nothing could be learnt of any of them."""
    some = seen([("v1", 300), ("v2", 40)], "v2")
    assert cut_of(some, list(some.executions)) == 320.0


def test_too_few_of_its_own_are_no_half():
    """A candidate would be judged on a handful of executions, which nothing can pass."""
    some = seen([("v1", 300), ("v2", 10)], "v2")
    assert cut_of(some, list(some.executions)) == 155.0


def test_nothing_judged_is_split_as_a_whole():
    """An explicit request without any judgement would have nothing to be looked at."""
    some = seen([("v1", 10)], "v1")._replace(labels={})
    assert cut_of(some, list(some.executions)) == 5.0
    assert cut_of(some, []) == 0.0
