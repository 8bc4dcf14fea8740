# shows: a task group
# scenario: gather
import asyncio

from poet.runtime import user


async def _one(job: dict) -> dict:
    try:
        return {"name": job["name"], "value": await user.ask(job)}
    except LookupError as error:
        return {"name": job["name"], "error": str(error)}


async def collect(jobs: list[dict]) -> list[dict]:
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_one(job)) for job in jobs]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
