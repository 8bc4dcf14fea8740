# tries: at most two pages
# scenario: pages
from poet.runtime import baseline


async def pages(items: list[str], size: int = 2):
    async for page in baseline(items, size):
        if page["page"] > 2:
            return
        yield page
