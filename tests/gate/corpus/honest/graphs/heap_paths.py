# shows: Dijkstra with a heap of whole ways
# scenario: paths
import heapq


def shortest(graph: dict[str, dict[str, int]], start: str, goal: str) -> dict | None:
    queue: list[tuple[int, list[str]]] = [(0, [start])]
    done: set[str] = set()
    while queue:
        cost, stops = heapq.heappop(queue)
        node = stops[-1]
        if node == goal:
            return {"cost": cost, "stops": stops}
        if node in done:
            continue
        done.add(node)
        for other, step in graph.get(node, {}).items():
            if other not in done:
                heapq.heappush(queue, (cost + step, [*stops, other]))
    return None
