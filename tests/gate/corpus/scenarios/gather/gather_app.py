"""Asking many services one after the other."""

import asyncio

from poet import poet


async def ask(job: dict) -> int:
    """Ask one service."""
    await asyncio.sleep(0)
    if job.get("broken"):
        raise LookupError(job["name"])
    return job["value"] * 2


@poet()
async def collect(jobs: list[dict]) -> list[dict]:
    """Return what each service answers, in the order asked."""
    found = []
    for job in jobs:
        try:
            found.append({"name": job["name"], "value": await ask(job)})
        except LookupError as error:
            found.append({"name": job["name"], "error": str(error)})
    return found
