"""``poet monitor``: real files in, exit status, text, JSON and page out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import NamedTuple

import mon_page_helpers as helpers
import polars as pl
import pytest
from click.testing import CliRunner

from poet.testing import Project
from poet_domain_ml_monitoring import Monitor, Report, Thresholds
from poet_domain_ml_monitoring._emit import silent
from poet_domain_ml_monitoring.command import monitor
from poet_domain_ml_monitoring.command._memory import parse_size

OK, INTERNAL, USAGE, DRIFT, DATA = 0, 1, 2, 10, 11


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A reference, a calm and a drifted window, each in several kinds of files."""
    folder = tmp_path_factory.mktemp("files")
    for name, frame in (
        ("reference", helpers.mixed(8000)),
        ("calm", helpers.mixed(3000, seed=1)),
        ("drifted", helpers.mixed(3000, 1.0, seed=2)),
    ):
        frame.write_parquet(folder / f"{name}.parquet")
        frame.write_csv(folder / f"{name}.csv")
        frame.write_csv(folder / f"{name}.tsv", separator="\t")
        frame.write_ipc(folder / f"{name}.arrow")
        frame.write_ndjson(folder / f"{name}.ndjson")
    for part in range(3):
        frame = helpers.mixed(3000, seed=1).slice(part * 1000, 1000)
        frame.write_parquet(folder / f"part-{part}.parquet")
    return folder


class Click(NamedTuple):
    """What the command said; Click before 8.2 gives either what it said where, or all of it."""

    exit_code: int
    stdout: str
    stderr: str
    output: str

    @classmethod
    def invoke(cls, arguments):
        try:
            runner = CliRunner(mix_stderr=False)
        except TypeError:
            runner = CliRunner()
        done = runner.invoke(monitor, arguments, catch_exceptions=False)
        return cls(done.exit_code, done.stdout, done.stderr, done.stdout + done.stderr)


@pytest.fixture
def run(files, tmp_path, monkeypatch):
    """Run the command in a folder of its own, with the files linked into it."""
    for path in files.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POET_HOME", str(tmp_path / "home"))

    def command(*arguments):
        return Click.invoke([str(a) for a in arguments])

    return command


def test_exit_status_says_the_verdict(run):
    """A scheduler could not tell drift from none without reading text."""
    calm = run("calm.parquet", "-r", "reference.parquet")
    assert (calm.exit_code, calm.stdout.splitlines()[0]) == (OK, "No drift in 9 features")
    drifted = run("drifted.parquet", "-r", "reference.parquet")
    assert drifted.exit_code == DRIFT
    assert drifted.stdout.startswith("Drift in ")
    assert run("drifted.parquet", "-r", "reference.parquet", "--quiet").stdout == ""


def test_command_of_poet_in_a_process(files, tmp_path):
    """`poet monitor` would be missing from the command, or lose its exit status on the way."""
    project = Project(tmp_path)
    done = project.poet("monitor", files / "drifted.parquet", "-r", files / "reference.parquet")
    assert done.code == DRIFT, done.out
    assert "monitor" in project.poet("--help").out
    done = project.poet("monitor")
    assert done.code == USAGE
    assert "Traceback" not in done.out


@pytest.mark.parametrize("suffix", ["csv", "tsv", "arrow", "ndjson"])
def test_every_kind_of_file_gives_the_verdict_of_parquet(run, suffix):
    """Another format would give another verdict."""
    for name, code in (("calm", OK), ("drifted", DRIFT)):
        done = run(f"{name}.{suffix}", "-r", f"reference.{suffix}", "--json", "-")
        assert done.exit_code == code, done.output
        found = {f["feature"]: f["status"] for f in json.loads(done.stdout)["features"]}
        done = run(f"{name}.parquet", "-r", "reference.parquet", "--json", "-")
        expected = {f["feature"]: f["status"] for f in json.loads(done.stdout)["features"]}
        # Times in JSON are text; what text is compared by is its length.
        found.pop("signup"), expected.pop("signup")
        assert found == expected


@pytest.mark.parametrize(
    "given", [["part-*.parquet"], ["part-0.parquet", "part-1.parquet", "part-2.parquet"], ["parts"]]
)
def test_parts_are_one_frame(run, tmp_path, given):
    """A day in three files would be three small windows, or only the first."""
    (tmp_path / "parts").mkdir()
    for part in range(3):
        (tmp_path / "parts" / f"{part}.parquet").symlink_to(tmp_path / f"part-{part}.parquet")
    whole = run("calm.parquet", "-r", "reference.parquet", "--json", "-")
    done = run(*given, "-r", "reference.parquet", "--json", "-")
    assert done.exit_code == OK, done.output
    assert json.loads(done.stdout) == json.loads(whole.stdout)


def test_report_is_that_of_the_library(run):
    """The command and the library would tell two stories of the same data."""
    done = run("drifted.parquet", "-r", "reference.parquet", "--json", "-")
    library = Monitor.fit(pl.read_parquet("reference.parquet"), emit=silent)
    report = library.check(pl.read_parquet("drifted.parquet"))
    assert Report.from_json(done.stdout).to_dict() == report.to_dict()


def test_state_spares_the_reference(run):
    """Every night would read and sort the whole reference again."""
    fresh = run("drifted.parquet", "-r", "reference.parquet", "--save", "state", "--json", "-")
    kept = run("drifted.parquet", "--state", "state", "--json", "-")
    assert kept.exit_code == DRIFT, kept.output
    assert kept.stdout == fresh.stdout
    held = run(
        "drifted.parquet", "--state", "state", "--min-effect", "0.999", "--columns", "score", "-q"
    )
    assert held.exit_code in (OK, DATA)


def test_page_and_history(run, tmp_path):
    """The page would not be written, or show nothing of the nights before."""
    for at, name in enumerate(["calm", "calm", "drifted"]):
        run(f"{name}.parquet", "-r", "reference.parquet", "--json", f"night-{at}.json", "-q")
    done = run(
        "drifted.parquet",
        "-r",
        "reference.parquet",
        "--history",
        "night-*.json",
        "--html",
        "r.html",
    )
    assert done.exit_code == DRIFT, done.output
    assert "page: r.html" in done.stdout
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "The last 4 checks" in text
    assert "Drifting for the last 2 checks in a row." in text
    assert text.count('class="chart"') >= 3
    assert "<title>drifted.parquet: Drift in " in text
    none = run(
        "calm.parquet", "-r", "reference.parquet", "--history", "never-*.json", "--html", "n.html"
    )
    assert none.exit_code == OK  # the first night has no history
    (tmp_path / "odd.json").write_text("{}")
    odd = run("calm.parquet", "-r", "reference.parquet", "--history", "odd.json")
    assert odd.exit_code == DATA
    assert "odd.json is no report" in odd.stderr


def test_columns_and_ignore(run):
    """An identifier that always changes could not be left out."""
    only = run(
        "drifted.parquet", "-r", "reference.parquet", "--columns", "country, rating", "--json", "-"
    )
    assert only.exit_code == OK, only.output
    assert [f["feature"] for f in json.loads(only.stdout)["features"]] == ["rating", "country"]
    rest = run("drifted.parquet", "-r", "reference.parquet", "--ignore", "score", "--json", "-")
    assert "score" not in [f["feature"] for f in json.loads(rest.stdout)["features"]]
    assert rest.exit_code == DRIFT
    wrong = run("drifted.parquet", "-r", "reference.parquet", "--columns", "scor")
    assert wrong.exit_code == USAGE
    assert "no column 'scor', did you mean 'score'?" in wrong.stderr


def test_thresholds_are_those_of_the_options(run):
    """`--min-effect` would be taken and do nothing."""
    done = run(
        "drifted.parquet", "-r", "reference.parquet", "--columns", "score", "--min-effect", "0.9"
    )
    assert done.exit_code == OK
    help_text = run("--help").stdout
    assert f"[{Thresholds().alpha:g}]" in help_text
    assert f"[{Thresholds().min_effect:g}]" in help_text


def _write(path, content):
    if isinstance(content, pl.DataFrame):
        content.write_parquet(path)
    else:
        path.write_bytes(content)


def _cut(share):
    def content(folder):
        data = (folder / "calm.parquet").read_bytes()
        return data[: int(len(data) * share)]

    return content


def _scrambled(folder):
    """A file whose ends are whole and whose pages are not."""
    data = bytearray((folder / "calm.parquet").read_bytes())
    data[100 : len(data) // 2] = bytes(len(data) // 2 - 100)
    return bytes(data)


BAD = {
    "empty file": (lambda _: b"", "is empty"),
    "cut short": (_cut(0.6), "cannot be read"),
    "only its head": (_cut(0.001), "cannot be read"),
    "damaged inside": (_scrambled, ""),
    "no parquet": (lambda _: b"hello, this is text\n" * 20, "cannot be read"),
    "no rows": (lambda _: helpers.mixed(10).clear(), "no row"),
    "no columns": (lambda _: pl.DataFrame(), "no column"),
    "nothing in common": (lambda _: pl.DataFrame({"other": [1, 2, 3]}), "no column in common"),
    "a missing column": (lambda _: helpers.mixed(3000, seed=1).drop("age"), "age"),
    "another type": (lambda _: helpers.mixed(3000).with_columns(pl.col("age").cast(str) + "y"), "age"),
    "three rows": (lambda _: helpers.mixed(3, seed=1), "too little data"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(BAD))
def test_bad_current_data_are_a_data_problem(run, files, tmp_path, what):
    """A broken delivery would be `no drift`, drift, or a traceback."""
    content, said = BAD[what]
    _write(tmp_path / "bad.parquet", content(files))
    done = run("bad.parquet", "-r", "reference.parquet")
    assert done.exit_code == DATA, done.output
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "what", ["empty file", "cut short", "damaged inside", "no rows", "nothing in common"]
)
def test_bad_reference_data_are_a_data_problem(run, files, tmp_path, what):
    """A broken reference would call everything drift."""
    content, said = BAD[what]
    _write(tmp_path / "bad.parquet", content(files))
    done = run("calm.parquet", "-r", "bad.parquet")
    assert done.exit_code == DATA, done.output
    assert said in done.output


def test_parts_with_other_columns_are_named(run, tmp_path):
    """Of a hundred parts nobody could find the one that differs."""
    frame = helpers.mixed(100, seed=1)
    frame.write_parquet(tmp_path / "p1.parquet")
    frame.with_columns(pl.col("rating").cast(pl.String)).write_parquet(tmp_path / "p2.parquet")
    done = run("p1.parquet", "p2.parquet", "-r", "reference.parquet")
    assert done.exit_code == DATA
    assert "'rating' is Int64 in the first, String in the second" in done.stderr
    assert "p2.parquet" in done.stderr
    mixed = run("calm.parquet", "calm.csv", "-r", "reference.parquet")
    assert mixed.exit_code == DATA
    assert "several kinds" in mixed.stderr


def test_text_that_is_no_number_after_all(run, tmp_path):
    """A stray word far down in a CSV would end in a traceback."""
    lines = ["x", *["1.5"] * 20_000, "oops", *["2.5"] * 100]
    (tmp_path / "late.csv").write_text("\n".join(lines))
    pl.DataFrame({"x": [1.5, 2.5] * 500}).write_csv(tmp_path / "ref.csv")
    done = run("late.csv", "-r", "ref.csv")
    assert done.exit_code == DATA
    assert "oops" in done.output or "x" in done.output


@pytest.mark.parametrize(("arguments", "said"), [
    (["nope.parquet", "-r", "reference.parquet"], "no file nope.parquet"),
    (["calm.parquet", "-r", "nope-*.parquet"], "no file matches nope-*.parquet"),
    (["calm.parquet", "--state", "nope"], "no file nope"),
    (["calm.parquet"], "give either --reference or --state"),
    (["calm.parquet", "-r", "reference.parquet", "--state", "s"], "give either --reference or --state"),
    (["-r", "reference.parquet"], "Missing argument 'CURRENT...'"),
    (["calm.parquet", "-r", "reference.parquet", "--alpha", "2"], "2 is not between 0 and 1"),
    (["calm.parquet", "-r", "reference.parquet", "--memory", "lots"], "'lots' is no size"),
    (["calm.parquet", "-r", "reference.parquet", "--html", "no/such/r.html"], "there is no folder"),
    (["calm.parquet", "-r", "reference.parquet", "--columns", "a", "--ignore", "b"], "--columns or --ignore"),
    (["calm.parquet", "-r", "reference.parquet", "--htm", "x"], "No such option"),
])  # fmt: skip
def test_wrong_usage(run, arguments, said):
    """A slip in a crontab would look like drift, or like none."""
    done = run(*arguments)
    assert done.exit_code == USAGE, done.output
    assert said in done.output


def test_damaged_state_is_said(run, tmp_path):
    """A state cut short by a full disk would compare with half a reference."""
    run("calm.parquet", "-r", "reference.parquet", "--save", "state", "-q")
    data = (tmp_path / "state").read_bytes()
    (tmp_path / "cut").write_bytes(data[: len(data) // 2])
    done = run("calm.parquet", "--state", "cut")
    assert done.exit_code == DATA
    assert "cut" in done.stderr


def test_memory_given_bounds_the_sample_and_says_so(run):
    """A reference would be thinned out without a word."""
    done = run("calm.parquet", "-r", "reference.parquet", "--memory", "1MB", "--json", "-")
    found = json.loads(done.stdout)
    assert found["sampling"]["of"] == 8000
    assert found["sampling"]["rows"] < 8000
    assert found["sampling"]["reproducible"] is True
    assert 0 < found["sampling"]["error_bound"] < 0.1
    again = run("calm.parquet", "-r", "reference.parquet", "--memory", "1MB", "--json", "-")
    assert again.stdout == done.stdout
    assert "sample of" in run("calm.parquet", "-r", "reference.parquet", "--memory", "1MB").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_is_for_terminals_only(files, tmp_path):
    """A log would fill with bars, or a person would wait an hour without a sign."""
    code = (
        "from poet_domain_ml_monitoring.command import monitor\n"
        f"monitor([{str(files / 'calm.parquet')!r}, '-r', {str(files / 'reference.parquet')!r}])"
    )
    env = {**os.environ, "POET_HOME": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "100"}
    main, side = os.openpty()
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=side,
        env=env,
        text=True,
        check=False,
    )
    os.close(side)
    shown = b""
    try:
        while part := os.read(main, 65_536):
            shown += part
    except OSError:  # nothing is left
        pass
    os.close(main)
    assert done.returncode == OK
    assert "checking current" in shown.decode()
    assert "reading reference" in shown.decode()
    assert "checking" not in done.stdout
    quiet = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=env, text=True, check=False
    )
    assert quiet.stderr == ""


def test_closed_pipe_keeps_the_verdict(files, tmp_path):
    """`poet monitor … | head` would turn drift into an internal error."""
    code = (
        "import sys\nfrom poet_domain_ml_monitoring.command import monitor\n"
        f"monitor([{str(files / 'drifted.parquet')!r}, '-r', {str(files / 'reference.parquet')!r}])"
    )
    env = {**os.environ, "POET_HOME": str(tmp_path)}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=env,
        text=True,
        check=False,
    )
    os.close(writer)
    assert done.returncode == DRIFT, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("text", "size"), [("500MB", 500_000_000), ("2GiB", 2**31), ("1.5 g", 1_500_000_000), ("7", 7)]
)
def test_sizes(text, size):
    """`--memory 2GB` would mean something else than it says."""
    assert parse_size(text) == size
