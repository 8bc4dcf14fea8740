# shows: a recursive helper with a cache of its own
# scenario: paths
from functools import cache


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    @cache
    def steps_of(node: str) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(graph.get(node, {}).items()))

    best: dict[str, tuple[int, list[str]]] = {start: (0, [start])}
    todo = [start]
    while todo:
        node = todo.pop()
        cost, stops = best[node]
        for other, step in steps_of(node):
            way = (cost + step, [*stops, other])
            if other not in best or way < best[other]:
                best[other] = way
                todo.append(other)
    if goal not in best:
        return None
    cost, stops = best[goal]
    return {"cost": cost, "stops": stops}
