import contextvars
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

_local = threading.local()
_request = contextvars.ContextVar("request", default=None)
_hits = 0
_lock = threading.Lock()


def bump():
    global _hits
    with _lock:
        _hits += 1


def work(items, fn):
    workers = min(4, (os.cpu_count() or 1))
    out = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="w") as pool:
        futures = {pool.submit(contextvars.copy_context().run, fn, i): i for i in items}
        for fut in as_completed(futures, timeout=5):
            err = fut.exception()
            out[futures[fut]] = err or fut.result()
    q = queue.Queue()
    stop = threading.Event()

    def consume():
        while not stop.is_set():
            try:
                q.get(timeout=0.01)
            except queue.Empty:
                continue

    t = threading.Thread(target=consume, daemon=True)
    t.start()
    stop.set()
    t.join(timeout=1)
    token = _request.set(1)
    _request.reset(token)
    return out
