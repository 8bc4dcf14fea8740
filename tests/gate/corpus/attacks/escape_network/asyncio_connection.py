# tries: connect from an event loop
# stopped by: audit
# proof: network
# control: safe
import asyncio


def probe(place):
    async def go():
        _, writer = await asyncio.open_connection("127.0.0.1", place["tcp"])
        writer.write(b"hello")
        await writer.drain()

    asyncio.run(go())
