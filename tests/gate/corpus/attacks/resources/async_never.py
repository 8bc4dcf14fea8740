# tries: wait for an event nobody sets
# stopped by: sandbox
# proof: limits
import asyncio


def probe(place):
    async def never():
        await asyncio.Event().wait()

    return asyncio.run(never())
