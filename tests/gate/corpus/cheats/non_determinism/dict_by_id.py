# tries: ties by the address of objects
# scenario: paths
from heapq import heappop, heappush


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    queue, done = [(0, hash(start), [start])], set()
    while queue:
        cost, _, stops = heappop(queue)
        if stops[-1] == goal:
            return {"cost": cost, "stops": stops}
        if stops[-1] not in done:
            done.add(stops[-1])
            for node, step in graph.get(stops[-1], {}).items():
                heappush(queue, (cost + step, hash(node), [*stops, node]))
    return None
