"""Recorded answers: whole, bound to their request, the same bytes each time."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess

import pytest
from generate_helpers import MODEL, request
from hypothesis import given
from hypothesis import strategies as st

from poet.errors import CassetteMissError, ReadOnlyStoreError
from poet.generate.cassettes import Cassettes
from poet.generate.request import Completion, Message, Request

GOOD = Completion(
    "Here:\n```python\ndef f(x):\n    return x\n```\n", "stop", "gpt-x", 10, 20, 0.0125
)


@pytest.fixture
def cassettes(tmp_path):
    return Cassettes(tmp_path / ".poet" / "cassettes")


def test_what_is_written_is_read(cassettes):
    """A replay would judge something else than the model said."""
    asked = request("one")
    assert cassettes.read(asked) is None
    cassettes.write(asked, GOOD)
    assert cassettes.read(asked) == (GOOD, "complete")
    assert cassettes.read(request("two")) is None
    assert cassettes.path(asked).name == f"{asked.hash}.json"
    assert cassettes.read(asked._replace(function="other", api_base="http://x")) is not None
    for other in ({"model": "m"}, {"max_tokens": 1}, {"temperature": 0.0}, {"sample": 1}):
        assert cassettes.read(asked._replace(**other)) is None


TEXTS = st.text(st.characters(), max_size=40)  # surrogates too: JSON from the wire may hold them


@given(text=TEXTS, prompt=TEXTS, cost=st.floats(0, 1e6), tokens=st.integers(0, 10**9))
def test_any_text_comes_back(tmp_path_factory, text, prompt, cost, tokens):
    """An answer with an odd character could not be recorded, or would come back as another."""
    cassettes = Cassettes(tmp_path_factory.mktemp("any") / ".poet" / "cassettes")
    said = Completion(text, "stop", "m", tokens, tokens, cost)
    cassettes.write(request(prompt), said)
    pairs = json.loads(json.dumps(text)) == text  # two halves of a pair become one character
    if pairs and json.loads(json.dumps(prompt)) == prompt:
        assert cassettes.read(request(prompt)).completion == said


def test_the_file_is_for_people(cassettes):
    """Nobody could review what was asked and answered."""
    cassettes.write(request("line one\nline two"), GOOD)
    text = cassettes.path(request("line one\nline two")).read_text(encoding="utf-8")
    assert list(json.loads(text)) == [
        "format", "hash", "function", "model", "max_tokens", "temperature", "sample", "status",
        "messages", "answer",
    ]  # fmt: skip
    assert '        "line one",\n        "line two"\n' in text
    assert '      "    return x",\n' in text


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (GOOD, "complete"),
        (GOOD._replace(finish="length"), "truncated"),
        (GOOD._replace(finish="content_filter"), "malformed"),
        (GOOD._replace(text="I would rather not."), "malformed"),
        (GOOD._replace(text=GOOD.text + GOOD.text), "malformed"),
    ],
)
def test_broken_answers_are_marked(cassettes, answer, status):
    """A cut answer would look like a whole one to whoever reads the file."""
    cassettes.write(request(), answer)
    assert cassettes.read(request()) == (answer, status)


def test_the_same_answer_is_the_same_bytes(cassettes):
    """Recording again would show up as a change in git."""
    cassettes.write(request(), GOOD)
    path = cassettes.path(request())
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    cassettes.write(request(), GOOD)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)
    cassettes.write(request(), GOOD._replace(text="other"))
    cassettes.write(request(), GOOD)
    assert path.read_bytes() == before
    assert sorted(p.name for p in cassettes.folder.iterdir() if p.name != ".lock") == [path.name]


def test_git_takes_the_answers_and_nothing_else(cassettes, tmp_path):
    """Locks would be committed, or answers not."""
    cassettes.write(request(), GOOD)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "add", "-A"], check=True, capture_output=True)
    done = subprocess.run([*git, "ls-files"], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [
        ".poet/.gitattributes",
        ".poet/.gitignore",
        f".poet/cassettes/{request().hash}.json",
    ]
    path = f".poet/cassettes/{request().hash}.json"
    asked = [*git, "check-attr", "text", "merge", "--", path]
    done = subprocess.run(asked, check=True, capture_output=True, text=True)
    assert [line.rsplit(" ", 1)[1] for line in done.stdout.splitlines()] == ["unset", "unset"]


def test_secrets_are_not_stored(cassettes, monkeypatch):
    """A key would be committed with the answer that repeats it."""
    monkeypatch.setenv("PLANTED_API_KEY", "planted-secret-value")
    said = GOOD._replace(text="your key is planted-secret-value", model="planted-secret-value")
    asked = request("my key: planted-secret-value, sk-" + "a1" * 20)
    cassettes.write(asked, said)
    files = [p for p in cassettes.folder.parent.rglob("*") if p.is_file()]
    assert len(files) >= 3
    for path in files:
        assert b"planted-secret-value" not in path.read_bytes()
        assert b"sk-a1" not in path.read_bytes()
    assert cassettes.read(asked).completion.text == "your key is [secret]"


def edited(change):
    def edit(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document)

    return edit


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda text: "", "not whole JSON: Expecting value"),
        (lambda text: text[: len(text) // 2], "."),
        (lambda text: text.replace('"format": 1', '"format": 2'), "format is 2"),
        (lambda text: text.replace("Write f.", "Write g."), "not the one that its name"),
        (lambda text: text.replace('"max_tokens": 1000', '"max_tokens": 1001'), "not the one"),
        (lambda text: text.replace('"complete"', '"fine"'), "status is 'fine'"),
        (lambda text: "<<<<<<< HEAD\n" + text, "conflict marks of a merge"),
        (lambda text: "[1]", "no object"),
        (lambda text: "[" * 100_000, "."),
        (lambda text: "{}", "no 'format'"),
        (edited(lambda d: d.pop("answer")), "no 'answer'"),
        (edited(lambda d: d["answer"].update(text="not lines")), "text is"),
        (edited(lambda d: d["answer"].update(text=["a", 3])), "list of lines"),
        (edited(lambda d: d["answer"].update(cost_usd="free")), "cost is 'free'"),
        (edited(lambda d: d["answer"].update(input_tokens=None)), "input_tokens is None"),
        (edited(lambda d: d.update(messages=3)), "."),
        (edited(lambda d: d.update(messages=["x"])), "."),
        (edited(lambda d: d.update(answer="x")), "."),
    ],
)  # fmt: skip
def test_a_damaged_file_is_named_and_never_an_answer(cassettes, damage, why):
    """A cut or mixed-up recording would be judged as if the model had said it."""
    cassettes.write(request(), GOOD)
    path = cassettes.path(request())
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CassetteMissError, match=why) as caught:
        cassettes.read(request())
    assert caught.value.where == str(path)
    assert f"git checkout -- {path}" in caught.value.hint
    cassettes.write(request(), GOOD)
    assert cassettes.read(request()).completion == GOOD


def test_a_file_under_another_name(cassettes):
    """The answer to one question would be taken for that to another."""
    cassettes.write(request("one"), GOOD)
    cassettes.path(request("one")).replace(cassettes.path(request("two")))
    with pytest.raises(CassetteMissError, match="not the one that its name stands for"):
        cassettes.read(request("two"))


def test_bytes_that_are_no_text_and_a_folder_in_its_place(cassettes):
    """A traceback out of POET would stand where the file should be named."""
    path = cassettes.path(request())
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CassetteMissError, match="utf-8"):
        cassettes.read(request())
    path.unlink()
    path.mkdir()
    with pytest.raises(CassetteMissError, match="cannot be used"):
        cassettes.read(request())


def test_an_edited_answer_is_input_like_any(cassettes):
    """A person could not mend an answer by hand; the gate judges it either way."""
    cassettes.write(request(), GOOD)
    path = cassettes.path(request())
    path.write_text(path.read_text().replace("return x", "return x + 1"), encoding="utf-8")
    assert "return x + 1" in cassettes.read(request()).completion.text


def test_which_model_answered_this_conversation(cassettes):
    """With no model named, recorded answers would not be found."""
    asked = request("one")
    assert cassettes.model_for(asked.messages, 1000, None) is None
    for model in ("z/other", MODEL):
        cassettes.write(asked._replace(model=model), GOOD)
    cassettes.write(asked._replace(model="a/second-sample", sample=1), GOOD)
    cassettes.write(request("two", model='b/"odd\\name"'), GOOD)
    assert cassettes.model_for(asked.messages, 1000, None) == MODEL
    assert cassettes.model_for(asked.messages, 999, None) is None
    assert cassettes.model_for(asked.messages, 1000, 0.5) is None
    assert cassettes.model_for(asked.messages[:1], 1000, None) is None
    assert cassettes.model_for(request("two").messages, 1000, None) == 'b/"odd\\name"'


def test_a_cut_recording_is_still_found(cassettes):
    """A damaged recording would silently count as none, and the recipe be used instead."""
    cassettes.write(request("one"), GOOD)
    path = cassettes.path(request("one"))
    path.write_bytes(path.read_bytes()[:400])
    (cassettes.folder / "notes.json").write_text("{")
    (cassettes.folder / ("0" * 64 + ".json")).write_text("")
    assert cassettes.model_for(request("one").messages, 1000, None) == MODEL


def test_measured_figures_do_not_matter(cassettes):
    """A repair prompt that says 3.1 ms instead of 3.2 ms would miss its recording."""
    cassettes.write(request("it took 3.1 ms at 0x7f00aabb"), GOOD)
    assert cassettes.read(request("it took 12.75 ms at 0x7f00ccdd")) is not None
    assert cassettes.read(request("it took 3.1 years")) is None


def _write_many(folder, number):
    cassettes = Cassettes(folder)
    for n in range(15):
        cassettes.write(request(f"prompt {n}"), GOOD._replace(text=f"{number} says {n}"))


def test_several_processes(cassettes):
    """Two runs at once would leave a mixed or half-written file."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(cassettes.folder, n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    for n in range(15):
        assert cassettes.read(request(f"prompt {n}")).completion.text.endswith(f"says {n}")
    names = [p.name for p in cassettes.folder.iterdir()]
    assert len([n for n in names if n.endswith(".json")]) == 15
    assert not [n for n in names if n.startswith(".tmp-")]


def test_a_folder_that_may_not_be_written(tmp_path):
    """A model would be paid for an answer that nobody can keep."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    from poet.errors import StoreError

    with pytest.raises(StoreError):
        Cassettes(blocked / "cassettes").prepare()
    if os.geteuid() != 0:
        tmp_path.chmod(0o500)
        with pytest.raises(ReadOnlyStoreError):
            Cassettes(tmp_path / ".poet" / "cassettes").prepare()


def test_roles_are_part_of_the_request(cassettes):
    """What a user wrote could pass for what the system said."""
    asked = Request("f", (Message("user", "x"),), MODEL, 100)
    cassettes.write(asked, GOOD)
    assert cassettes.read(asked._replace(messages=(Message("system", "x"),))) is None
