"""What calls run when something about a stored version does not fit."""

from __future__ import annotations

import json

import pytest

from poet.testing import Project

APP = """
    from poet import poet

    @poet()
    def f(a: int) -> int:
        return a + 1
"""
CALL = "import app; print('got', app.f(1), app.f.poet.served.version, app.f.poet.served.state)"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with v1."""
    project = Project(tmp_path_factory.mktemp("serving")).write({"app.py": APP})
    done = project.poet("generate", "f")
    assert done.code == 0, done.out
    return project


def tamper_code_and_record(folder):
    code = folder / "v1" / "code.py"
    code.write_text(code.read_text() + "\n\ndef f(a):\n    return 666\n")
    from poet.store import sha256

    record = folder / "v1" / "record.json"
    record.write_text(
        json.dumps({**json.loads(record.read_text()), "code_sha256": sha256(code.read_text())})
    )


def tamper_outcomes(folder):
    record = folder / "v1" / "record.json"
    record.write_text(record.read_text().replace('"passed"', '"failed"', 1))


def tamper_fingerprint(folder):
    metadata = folder / "v1" / "metadata.json"
    metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "fingerprint": "0" * 64}))


@pytest.mark.parametrize("tamper", [tamper_code_and_record, tamper_outcomes, tamper_fingerprint])
def test_edited_version_is_not_served(made, tmp_path, tamper):
    """Code that nobody verified would run in production because its record was edited too."""
    import shutil

    shutil.copytree(made.folder, tmp_path / "copy")
    project = Project(tmp_path / "copy")
    tamper(project.folder / ".poet" / "f")
    env = {"POET_MODE": "locked", "XDG_STATE_HOME": str(tmp_path / "state")}
    done = project.python(CALL, env=env)
    assert "got 2 None damaged" in done.out, done.out
    strict = project.python(CALL, env={**env, "POET_STRICT": "1"})
    assert "POET401" in strict.out


def test_version_made_for_the_new_source_is_not_put_around_the_old_function(tmp_path):
    """A process that runs on while files are deployed would serve what nobody verified."""
    project = Project(tmp_path).write({"app.py": APP})
    assert project.poet("generate", "f").code == 0
    done = project.python("""
        import pathlib, subprocess, sys, warnings
        import app
        warnings.simplefilter("ignore")
        print(app.f(1), app.f.poet.served.version)
        path = pathlib.Path("app.py")
        path.write_text(path.read_text().replace("a + 1", "a * 100"))
        subprocess.run([sys.executable, "-m", "poet", "generate", "f"], check=True, capture_output=True)
        app.f.poet.reload()
        print("then", app.f(1), app.f.poet.served.version, app.f.poet.served.state)
    """)
    assert "then 2 None stale" in done.out, done.out
    assert "got 100 v2 fresh" in project.python(CALL).out


def test_current_that_is_gone_is_damage_not_a_missing_version(tmp_path):
    """A lost file would be answered with a new version, or with silence in a pipeline."""
    project = Project(tmp_path).write({"app.py": APP})
    assert project.poet("generate", "f").code == 0
    project.write({"app.py": APP.replace("a + 1", "1 + a")})
    assert project.poet("generate", "f").code == 0
    (tmp_path / ".poet" / "f" / "current").unlink()
    done = project.python(CALL)
    assert "got 2 None damaged" in done.out, done.out
    assert "poet promote f v2" in done.out
    assert project.poet("promote", "f", "2").code == 0
    assert "got 2 v2 fresh" in project.python(CALL).out


def test_class_and_module_of_one_name_keep_apart(tmp_path):
    """A method's versions would be taken for those of a function in a module named like its class."""
    body = "@poet()\n{0}def m({1}a: int) -> int:\n{0}    return a + {2}\n"
    head = "from poet import poet\n\n"
    project = Project(tmp_path).write(
        {
            "K.py": head + body.format("", "", 1),
            "a.py": head
            + body.format("", "", 2)
            + "\n\nclass K:\n    "
            + body.format("    ", "self, ", 3),
        }
    )
    for name in ("K.py:m", "a.py:m", "a.py:K.m", "K.py:m", "a.py:m"):
        done = project.poet("generate", name)
        assert done.code == 0, (name, done.out)
    done = project.python("import K, a; print(K.m(0), a.m(0), a.K().m(0)); "
                          "print(K.m.poet.served.version, a.m.poet.served.version)")  # fmt: skip
    assert "1 2 3" in done.out
    assert "v1 v1" in done.out


def test_promote_refuses_what_fails_an_active_case(tmp_path):
    """A version that production has shown to be wrong would come back by hand."""
    project = Project(tmp_path).write({"app.py": APP})
    assert project.poet("generate", "f").code == 0
    case = {"status": "active", "args": [1], "expect": {"equals": 3}, "why": "a test"}
    project.write({".poet/f/cases/three.json": json.dumps(case)})
    done = project.poet("promote", "f", "1")
    assert done.code == 1
    assert "case:three" in done.out
