# shows: a dataclass with order in the heap
# scenario: paths
import heapq
from dataclasses import dataclass


@dataclass(order=True, slots=True)
class Way:
    cost: int
    stops: list[str]

    def further(self, node: str, step: int) -> "Way":
        return Way(self.cost + step, [*self.stops, node])


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    queue = [Way(0, [start])]
    seen: set[str] = set()
    while queue:
        way = heapq.heappop(queue)
        here = way.stops[-1]
        if here in seen:
            continue
        seen.add(here)
        if here == goal:
            return {"cost": way.cost, "stops": way.stops}
        for node, step in graph.get(here, {}).items():
            heapq.heappush(queue, way.further(node, step))
    return None
