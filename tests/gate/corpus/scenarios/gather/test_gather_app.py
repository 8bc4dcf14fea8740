import asyncio

from gather_app import collect


def test_two_services():
    jobs = [{"name": "a", "value": 1}, {"name": "b", "value": 2}]
    assert asyncio.run(collect(jobs)) == [{"name": "a", "value": 2}, {"name": "b", "value": 4}]


def test_broken_service():
    assert asyncio.run(collect([{"name": "c", "broken": True}])) == [{"name": "c", "error": "c"}]


def test_none():
    assert asyncio.run(collect([])) == []
