# tries: a task nobody waits for
# scenario: gather
import asyncio

from poet.runtime import user


async def collect(jobs: list[dict]) -> list[dict]:
    found = [{"name": job["name"]} for job in jobs]

    async def fill(entry, job):
        await asyncio.sleep(0.05)
        entry["value"] = await user.ask(job)

    for entry, job in zip(found, jobs):
        asyncio.ensure_future(fill(entry, job))
    return found
