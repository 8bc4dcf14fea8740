"""Time-outs handed to the calls inside a function that take one."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from poet.gate import judge
from poet.generate import with_header
from poet.registry import spec_for
from poet.spec import Options
from poet.testing import Project

FETCH = """
    import json
    import urllib.request
    from urllib.request import urlopen
    from poet import poet

    PREFIX = "http://127.0.0.1:"

    def address(port):
        return PREFIX + str(port) + "/"

    @poet(config={"timeout_s": 0.3})
    def fetch(port: int) -> dict:
        \"\"\"Fetch JSON.\"\"\"
        # the server is ours
        with urlopen(address(port)) as reply:
            return json.load(reply)
"""
ONE = """
    import requests, socket, urllib.request
    from poet import poet

    @poet()
    def f({parameters}):
        {body}
"""


def candidate(folder: Path, text: str, name: str):
    project = Project(folder).write({"app.py": text})
    path = project.folder / "app.py"
    options = Options.parse({"config": {"timeout_s": 0.3}}, "")
    spec, domain = spec_for(path, name, options)
    return project, spec, domain, domain.recipe(spec)


def judged(spec, domain, source):
    code = with_header(source, spec, "base", "recipe/base/guarded_call")
    return judge(code, spec, domain, import_name="app", filename="<candidate>")


def test_a_server_that_never_answers_does_not_hang_the_call(tmp_path):
    """A production job would hang for ever on a server that accepts and says nothing."""
    project = Project(tmp_path).write({"app.py": FETCH})
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = project.python(f"""
            import app
            try:
                app.fetch({port})
            except TimeoutError as error:
                print("ended", error, app.fetch.poet.served.version)
        """)
    assert "ended" in done.out, done.out
    assert "v1" in done.out


def test_the_text_is_the_functions_own_with_time_outs_in_it(tmp_path):
    """A reviewer would have to compare two texts that have nothing in common."""
    _, spec, domain, recipe = candidate(tmp_path, FETCH, "fetch")
    assert "    # the server is ours\n" in recipe.source
    assert (
        "    with urllib.request.urlopen(user.address(port), timeout=TIMEOUT_S) as reply:\n"
        "        return json.load(reply)\n"
    ) in recipe.source
    assert recipe.params["timeout"] == "calls"
    verdict = judged(spec, domain, recipe.source)
    assert verdict.accepted, verdict.explain()


def test_helpers_are_read_live_from_the_users_module(tmp_path):
    """A test that patches a helper would patch something the version does not use."""
    project = Project(tmp_path).write({"app.py": FETCH})
    done = project.python("""
        import app
        app.fetch.poet.refresh(0)
        app.address = lambda port: "file:///dev/null"
        try:
            app.fetch(1)
        except ValueError as error:
            print("patched", type(error).__name__, app.fetch.poet.served.version)
    """)
    assert "patched JSONDecodeError v1" in done.out, done.out


def test_a_candidate_that_forgets_the_time_out_is_rejected(tmp_path):
    """A version whose notes promise a time-out would hang all the same."""
    text = FETCH.replace("urlopen(address(port))", "urlopen(PREFIX)")
    _, spec, domain, recipe = candidate(tmp_path, text, "fetch")
    assert judged(spec, domain, recipe.source).accepted
    broken = recipe.source.replace(", timeout=TIMEOUT_S", "")
    assert "hands_a_time_out_to_its_calls" in [
        c.name for c in judged(spec, domain, broken).failures()
    ]


@pytest.mark.parametrize(
    ("parameters", "body", "reason"),
    [
        ("u", "return open(requests.get(u).text).read()", "uses open"),
        ("u", "return requests.get(u, timeout=3).text", "nothing it calls takes one"),
        ("u, **k", "return requests.get(u, **k).text", "nothing it calls takes one"),
        ("u", "return len(u)", "nothing it calls takes one"),
        ("work", "return requests.get(work).text", "uses the name work"),
        ("u", "return requests.get(u)._content", "attribute _content"),
        ("u", "import json; return json.loads(requests.get(u).text)", "Import statement"),
    ],
)
def test_where_it_is_not_safe_the_note_says_why(tmp_path, parameters, body, reason):
    """A user would not learn why the call may still hang, or get a version that breaks."""
    text = ONE.format(parameters=parameters, body=body)
    _, _, _, recipe = candidate(tmp_path, text, "f")
    assert recipe.params["timeout"] is None
    assert any("no time-out" in note and reason in note for note in recipe.notes), recipe.notes


def test_what_is_written_is_clean(tmp_path):
    """A version would fail the user's own linter in review."""
    _, _, _, recipe = candidate(tmp_path, FETCH, "fetch")
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run([sys.executable, "-m", "ruff", *command, "--isolated", "-"],
                              input=recipe.source, text=True, capture_output=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
