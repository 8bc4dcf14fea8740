# shows: a semaphore bounds how many run at once
# scenario: gather
import asyncio

from poet.runtime import user


async def collect(jobs: list[dict]) -> list[dict]:
    limit = asyncio.Semaphore(8)

    async def one(job: dict) -> dict:
        async with limit:
            try:
                value = await user.ask(job)
            except LookupError as error:
                return {"name": job["name"], "error": str(error)}
            return {"name": job["name"], "value": value}

    return list(await asyncio.gather(*[one(job) for job in jobs]))
