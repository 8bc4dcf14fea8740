"""What came of an enhancement, as people are told of it: one line for each thing."""

from __future__ import annotations

from collections.abc import Iterable

from poet.lifecycle._results import Enhancement, Rung, Used
from poet.settings import Limits

__all__ = ["ladder", "line", "made_by", "money", "reason", "spent", "sum_of"]

_WIDE = 100  # of a reason in the line of the ladder; the message and the JSON hold all of it


def money(usd: float) -> str:
    """Return US dollars as people read them: ``$0.0123``, ``$5.00``."""
    if 0 < usd < 0.00005:
        return f"${usd:.1g}"
    return f"${usd:.2f}" if round(usd, 4) == round(usd, 2) else f"${usd:.4f}"


def made_by(result: Enhancement) -> str:
    """Return what made the candidate, and the model where one did."""
    by_model = result.model and not result.generator.startswith("recipe/")
    return f"{result.generator} {result.model}" if by_model else result.generator


def line(result: Enhancement) -> str:
    """Return the line that sums up one function."""
    parts: list[str] = [result.outcome]
    if result.good:
        parts = [f"{result.before or '-'} -> {result.after} ({result.outcome})"]
    if result.generator:
        parts.append(made_by(result))
    if result.total:
        parts.append(f"{result.passed}/{result.total} checks")
    parts += [*effort(result), f"{result.seconds:.1f} s"]
    return f"{result.function}: {', '.join(parts)}"


def effort(result: Enhancement) -> list[str]:
    """Return how many attempts a model took and what they cost; nothing where none was asked."""
    if not result.model:
        return []
    number = sum(a.rung != "recipe" for a in result.attempts)
    attempts = f"{number} attempt{'' if number == 1 else 's'}"
    return [f"{attempts} replayed" if result.replayed else attempts, money(result.used.usd)]


def ladder(result: Enhancement) -> str:
    """Return the rungs that were trodden and why each was left; empty where the first one held."""
    if len(result.rungs) < 2:
        return ""
    return "; ".join(_rung(rung, result) for rung in result.rungs)


def _rung(rung: Rung, result: Enhancement) -> str:
    text = f"{rung.name} {rung.outcome}" + (f": {_short(rung.why)}" if rung.why else "")
    tried = [a for a in result.attempts if a.rung == rung.name and a.outcome != "accepted"]
    why = reason(tried[-1].why) if rung.outcome == "failed" and tried else ""
    return text if not why or why in rung.why else f"{text} ({_short(why)})"


def reason(why: str) -> str:
    """Return the line of an attempt's report that says most: the first thing that failed."""
    lines = why.strip().splitlines()
    return next((x[2:] for x in lines if x.startswith("- ")), lines[0] if lines else "")


def _short(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    why, found, following = first.partition(" (next: ")
    if len(why) > _WIDE:
        why = why[: _WIDE - 1].rstrip() + "…"
    # What to do next is never cut; that of a second reason waits until the first is mended.
    following, more, _ = following.partition("); ")
    return why + found + following + (f"{more}…" if more else "")


def sum_of(results: Iterable[Enhancement]) -> Used:
    """Return what all of them used together; the seconds are those of the slowest."""
    used = [r.used for r in results]
    return Used(
        usd=sum(u.usd for u in used),
        tokens=sum(u.tokens for u in used),
        calls=sum(u.calls for u in used),
        seconds=max((u.seconds for u in used), default=0.0),
    )


def spent(results: Iterable[Enhancement], cap: Limits) -> str:
    """Return the line that holds what a run used against its budget."""
    models = [r for r in results if r.model]
    used = sum_of(models)
    if models and all(r.replayed for r in models) and not used.calls:
        return "answers of models: all recorded ones; nothing was asked, nothing spent"
    return (
        f"used {money(used.usd)} of {money(cap.usd)}, {used.calls:,} of {cap.calls:,} calls, "
        f"{used.tokens:,} of {cap.tokens:,} tokens"
    )
