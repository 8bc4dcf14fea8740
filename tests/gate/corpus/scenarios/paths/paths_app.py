"""The shortest way through a network."""

from poet import poet


@poet()
def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    """Return cost and stops of the cheapest way, the alphabetically first among equals; None if there is none."""
    best: dict[str, tuple[int, list[str]]] = {start: (0, [start])}
    changed = True
    while changed:
        changed = False
        for node in sorted(best):
            cost, stops = best[node]
            for other, step in graph.get(node, {}).items():
                found = (cost + step, [*stops, other])
                if other not in best or found < best[other]:
                    best[other] = found
                    changed = True
    if goal not in best:
        return None
    return {"cost": best[goal][0], "stops": best[goal][1]}
