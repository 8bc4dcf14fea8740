"""What a person sees while versions are made, on a real pseudo-terminal and in a pipe."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from poet.cli._progress import LINES_EACH, Board, Lines
from poet.lifecycle import Step

pytest.importorskip("pty", reason="no pseudo-terminals here")
from terminal_helpers import Terminal

DRIVER = Path(__file__).with_name("progress_driver.py")


def run(tmp_path, count, *more, **terminal):
    """Run the scripted steps on a terminal of that size."""
    return Terminal.python([str(DRIVER), str(count), *more], tmp_path, **terminal)


def widest(terminal):
    return max(len(line.rstrip()) for frame in terminal.frames for line in frame.splitlines())


def test_a_wide_terminal_shows_every_column(tmp_path):
    """A user would not see which candidate is at which step, what it costs and how it fared."""
    terminal = run(tmp_path, 3)
    assert terminal.end() == 0
    frames = "\n".join(terminal.frames)
    assert re.search(r"function +try +step +cost +verdict +time", frames)
    assert re.search(r"detect_drift_0 +1\.1 +(ask openai/test|judged) ", frames)
    assert re.search(r"detect_drift_2 +1\.2 +done +\$0\.0080 +promoted +\d s", frames)
    assert "failed verification" in frames
    assert re.search(r"3/3 done, \$0\.0240 of \$5\.00, \d s", frames)
    assert terminal.screen.text == "the end"  # the table is gone, what follows stands alone
    assert terminal.screen.cursor
    assert terminal.screen.unknown == []


@pytest.mark.parametrize(("rows", "columns"), [(24, 40), (10, 80), (5, 25), (3, 60)])
def test_fifty_functions_fit_any_terminal(tmp_path, rows, columns):
    """A long run on a small terminal would scroll its table out of sight, line after line."""
    terminal = run(tmp_path, 50, rows=rows, columns=columns)
    assert terminal.end() == 0
    assert widest(terminal) <= columns
    assert terminal.screen.text == "the end"
    assert max(len(f.rstrip().splitlines()) for f in terminal.frames) <= rows
    frames = "\n".join(terminal.frames)
    assert "50/50 done" in frames
    if columns >= 40 and rows > 3:
        assert re.search(r"and (\d+ running, )?(\d+ done, )?\d+ waiting", frames)


def test_no_color(tmp_path):
    """A user who asks for no colours would get them."""
    terminal = run(tmp_path, 2, env={"NO_COLOR": "1"})
    assert terminal.end() == 0
    assert "2/2 done" in "\n".join(terminal.frames)
    coloured = re.compile(r"3[0-7]|9[0-7]|38")
    assert not any(coloured.fullmatch(s) for s in terminal.screen.styles)
    terminal = run(tmp_path, 2)
    terminal.end()
    assert any(coloured.fullmatch(s) for s in terminal.screen.styles)


def test_ctrl_c_restores_the_terminal(tmp_path):
    """After Ctrl-C a user's terminal would have no cursor, or half a table above the prompt."""
    terminal = run(tmp_path, 3, "wait")
    terminal.until(lambda screen: "1.2" in screen.text)
    assert not terminal.screen.cursor
    terminal.interrupt()
    assert terminal.end() == -signal.SIGINT
    assert terminal.screen.cursor
    assert "detect_drift_0" not in terminal.screen.text
    assert "KeyboardInterrupt" in terminal.screen.text


def test_an_error_restores_the_terminal_and_warnings_stand_above(tmp_path):
    """A traceback would be written into the table, and the cursor be gone."""
    terminal = run(tmp_path, 2, "fail")
    assert terminal.end() == 1
    assert terminal.screen.cursor
    lines = terminal.screen.text.splitlines()
    assert "a warning in between" in " ".join(lines[:2])
    assert lines[-1] == "ValueError: as scripted"
    assert not any(line.startswith("function") for line in lines)


@pytest.mark.parametrize("kind", ["pipe", "dumb"])
def test_without_a_terminal_there_are_plain_lines(tmp_path, kind):
    """A log in CI would be full of escape sequences, or empty."""
    if kind == "pipe":
        done = subprocess.run([sys.executable, DRIVER, "2"], capture_output=True, text=True,
                              timeout=60, check=True)  # fmt: skip
        shown = done.stderr
        assert done.stdout == "the end\n"
    else:
        terminal = run(tmp_path, 2, env={"TERM": "dumb"})
        assert terminal.end() == 0
        shown = terminal.screen.text
    assert "\x1b" not in shown
    own = [line for line in shown.splitlines() if line.startswith("  detect_drift_1: ")]
    assert [line.partition(": ")[2] for line in own] == [
        "ask openai/test", "audit", "judged: failed verification", "ask openai/test", "case one",
        "promoted",
    ]  # fmt: skip


def test_lines_are_bounded_and_the_last_one_is_shown():
    """A search of a hundred attempts would fill a log with thousands of lines."""
    stream = io.StringIO()
    lines = Lines(stream, Board.of(["f"], 1.0))
    for number in range(500):
        lines(Step("f", f"step {number}", 1, 1))
    lines(Step("f", "promoted", verdict="promoted", done=True))
    shown = stream.getvalue().splitlines()
    assert len(shown) == LINES_EACH + 2
    assert shown[-2:] == ["  f: more steps follow, not shown", "  f: promoted"]


def test_steps_from_many_threads_keep_whole_lines():
    """Lines of two functions that are made at once would run into each other."""
    stream = io.StringIO()
    board = Board.of([f"f{n}" for n in range(8)], 1.0)
    lines = Lines(stream, board)

    def work(name):
        for number in range(LINES_EACH - 1):
            lines(Step(name, f"step {number}", 1, 1, "model", number / 1000))
        lines(Step(name, "promoted", 1, 1, "model", 0.5, "promoted", True))

    threads = [threading.Thread(target=work, args=(f"f{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = stream.getvalue().splitlines()
    assert len(shown) == 8 * LINES_EACH
    assert all(re.fullmatch(r"  f\d: (step \d+|promoted)", line) for line in shown)
    assert board.unfinished() == []
    assert board.total().startswith("8/8 done, $4.00 of $1.00")
