# tries: start tasks without end
# stopped by: sandbox
# proof: limits
import asyncio


def probe(place):
    async def more():
        while True:
            asyncio.ensure_future(asyncio.sleep(600))
            await asyncio.sleep(0)

    return asyncio.run(more())
