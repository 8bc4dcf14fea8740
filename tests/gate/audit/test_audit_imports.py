"""The audit of imports: explicit names, modules before a dot only, nothing rebound."""

# ruff: noqa: E501

import pytest
from audit_helpers import BODY, LIBRARIES, judged, rules

from poet.gate import audit

REFUSED = {
    "subprocess": ("import subprocess as s", "import"),
    "from os": ("from os import path", "import"),
    "system": ("import os\nx = os.system", "import"),
    "environ": ("import os\nx = os.environ", "import"),
    "modules": ("import sys\nx = sys.modules", "import"),
    "ungranted name": ("from math import nothing_of_the_kind", "import"),
    "sys through a module": ("import logging\nx = logging.sys", "import"),
    "os through a module": ("import random\nx = random._os", "import"),
    "submodule that is not listed": ("import logging.config", "import"),
    "submodule by name": ("from logging import config", "import"),
    "submodule by a dot": ("import numpy as np\nx = np.testing.assert_equal", "import"),
    "submodule as a value": ("import numpy as np\nx = np.linalg", "import"),
    "module handed on": ("import math\nx = [math]", "import"),
    "module by getattr": ("import math\nx = getattr(math, 'pi')", "import"),
    "module returned by or": ("import math\nx = math or 1", "import"),
    "star": ("from math import *", "import"),
    "relative": ("from . import helper", "import"),
    "late": ("def g():\n    import socket", "import"),
    "poet's own insides": ("from poet.store import locate", "import"),
    "Formatter": ("from string import Formatter", "import"),
    "make_dataclass": ("from dataclasses import make_dataclass", "import"),
    "get_type_hints": ("import typing\nx = typing.get_type_hints(f)", "import"),
    "JSON is fine, its scanner is not": ("import json.scanner", "import"),
    "redirect_stdout": ("from contextlib import redirect_stdout", "import"),
    "weakref": ("import weakref", "import"),
    "inspect": ("import inspect", "import"),
    "importlib": ("from importlib import import_module", "import"),
    "ctypes": ("import ctypes", "import"),
    "gc": ("import gc", "import"),
    "pickle": ("import pickle", "import"),
    "socket": ("import socket", "import"),
    "requests without a grant": ("import requests", "import"),
    "locale": ("import locale", "import"),
    "io.open": ("from io import open", "import"),
    "codecs.open": ("import codecs", "import"),
    "pathlib.Path": ("from pathlib import Path", "import"),
    "np.load": ("import numpy as np\nx = np.load", "import"),
    "np.memmap": ("from numpy import memmap", "import"),
    "np.ctypeslib": ("import numpy.ctypeslib", "import"),
    "np.seterr": ("import numpy as np\nnp.seterr(all='ignore')", "import"),
    "np.random.seed": ("import numpy as np\nnp.random.seed(1)", "import"),
    "random.seed": ("import random\nrandom.seed(1)", "import"),
    "decimal.getcontext": ("from decimal import getcontext", "import"),
    "pl.Config": ("import polars as pl\npl.Config.set_tbl_rows(1)", "import"),
    "pl.read_csv": ("import polars as pl\nx = pl.read_csv('f')", "import"),
    "pl.scan_parquet": ("import polars as pl\nx = pl.scan_parquet('f')", "import"),
    "pl.sql": ("import polars as pl\nx = pl.sql('select 1')", "import"),
    "pl.SQLContext": ("from polars import SQLContext", "import"),
    "pl.api": ("import polars as pl\nx = pl.api.register_expr_namespace", "import"),
    "pl.plugins": ("from polars.plugins import register_plugin_function", "import"),
    "pd.eval": ("import pandas as pd\nx = pd.eval('1')", "import"),
    "pd.read_pickle": ("import pandas as pd\nx = pd.read_pickle('f')", "import"),
    "pd.io": ("import pandas as pd\nx = pd.io.common", "import"),
    "pd.set_option": ("import pandas as pd\npd.set_option('a', 1)", "import"),
    "pd.options": ("import pandas as pd\npd.options.mode.copy_on_write = True", "assign"),
    "asyncio subprocess": ("import asyncio\nx = asyncio.create_subprocess_exec", "import"),
    "asyncio loops": ("import asyncio\nx = asyncio.new_event_loop", "import"),
    "threading.settrace": ("import threading\nthreading.settrace(f)", "import"),
    "uuid1 starts a program": ("import uuid\nx = uuid.uuid1()", "import"),
    "functools.singledispatch": ("from functools import singledispatch", "import"),
    "types.FunctionType": ("from types import FunctionType", "import"),
    "types.SimpleNamespace": ("from types import SimpleNamespace", "import"),
    "in a class body": ("class A:\n    import math", "import"),
    "get_origin": ("from typing import get_origin", "import"),
    "pl.api by a hop": ("import polars as pl\nx = pl.functions.col", "import"),
    "scipy's own NumPy": ("from scipy import stats\nx = stats.distributions.np", "import"),
    "sys of collections": ("import collections.abc\nx = collections.abc.sys", "import"),
    "urllib.request by a hop": ("import urllib.parse\nx = urllib.request.urlopen('u')", "import"),
    "namedtuple as a value": ("from collections import namedtuple\nx = [namedtuple]", "import"),
    "Runner": ("import asyncio\nx = asyncio.Runner()", "import"),
    "logging.Formatter": ("import logging\nx = logging.Formatter('{a}', style='{')", "import"),
    "processes": ("from concurrent.futures import ProcessPoolExecutor", "import"),
    "pytest": ("import pytest", "test environment"),
    "unittest.mock": ("from unittest import mock", "test environment"),
    "hypothesis": ("import hypothesis", "test environment"),
    "module changed": ("import math\nmath.pi = 3", "assign"),
    "imported thing changed": ("from poet.runtime import retry\nretry.x = 1", "assign"),
    "imported table changed": ("import errno\nerrno.errorcode[1] = 'x'", "assign"),
    "imported thing deleted": ("from string import digits\ndel digits", "assign"),
    "rebound": ("from poet.runtime import retry\nretry = 1", "assign"),
    "rebound by def": ("from poet.runtime import expect\ndef expect():\n    pass", "assign"),
    "rebound by class": ("import math\nclass math:\n    pass", "assign"),
    "rebound by a parameter": ("import math\ndef g(math):\n    return math.pi", "assign"),
    "rebound by a lambda": ("import math\ng = lambda math: math.pi", "assign"),
    "rebound by with": ("import math\nwith f() as math:\n    pass", "assign"),
    "rebound by for": ("import math\nfor math in ():\n    pass", "assign"),
    "rebound by except": ("import math\ntry:\n    pass\nexcept ValueError as math:\n    pass", "assign"),
    "rebound by a comprehension": ("import math\nx = [0 for math in ()]", "assign"),
    "rebound by walrus": ("import math\nx = (math := 1)", "assign"),
    "rebound by match": ("import math\nmatch 1:\n    case math:\n        pass", "assign"),
    "rebound by a star": ("import math\nmatch [1]:\n    case [*math]:\n        pass", "assign"),
    "rebound by a rest": ("import math\nmatch {}:\n    case {**math}:\n        pass", "assign"),
    "rebound by global": ("import math\ndef g():\n    global math", "assign"),
    "two meanings": ("import math as m\nimport json as m", "assign"),
    "a name and a module": ("from math import pi as m\nimport json as m", "assign"),
    "rebound in a guard without a cause": ("try:\n    import math\nexcept ValueError:\n    math = None", "assign"),
    "rebound to something in a guard": ("try:\n    import math\nexcept ImportError:\n    math = f", "assign"),
    "imported as super": ("from math import pi as super", "assign"),
}  # fmt: skip
ACCEPTED = {
    "math": "import math\nx = math.pi",
    "from": "from collections.abc import Sequence\ny: Sequence = ()",
    "submodule": "import collections.abc\nx = collections.abc.Sized",
    "alias": "import json as j\nx = j.dumps([1])",
    "runtime": "from poet.runtime import baseline, expect as expect_, user\nx = user.helper",
    "granted submodule": "import numpy as np\nx = np.linalg.norm([1.0])",
    "submodule of a package": "from scipy import stats\nx = stats.ks_2samp([1], [2]).pvalue",
    "package": "import scipy\nx = scipy.stats.norm.cdf(1.0)",
    "urllib": "import urllib.parse\nx = urllib.parse.quote('a b')",
    "futures": "import concurrent.futures\nx = concurrent.futures.ThreadPoolExecutor(2)",
    "cpu_count": "import os\nx = os.cpu_count()",
    "StringIO": "import io\nx = io.StringIO('a').read()",
    "same import twice": "def g():\n    import math\n    return math.pi\ndef h():\n    import math\n    return math.e",
    "optional import": "try:\n    import pandas as pd\nexcept ImportError:\n    pd = None",
    "optional import of a kind": "try:\n    import numpy as np\nexcept (ImportError, ModuleNotFoundError):\n    np = None",
    "optional import asked for": (
        "try:\n    import polars as pl\n    HAVE = True\nexcept ImportError:\n    pl = None\n    HAVE = False\n"
        "def g(x):\n    if pl is not None and isinstance(x, pl.Series):\n        return x.to_list()\n"
        "    return 1 if not pl else 2"
    ),
    "fallback function": "try:\n    from itertools import batched\nexcept ImportError:\n    def batched(x, n):\n        return [x[:n]]",
    "future": "from __future__ import annotations",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_import_is_refused(name):
    """A candidate would reach files, processes or the interpreter through a module."""
    text, rule = REFUSED[name]
    assert rule in rules(text)


@pytest.mark.parametrize("name", ACCEPTED)
def test_import_is_accepted(name):
    """An honest candidate would be refused for what it imports."""
    assert judged(ACCEPTED[name]) == []


def test_a_grant_opens_no_other_name():
    """A domain that grants one name would open its whole module."""
    grants = {"numpy": frozenset({"ndarray"}), "requests": frozenset({"get"})}
    assert not judged("import numpy as np\nx = isinstance(f, np.ndarray)", grants=grants)
    assert not judged("import requests\nx = requests.get('u')", grants=grants)
    for text in ("import numpy as np\nx = np.zeros(1)", "from requests import Session"):
        assert rules(text, grants=grants) == {"import"}


def test_libraries_need_a_grant():
    """A domain that grants nothing would get NumPy all the same."""
    assert {f.rule for f in audit("import numpy as np" + BODY, "f", {})} == {"import"}
    assert not audit("import numpy as np" + BODY, "f", LIBRARIES)
