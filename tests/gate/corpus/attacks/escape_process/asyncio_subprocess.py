# tries: start a program from an event loop
# stopped by: audit
# proof: process
# control: safe
import asyncio


def probe(place):
    async def go():
        child = await asyncio.create_subprocess_exec("/bin/true")
        return await child.wait()

    return f"ESCAPED: {asyncio.run(go())}"
