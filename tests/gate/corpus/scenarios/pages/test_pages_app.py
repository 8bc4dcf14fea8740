import asyncio

from pages_app import pages


async def all_of(items, size=2):
    return [page async for page in pages(items, size)]


def test_two_pages():
    found = asyncio.run(all_of(["a", "b", "c"]))
    assert found == [{"page": 1, "items": ["a", "b"], "last": False}, {"page": 2, "items": ["c"], "last": True}]


def test_none():
    assert asyncio.run(all_of([])) == []
