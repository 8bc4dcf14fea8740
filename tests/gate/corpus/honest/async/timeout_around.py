# shows: a time-out around each request
# scenario: gather
import asyncio

from poet.runtime import user


async def collect(jobs: list[dict]) -> list[dict]:
    found = []
    for job in jobs:
        entry = {"name": job["name"]}
        try:
            async with asyncio.timeout(30):
                entry["value"] = await user.ask(job)
        except LookupError as error:
            entry["error"] = str(error)
        found.append(entry)
    return found
