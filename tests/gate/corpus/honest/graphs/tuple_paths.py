# shows: ways as tuples, turned into a list at the end
# scenario: paths
from heapq import heappop, heappush


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    best: dict[str, tuple[int, tuple[str, ...]]] = {}
    queue = [(0, (start,))]
    while queue:
        way = heappop(queue)
        cost, stops = way
        here = stops[-1]
        if here in best:
            continue
        best[here] = way
        if here == goal:
            return {"cost": cost, "stops": list(stops)}
        for there, step in sorted(graph.get(here, {}).items()):
            if there not in best:
                heappush(queue, (cost + step, (*stops, there)))
    return None
