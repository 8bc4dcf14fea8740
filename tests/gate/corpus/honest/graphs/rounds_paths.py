# shows: bounded rounds of relaxation
# scenario: paths
def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    nodes = {start, *graph, *(other for steps in graph.values() for other in steps)}
    best: dict[str, tuple[int, list[str]]] = {start: (0, [start])}
    for _ in range(len(nodes)):
        before = dict(best)
        for node, (cost, stops) in before.items():
            for other, step in graph.get(node, {}).items():
                way = (cost + step, [*stops, other])
                if other not in best or way < best[other]:
                    best[other] = way
        if best == before:
            break
    cost_stops = best.get(goal)
    return None if cost_stops is None else {"cost": cost_stops[0], "stops": cost_stops[1]}
