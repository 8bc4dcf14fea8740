import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager


class Limiter:
    def __init__(self, n: int) -> None:
        self._sem = asyncio.Semaphore(n)
        self._queue: asyncio.Queue[int] = asyncio.Queue(maxsize=10)
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        async with self._sem:
            yield

    async def worker(self, fn: Callable[[int], Awaitable[int]]) -> None:
        while True:
            item = await self._queue.get()
            try:
                await asyncio.wait_for(fn(item), timeout=1)
            except asyncio.CancelledError:
                raise
            except (TimeoutError, ValueError) as e:
                print("bad", e)
            finally:
                self._queue.task_done()


async def pages(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def run(urls: Iterable[str], fn) -> list:
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as tg:
        tasks = [tg.create_task(fn(u), name=u) for u in urls]
    results = await asyncio.gather(*(fn(u) for u in urls), return_exceptions=True)
    good = [r for r in results if not isinstance(r, BaseException)]
    _done, pending = await asyncio.wait(
        [asyncio.create_task(fn("x"))], return_when=asyncio.FIRST_COMPLETED
    )
    for p in pending:
        p.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await p
    for coro in asyncio.as_completed([fn("a")]):
        await coro
    out = await asyncio.to_thread(sum, [1, 2])
    x = [i async for i in pages(3)]
    return (
        [t.result() for t in tasks]
        + good
        + [out, loop.time() - start, await loop.run_in_executor(None, len, x)]
    )
