# shows: a queue with a few consumers
# scenario: gather
import asyncio

from poet.runtime import user


async def collect(jobs: list[dict]) -> list[dict]:
    queue: asyncio.Queue = asyncio.Queue()
    for place, job in enumerate(jobs):
        queue.put_nowait((place, job))
    results: dict[int, dict] = {}

    async def consume() -> None:
        while not queue.empty():
            place, job = queue.get_nowait()
            try:
                results[place] = {"name": job["name"], "value": await user.ask(job)}
            except LookupError as error:
                results[place] = {"name": job["name"], "error": str(error)}

    await asyncio.gather(*(consume() for _ in range(4)))
    return [results[place] for place in range(len(jobs))]
