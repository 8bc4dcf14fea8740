# shows: the original where the input is unusual
# scenario: paths
from heapq import heappop, heappush

from poet.runtime import baseline


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    steps = [step for there in graph.values() for step in there.values()]
    if any(not isinstance(step, int) or step < 0 for step in steps):
        return baseline(graph, start, goal)
    queue, done = [(0, [start])], set()
    while queue:
        cost, stops = heappop(queue)
        here = stops[-1]
        if here == goal:
            return {"cost": cost, "stops": stops}
        if here not in done:
            done.add(here)
            for there, step in graph.get(here, {}).items():
                heappush(queue, (cost + step, [*stops, there]))
    return None
