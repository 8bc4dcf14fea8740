"""Retries on a real loopback server: what is repeated, and what never is."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import socketserver
import threading
import time

import pytest

from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

APP = """
import urllib.request
from urllib.request import urlopen
from poet import poet

@poet(config={"attempts": 5, "delay_s": 0.6})
def read(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()

@poet(config={"delay_s": 0.01})
def charge_and_report(charge_url: str, report_url: str) -> bytes:
    urlopen(charge_url, data=b"1").read()
    return urlopen(report_url).read()

@poet(config={"delay_s": 0.01})
def charge(url: str) -> bytes:
    return urlopen(urllib.request.Request(url, data=b"1")).read()

@poet(idempotent=True, config={"delay_s": 0.01})
def put(url: str) -> bytes:
    return urlopen(url, data=b"1").read()

@poet(idempotent=True, config={"delay_s": 0.01})
def put_lines(url: str, lines) -> bytes:
    return urlopen(url, data=b"".join(lines)).read()
"""
RUN = """
import json, sys, warnings
warnings.simplefilter("error")
import app
from poet import last_execution
function, *arguments = sys.argv[1:]
called = getattr(app, function)
try:
    value = called(*arguments) if function != "put_lines" else called(arguments[0], iter([b"a", b"b"]))
    said = value.decode()
except Exception as error:
    said = type(error).__name__
found = last_execution()
print(json.dumps([said, found.version, (found.facts or {}).get("retries", 0)]))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose functions all have a version."""
    found = Project(tmp_path_factory.mktemp("effects")).write({"app.py": APP})
    for name in ("read", "charge_and_report", "charge", "put", "put_lines"):
        done = found.poet("generate", name)
        assert done.code == 0, done.out
    return found


def call(project, function, *arguments):
    """Call a function in a process of its own: what it said, the version, the retries."""
    done = project.python(
        RUN, function, *arguments, env={"POET_MODE": "locked", "POET_EVENTS": "0"}
    )
    assert done.code == 0, done.out
    said, version, retries = json.loads(done.out.splitlines()[-1])
    assert version == "v1"
    return said, retries


class Counting(http.server.BaseHTTPRequestHandler):
    """Counts requests; paths say how it answers."""

    def do_GET(self):
        self.server.seen.append(self.path)
        first = self.server.seen.count(self.path) == 1
        if self.path == "/reset" and first:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            return
        if length := int(self.headers.get("content-length") or 0):
            self.server.bodies.append(self.rfile.read(length))
        if self.path.startswith("/redirect/"):
            self.send_response(303)
            self.send_header("Location", f"http://127.0.0.1:{self.path.rpartition('/')[2]}/")
        else:
            self.send_response(503 if self.path == "/busy" and first else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_POST = do_GET  # noqa: N815 - the name the server looks for

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    """A loopback server on a port of its own; a broken connection is no news."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@contextlib.contextmanager
def serving(port=0):
    with Server(("127.0.0.1", port), Counting) as server:
        server.seen, server.bodies = [], []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def free_port():
    """Return a port at which nothing listens."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_refused_connection_is_repeated_until_the_server_is_there(project, monkeypatch):
    """A user would get an error although the server came up a moment later."""
    # In this process, so that the waits between calls are watched instead of waited for.
    import importlib.util

    from poet.runtime import _retry

    port, waits = free_port(), []
    stack = contextlib.ExitStack()

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 2:
            stack.enter_context(serving(port))

    monkeypatch.setenv("POET_EVENTS", "0")
    monkeypatch.setenv("POET_MODE", "locked")
    monkeypatch.setattr(
        _retry, "time", type("Clock", (), {"sleep": staticmethod(sleep), "time": time.time})
    )
    spec = importlib.util.spec_from_file_location("effects_app", project.folder / "app.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with stack:
        assert module.read(f"http://127.0.0.1:{port}/") == b"ok"
    assert len(waits) == 2
    assert 0 <= waits[0] <= 0.6
    assert 0 <= waits[1] <= 1.2


def test_nothing_is_charged_twice(project):
    """A customer would be charged twice because a later step failed."""
    with serving() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        gone = f"http://127.0.0.1:{free_port()}/"
        assert call(project, "charge_and_report", f"{url}/charge", gone) == ("URLError", 0)
        assert server.seen == ["/charge"]


def test_redirect_to_a_refused_port_charges_once(project):
    """A customer would be charged twice because the page after the payment was down."""
    with serving() as server:
        path = f"/redirect/{free_port()}"
        said, _ = call(project, "charge", f"http://127.0.0.1:{server.server_address[1]}{path}")
        assert said == "URLError"
        assert server.seen == [path]


@pytest.mark.parametrize("path", ["/reset", "/busy"])
def test_only_idempotent_functions_repeat_what_may_have_happened(project, path):
    """A request would be sent twice that was never declared safe to send twice."""
    with serving() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}{path}"
        said, retries = call(project, "charge", url)
        assert said in ("HTTPError", "ConnectionResetError", "RemoteDisconnected", "URLError")
        assert (retries, len(server.seen)) == (0, 1)
        server.seen.clear()
        assert call(project, "put", url) == ("ok", 1)
        assert len(server.seen) == 2


def test_iterator_is_not_sent_again_when_it_is_empty(project):
    """The second attempt would send an empty body and report success."""
    with serving() as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/busy"
        said, retries = call(project, "put_lines", url)
        assert (said, retries) == ("HTTPError", 0)
        assert server.bodies == [b"ab"]


def test_refusal_behind_a_redirect_is_not_repeated(tmp_path):
    """A POST that took effect would be sent again because the page it led to was not there."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()[1]
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(303)
            self.send_header("Location", f"http://127.0.0.1:{dead}/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    project = Project(tmp_path).write(
        {
            "app.py": """
                import urllib.request
                from poet import poet

                @poet()
                def send(request: urllib.request.Request) -> bytes:
                    with urllib.request.urlopen(request) as reply:
                        return reply.read()
            """
        }
    )
    done = project.python(f"""
        import app, urllib.request
        try:
            app.send(urllib.request.Request("http://127.0.0.1:{server.server_port}/", data=b"x"))
        except OSError as error:
            print(type(error).__name__, app.send.poet.served.version)
    """)
    server.shutdown()
    server.server_close()
    assert "URLError v1" in done.out, done.out
    assert len(seen) == 1


def test_function_that_changes_its_argument_is_never_repeated(tmp_path):
    """Rows that the first call took from a list would be lost without an error."""
    path = tmp_path / "app.py"
    path.write_text(
        "def upload(batch: list) -> int:\n    while batch:\n        send(batch.pop())\n    return 0\n"
    )
    spec, domain = spec_for(path, "upload", Options.parse({"idempotent": True}, ""))
    recipe = domain.recipe(spec)
    assert recipe.params["retry_on"] is None
    assert any("changes its argument batch" in note for note in recipe.notes)
