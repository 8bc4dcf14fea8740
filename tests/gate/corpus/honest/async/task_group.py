# shows: a task group
# scenario: gather
# gate: errors of the jobs come as an ExceptionGroup
import asyncio

from poet.runtime import user


async def _one(job: dict) -> dict:
    try:
        return {"name": job["name"], "value": await user.ask(job)}
    except LookupError as error:
        return {"name": job["name"], "error": str(error)}


async def collect(jobs: list[dict]) -> list[dict]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_one(job)) for job in jobs]
    return [task.result() for task in tasks]
