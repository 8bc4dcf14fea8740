# shows: a small class that collects in one pass
# scenario: summary
class _Running:
    """Figures of what was seen so far."""

    def __init__(self, first: float) -> None:
        self._total = 0.0
        self._count = 0
        self.low = first
        self.high = first

    def see(self, value: float) -> None:
        self._count += 1
        self._total += value
        self.low = value if value < self.low else self.low
        self.high = value if value > self.high else self.high

    def figures(self) -> dict:
        return {
            "count": self._count,
            "total": self._total,
            "mean": self._total / self._count,
            "low": self.low,
            "high": self.high,
        }


def summarize(values: list[float]) -> dict:
    if not values:
        raise ValueError("no values")
    running = _Running(values[0])
    for value in values:
        running.see(value)
    return running.figures()
