# shows: gather with the exceptions as results
# scenario: gather
import asyncio

from poet.runtime import user


async def collect(jobs: list[dict]) -> list[dict]:
    answers = await asyncio.gather(*map(user.ask, jobs), return_exceptions=True)
    found = []
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, LookupError):
            found.append({"name": job["name"], "error": str(answer)})
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found.append({"name": job["name"], "value": answer})
    return found
