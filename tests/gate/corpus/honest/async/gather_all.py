# shows: asyncio.gather in order
# scenario: gather
import asyncio

from poet.runtime import user


async def _one(job: dict) -> dict:
    try:
        return {"name": job["name"], "value": await user.ask(job)}
    except LookupError as error:
        return {"name": job["name"], "error": str(error)}


async def collect(jobs: list[dict]) -> list[dict]:
    return list(await asyncio.gather(*(_one(job) for job in jobs)))
