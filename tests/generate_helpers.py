"""A provider as a third party would write one: the OpenAI protocol over http.client."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import urlsplit

from poet.errors import ProviderError
from poet.generate.budget import Ledger
from poet.generate.client import Client
from poet.generate.request import Completion, Message, ModelInfo, Request
from poet.settings import Limits, Settings

MODEL = "openai/scripted"
WIDE = Limits(1000.0, 10**9, 10**6, 60.0)
COMMAND = "poet generate f --llm live"
SOURCE = "def f(x):\n    return x + 1\n"


def request(text="Write f.", *, function="f", model=MODEL, api_base=None, sample=0, most=1000):
    messages = (Message("system", "You write Python."), Message("user", text))
    return Request(function, messages, model, most, None, sample, api_base)


class HttpProvider:
    """Asks an OpenAI-compatible server; notes how many calls are in flight at once."""

    name = "http"

    def __init__(self, *, input_usd=1.0, output_usd=2.0, key="sk-test-0123456789abcdef", most=None):
        self.info = ModelInfo(MODEL, input_usd, output_usd, most)
        self.key = key
        self.flying = self.most_flying = self.closed = self.described = 0

    async def describe(self, model, api_base):
        self.described += 1
        return self.info._replace(model=model)

    async def complete(self, request, *, timeout):
        self.flying += 1
        self.most_flying = max(self.most_flying, self.flying)
        try:
            return await asyncio.to_thread(self.ask, request, timeout)
        finally:
            self.flying -= 1

    async def close(self):
        self.closed += 1

    def ask(self, request, timeout):
        import http.client  # not before one is asked: a replay needs none

        address = urlsplit(request.api_base)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout)
        body = {
            "model": request.model.partition("/")[2],
            "messages": [m._asdict() for m in request.messages],
            "max_tokens": request.max_tokens,
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}
        try:
            connection.request(
                "POST", f"{address.path}/chat/completions", json.dumps(body), headers
            )
            response = connection.getresponse()
            data = response.read()
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise ProviderError(f"no connection: {error!r}", kind="network") from error
        finally:
            connection.close()
        if response.status != 200:
            busy = response.status == 429 or response.status >= 500
            after = response.headers.get("retry-after")
            raise ProviderError(
                f"status {response.status}: {data.decode()}",
                kind="busy" if busy else "key" if response.status == 401 else "refused",
                retry_after=float(after) if after else None,
            )
        try:
            answer = json.loads(data)
            choice, usage = answer["choices"][0], answer.get("usage") or {}
            text, finish = choice["message"]["content"] or "", choice["finish_reason"]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ProviderError(f"not an answer: {error!r}", kind="garbled") from error
        sent, came = usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0)
        usd = (sent * self.info.input_usd + came * self.info.output_usd) / 1e6
        return Completion(text, finish, answer["model"], sent, came, usd)


class BlockingProvider(HttpProvider):
    """Blocks the event loop it runs in, as a careless author's does."""

    async def complete(self, request, *, timeout):
        return self.ask(request, 30)


class StubbornProvider(HttpProvider):
    """Goes on when it is cancelled."""

    async def complete(self, request, *, timeout):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                await asyncio.sleep(end - time.monotonic())
            except asyncio.CancelledError:
                continue


def asking(server, cassettes, *texts, provider=None, ledger=None, settings=None, **how):
    """Ask all ``texts`` at once; return answers or errors in their order."""
    provider = provider or HttpProvider()
    ledger = ledger or Ledger(WIDE, name="f")
    anew, live = how.pop("anew", False), how.pop("live", True)

    async def run():
        async with Client(settings or Settings(), provider, anew=anew) as client:
            return await asyncio.gather(
                *(
                    client.ask(
                        request(text, api_base=server.url if server else None, **how),
                        cassettes, ledger, command=COMMAND, live=live,
                    )
                    for text in texts or ["Write f."]
                ),
                return_exceptions=True,
            )  # fmt: skip

    return asyncio.run(run())
