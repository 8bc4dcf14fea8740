"""Starts litellm's process, holds its pipe in a fork as well, and waits to be killed."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from poet.generate.litellm_provider import LitellmProvider

provider = LitellmProvider()
asyncio.run(provider.describe("openai/gpt-5", None))
child = provider._child
assert child is not None
holder = os.fork()
if holder == 0:
    asyncio.run(provider.close())  # a fork's copy: it must not end the process of the other
    time.sleep(120)
    os._exit(0)
time.sleep(0.5)
asyncio.run(provider.describe("openai/gpt-5-mini", None))
assert provider._child is child
print(child._process.pid, holder, child._folder, flush=True)
sys.stdin.read()
