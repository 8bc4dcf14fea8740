"""The sources a worker is sent: all of the project that an import needs, and none of its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from poet.gate.sandbox import gather_sources
from poet.testing import Project


def found(tmp_path, files, start="app.py", module="app"):
    Project(tmp_path).write({"pyproject.toml": "", **files})
    return gather_sources(tmp_path / start, module)


def test_every_first_party_module_is_sent(tmp_path):
    """A function whose helper is in another file could not be verified."""
    got = found(
        tmp_path,
        {
            "app.py": "import helper\nfrom pack.inner import deep\nimport numpy as np, os.path\n",
            "helper.py": "def late():\n    import lazily\n",
            "lazily.py": "",
            "pack/__init__.py": "from . import sibling\n",
            "pack/sibling.py": "from ..no_package import x\n",
            "pack/inner/__init__.py": "",
            "pack/inner/deep.py": "from ..sibling import y\n",
            "unused.py": "SECRET = 1\n",
        },
    )
    assert set(got.files) == {
        "app", "helper", "lazily", "pack", "pack.sibling", "pack.inner", "pack.inner.deep",
    }  # fmt: skip
    assert got.files["pack"][2]
    assert not got.files["helper"][2]
    assert {"numpy", "os"} <= got.imports


def test_a_folder_without_init_is_a_package(tmp_path):
    """A namespace package would be missing in the worker."""
    got = found(tmp_path, {"app.py": "from names.part import x\n", "names/part.py": "x = 1\n"})
    assert set(got.files) == {"app", "names", "names.part"}
    assert got.files["names"][1:] == ("", True)


def test_a_module_under_src_and_in_a_package(tmp_path):
    """A project with a src folder could not be verified."""
    got = found(
        tmp_path,
        {
            "src/shop/__init__.py": "",
            "src/shop/price.py": "from .tax import r\n",
            "src/shop/tax.py": "",
        },
        "src/shop/price.py",
        "shop.price",
    )
    assert set(got.files) == {"shop", "shop.price", "shop.tax"}


def test_what_tests_expect_is_not_sent(tmp_path):
    """A candidate would find the right answers in the text of its own module."""
    text = (
        "import pytest\nfrom poet import poet\n\n@poet()\ndef f(x):\n    return x\n\n"
        "@pytest.mark.parametrize('x', [1])\ndef test_f(x):\n    assert f(x) == 4711\n\n"
        "class TestF:\n    def test_more(self):\n        assert f(2) == 4712\n\nAFTER = 1\n"
    )
    got = found(tmp_path, {"test_app.py": text}, "test_app.py", "test_app")
    sent = got.files["test_app"][1]
    assert "471" not in sent
    assert sent.count("\n") == text.count("\n")
    assert sent.splitlines()[-1] == "AFTER = 1"


def test_a_script_has_its_own_name(tmp_path):
    """A function of a script could not be verified when the script itself runs."""
    got = found(tmp_path, {"run.py": "x = 1\n"}, "run.py", "__main__")
    assert got.module == "run"
    assert "run" in got.files


def test_the_name_of_the_users_process_is_kept_beside_the_files_own(tmp_path):
    """A module imported under a package's name could not import itself by its own."""
    got = found(tmp_path, {"tests/app.py": "x = 1\n"}, "tests/app.py", "tests.app")
    assert {"tests.app", "app", "tests"} <= set(got.files)


def test_broken_and_missing_files_do_not_stop_the_search(tmp_path):
    """One syntax error would hide which module has it."""
    got = found(tmp_path, {"app.py": "import broken\n", "broken.py": "def (:\n"})
    assert got.files["broken"][1] == "def (:\n"


def test_installed_modules_are_not_sent():
    """The whole of an installed package would be read and sent for each worker."""
    path = Path(pytest.__file__)
    assert "site-packages" in path.parts
    got = gather_sources(path, "pytest")
    assert got.files == {}
    assert got.module == "pytest"
