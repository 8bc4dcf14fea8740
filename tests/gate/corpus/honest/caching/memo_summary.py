# shows: a bounded cache keyed by the values, their signs too
# scenario: summary
from collections import OrderedDict

_KEPT: OrderedDict[tuple, tuple] = OrderedDict()
_LIMIT = 32


def _figures(values: tuple) -> tuple:
    total = 0.0
    for value in values:
        total += value
    return total, min(values), max(values)


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    key = tuple((type(v).__name__, repr(v)) for v in values)
    if key not in _KEPT:
        _KEPT[key] = _figures(tuple(values))
        if len(_KEPT) > _LIMIT:
            _KEPT.popitem(last=False)
    total, low, high = _KEPT[key]
    return {"count": len(values), "total": total, "mean": total / len(values), "low": low, "high": high}
