"""The audit of attributes: read, set, by getattr, by patterns and by format texts."""

# ruff: noqa: E501

import pytest
from audit_helpers import judged, rules

REFUSED = {
    # objects, code, frames
    "__class__": "x = ().__class__",
    "__class__ of self.x": "class A:\n    def g(self):\n        return self.x.__class__",
    "__bases__": "x = int.__bases__",
    "__mro__": "x = int.__mro__",
    "mro": "x = int.mro()",
    "__subclasses__": "x = object.__subclasses__()",
    "__globals__": "x = f.__globals__",
    "__code__": "x = f.__code__",
    "__closure__": "x = f.__closure__",
    "__defaults__": "f.__defaults__ = ()",
    "__dict__": "class A:\n    def g(self):\n        return self.__dict__",
    "__builtins__ of a dict": "x = f.__builtins__",
    "__self__": "x = len.__self__",
    "__wrapped__": "x = f.__wrapped__",
    "__traceback__": "def g(e):\n    return e.__traceback__",
    "with_traceback": "def g(e):\n    return e.with_traceback(None)",
    "tb_frame": "def g(tb):\n    return tb.tb_frame",
    "gi_frame": "x = (i for i in ()).gi_frame",
    "gi_code": "x = (i for i in ()).gi_code",
    "cr_frame": "async def g():\n    pass\nx = g().cr_frame",
    "ag_frame": "async def g():\n    yield\nx = g().ag_frame",
    "f_back": "def g(x):\n    return x.f_back",
    "f_globals": "def g(x):\n    return x.f_globals",
    "co_consts": "def g(x):\n    return x.co_consts",
    "get_coro": "import asyncio\nasync def g():\n    return asyncio.current_task().get_coro()",
    "get_stack": "import asyncio\nasync def g():\n    return asyncio.current_task().get_stack()",
    "AttributeError.obj": "def g(e):\n    return e.obj",
    "super of a closed method": "class A:\n    def g(self):\n        return super().__getattribute__('x')",
    "super of reduce": "class A:\n    def g(self):\n        return super().__reduce__()",
    "init of something else": "x = f.__init__(1)",
    "__new__ of another class": "x = object.__new__(int)",
    "object.__setattr__ of a special name": "class A:\n    def g(self):\n        object.__setattr__(self, '__class__', int)",
    "object.__setattr__ of another object": "def g(x):\n    object.__setattr__(x, 'name', 1)",
    "object.__getattribute__": "x = object.__getattribute__(f, 'name')",
    "property functions": "x = property(f).fget",
    # private
    "private": "x = f._secret",
    "private of a library": "def g(a):\n    return a._mgr",
    "private closed, though defined": "class A:\n    def g(self):\n        self._module = 1\n        return self._module",
    "frame, though defined": "class A:\n    gi_frame = None\ndef g(x):\n    return x.gi_frame",
    "file, though a method is called so": "class A:\n    def tofile(self):\n        pass\ndef g(a):\n    a.tofile('f')",
    "handlers, though own": "import logging\nclass A:\n    def __init__(self):\n        self.handlers = []\nx = logging.getLogger('a').handlers",
    "dataclass field of a closed name": "from dataclasses import dataclass\n@dataclass\nclass A:\n    gi_frame: object",
    # memory
    "ctypes": "def g(a):\n    return a.ctypes",
    "__array_interface__": "def g(a):\n    return a.__array_interface__",
    "data": "def g(a):\n    return a.data",
    "setflags": "def g(a):\n    a.setflags(write=True)",
    "resize": "def g(a):\n    a.resize(10, refcheck=False)",
    # files
    "tofile": "def g(a):\n    a.tofile('f')",
    "dump": "def g(a):\n    a.dump('f')",
    "write_csv": "def g(a):\n    a.write_csv('f')",
    "sink_parquet": "def g(a):\n    a.sink_parquet('f')",
    "read_csv": "def g(a):\n    a.read_csv('f')",
    "to_csv": "def g(a):\n    a.to_csv('f')",
    "to_string": "def g(a):\n    a.to_string('f')",
    "to_pickle": "def g(a):\n    a.to_pickle('f')",
    "to_markdown": "def g(a):\n    a.to_markdown('f')",
    "to_clipboard": "def g(a):\n    a.to_clipboard()",
    "plot": "def g(a):\n    a.plot()",
    "style": "def g(a):\n    a.style.to_html('f')",
    "show_graph": "def g(a):\n    a.show_graph(output_path='f')",
    "serialize": "def g(a):\n    a.serialize('f')",
    "write_text": "def g(p):\n    p.write_text('x')",
    "Series.str.__class__": "def g(s):\n    return s.str.__class__",
    # code as text
    "query": "def g(a):\n    a.query('x > 1')",
    "query of what only looks like an address": "from urllib.parse import urlsplit\ndef g(a):\n    p = urlsplit('a')\n    p = a\n    return p.query('x')",
    "agg by a constant": "HOW = 'to_csv'\ndef g(a, p):\n    return a.agg(HOW, path_or_buf=p)",
    "df.eval": "def g(a):\n    a.eval('x + 1')",
    "sql": "def g(a):\n    a.sql('select 1')",
    "map_elements by text": "def g(a):\n    a.map_elements('eval')",
    "agg to a file": "def g(a):\n    a.agg('to_csv', path_or_buf='f')",
    "agg of a list": "def g(a):\n    a.agg(['mean', 'to_pickle'])",
    "agg of a dict": "def g(a):\n    a.agg({'x': 'to_csv'})",
    "agg by a variable": "def g(a, how, where):\n    a.agg(how, path_or_buf=where)",
    "agg by pieces": "def g(a):\n    a.agg('to_' + 'csv')",
    "apply by text": "def g(a):\n    a.apply('to_csv', args=('f',))",
    "transform by keyword": "def g(a, how):\n    a.transform(func=how, path_or_buf='f')",
    "agg as a value": "def g(a, b):\n    how = a.agg\n    return how('to_csv', path_or_buf=b)",
    "agg by getattr": "def g(a, b):\n    return getattr(a, 'agg')('to_csv', path_or_buf=b)",
    "agg by a pattern": "match f:\n    case object(agg=how):\n        pass",
    "agg by keywords of a dict": "def g(a, d):\n    a.agg(**d)",
    # process-wide
    "logger's handlers": "import logging\nx = logging.getLogger('a').handlers",
    "logger's manager": "import logging\nx = logging.getLogger('a').manager",
    "root's level": "import logging\nlogging.getLogger().setLevel(10)",
    "addHandler": "import logging\nlogging.getLogger().addHandler(f)",
    "loop's subprocess": "import asyncio\nasync def g():\n    await asyncio.get_running_loop().subprocess_exec(f, 'id')",
    "loop's server": "import asyncio\nasync def g():\n    await asyncio.get_running_loop().create_server(f)",
    "loop's handler": "import asyncio\nasync def g():\n    asyncio.get_running_loop().set_exception_handler(f)",
    "unknown": "def g(x):\n    return x.quite_unheard_of",
    # by name
    "getattr computed": "x = getattr(f, 'a' + 'b')",
    "getattr private": "x = getattr(f, '__code__')",
    "getattr closed": "x = getattr(f, 'gi_frame')",
    "getattr unlisted": "x = getattr(f, 'quite_unheard_of')",
    "getattr starred": "x = getattr(*[f, 'name'])",
    "getattr as a value": "x = sorted([], key=getattr)",
    "getattr by reduce": "from functools import reduce\nx = reduce(getattr, ['a'], f)",
    "getattr by partial": "from functools import partial\nx = partial(getattr, f)",
    "hasattr computed": "def g(n):\n    return hasattr(f, n)",
    "hasattr as a value": "x = [hasattr]",
    "attrgetter closed": "from operator import attrgetter\nx = attrgetter('__globals__')(f)",
    "attrgetter of a path": "from operator import attrgetter\nx = attrgetter('name.__class__')(f)",
    "attrgetter computed": "import operator\ndef g(n):\n    return operator.attrgetter(n)",
    "methodcaller closed": "from operator import methodcaller\nx = methodcaller('tofile', 'f')",
    "methodcaller of agg": "from operator import methodcaller\nx = methodcaller('agg', 'to_csv', path_or_buf='f')",
    "wraps with a list": "from functools import wraps\nx = wraps(f, assigned=('__globals__',))",
    "namedtuple computed": "from collections import namedtuple\ndef g(n):\n    return namedtuple('A', n)",
    "NamedTuple of a frame": "from typing import NamedTuple\nA = NamedTuple('A', [('gi_frame', int)])",
    "type.__new__": "def g(cls):\n    return type.__new__(cls, 'A', (), {})",
    "Decimal.__init__": "from decimal import Decimal\nx = Decimal.__init__.__globals__",
    "init's globals": "class A:\n    def __init__(self):\n        pass\nx = A.__init__.__globals__",
    "traceback of an exit": "class A:\n    def __exit__(self, kind, error, tb):\n        return tb.tb_frame",
    "debug text": "x = f'{f.__code__=}'",
    "format of a str's own kind": "class S(str):\n    pass\nx = S('{0.gi_frame}').format(f)",
    "format of super": "class S(str):\n    def g(self):\n        return super().format(f)",
    "field types called": "import dataclasses\nx = dataclasses.fields(f)[0].type",
    "field types by pattern": "from dataclasses import fields\nmatch fields(f)[0]:\n    case object(type=t):\n        pass",
    "namedtuple of a frame": "from collections import namedtuple\nA = namedtuple('A', 'gi_frame')",
    # patterns
    "match on private": "match f:\n    case object(__class__=c):\n        pass",
    "match on a frame": "match f:\n    case object(gi_frame=c):\n        pass",
    "match by position": "class A:\n    __match_args__ = ('__globals__',)\nmatch f:\n    case A(x):\n        pass",
    "match args computed": "class A:\n    __match_args__ = tuple(['gi_frame'])",
    "match args of a file": "class A:\n    __match_args__ = ('tofile',)",
    "match of a class from elsewhere": "A = f()\nmatch f:\n    case A(x):\n        pass",
    # format
    "format of a field": "x = '{0.__class__}'.format(f)",
    "format of a key": "x = '{x[__a]}'.format(x={})",
    "format of a frame": "x = '{0.gi_frame}'.format(f)",
    "format inside a format": "x = '{:{0.__class__}}'.format(f)",
    "format of a parameter": "def g(t):\n    return t.format(f)",
    "format of a changed variable": "y = 'a'\ny += '{0.gi_frame}'\nx = y.format(f)",
    "format as a value": "def g(t):\n    return map(t.format, [])",
    "format of str": "x = str.format('{0.__class__}', f)",
    "format_map": "x = '{a}'.format_map({})",
    "f-string in its format": "x = f'{1:{f.__class__}}'",
    # texts
    "special name in a text": "x = '__subclasses__'",
    "array interface in a text": "x = {'__array_interface__': 1}",
}  # fmt: skip
ASSIGNED = {
    "strides": "import numpy as np\na = np.zeros(3)\na.strides = (1000,)",
    "scipy's random state": "from scipy import stats\nstats.norm.random_state = 1",
    "function's attribute of elsewhere": "def g(x):\n    x.flags2 = 1",
    "logger disabled": "import logging\nlogging.getLogger('a').disabled = True",
    "class of the user": "from poet.runtime import user\nuser.helper = f",
    "deep": "import numpy as np\nnp.linalg.norm.x = 1",
}
ACCEPTED = {
    "name of a type": "x = type(1).__name__",
    "name of a class": "class A:\n    def __repr__(self):\n        return self.__class__.__name__",
    "name of an error": "try:\n    pass\nexcept ValueError as e:\n    x = f'{type(e).__name__}: {e}'",
    "cause": "try:\n    pass\nexcept ValueError as e:\n    x = e.__cause__ or e.__context__",
    "own private": "class A:\n    def __init__(self):\n        self._x = 1\n        self.__y = 2\n    def g(self):\n        return self._x + self.__y",
    "private of another of its kind": "class A:\n    def __init__(self):\n        self._x = 1\n    def __eq__(self, other):\n        return isinstance(other, A) and self._x == other._x",
    "private of its class": "class A:\n    _cache = {}\n    def g(self):\n        return A._cache",
    "own method with a file's name": "class A:\n    def write_row(self, x):\n        return x\n    def g(self):\n        return self.write_row(1)",
    "own handlers": "class A:\n    def __init__(self):\n        self.handlers = {}\n    def g(self, n):\n        return self.handlers[n]",
    "own root": "class Tree:\n    def __init__(self):\n        self.root = None\n    def add(self, x):\n        self.root = x",
    "init of super": "class E(ValueError):\n    def __init__(self, m):\n        super().__init__(m)\n        self.code = 3",
    "init of a base": "class E(ValueError):\n    def __init__(self, m):\n        ValueError.__init__(self, m)",
    "__new__": "class A(str):\n    def __new__(cls, x):\n        return super().__new__(cls, x)",
    "frozen field": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    x: int\n    def __post_init__(self):\n        object.__setattr__(self, 'x', 2)",
    "bound operator": "x = {'a': 1}\ny = max(x, key=x.__getitem__)",
    "function's counter": "def g():\n    g.calls += 1\ng.calls = 0",
    "getattr constant": "x = getattr(f, 'name', None)",
    "getattr of a name": "x = getattr(f, '__name__', 'f')",
    "hasattr": "x = hasattr(f, '__iter__') or hasattr(f, 'to_pandas')",
    "attrgetter": "from operator import attrgetter, methodcaller\nx = sorted([], key=attrgetter('name', 'value'))\ny = map(methodcaller('strip'), [])",
    "format literal": "x = '{:.2f} {a} {0[1]} {b.real}'.format([1, 2], a=1, b=2)",
    "format of a constant": "LINE = '{}: {}'\ndef g(a):\n    return LINE.format(a, 1)",
    "f-string": "x = 1\ny = f'{x:.2f} {x!r} {x:>{10}}'",
    "columns": "import polars as pl\nx = pl.col.price * 2",
    "aggregations": "def g(df):\n    return df.groupby('k').agg({'x': ['mean', 'max'], 'y': lambda s: s.sum()})",
    "named aggregations": "def g(df):\n    return df.groupby('k').agg(total=('x', 'sum'))",
    "polars aggregations": "import polars as pl\ndef g(df, names):\n    parts = [pl.col(n).mean() for n in names]\n    return df.group_by('k').agg(parts), df.group_by('k').agg(pl.len().alias('n'), *[pl.col(n) for n in names])",
    "aggregations by constants": "import polars as pl\nN = pl.len().alias('n')\nT = pl.col('a').sum()\ndef g(df):\n    return df.group_by('k').agg(N, T)",
    "parts of an address": "from urllib.parse import urlsplit\ndef g(u):\n    parts = urlsplit(u)\n    return parts.query, urlsplit(u).query",
    "apply": "def g(df, how):\n    return df.apply(lambda r: r['a'], axis=1), df['a'].apply(how), df.transform(len)",
    "map_elements": "import polars as pl\ndef g(df):\n    return df.select(pl.col('a').map_elements(lambda v: v + 1, return_dtype=pl.Int64), pl.col('b').list.eval(pl.element() * 2))",
    "pipe": "def h(df, n):\n    return df.head(n)\ndef g(df):\n    return df.pipe(h, 3)",
    "decimals": "from decimal import Decimal, localcontext\nwith localcontext() as ctx:\n    ctx.prec = 30\n    x = Decimal('1') / 3",
    "columns set": "def g(df):\n    df.columns = ['a']\n    return df",
    "named tuples": "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\ny = P(1)._replace(x=2)._asdict()",
    "pure paths": "from pathlib import PurePosixPath\nx = PurePosixPath('/a/b.c').parent.name",
    "match": "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nmatch P(1):\n    case P(x=1) | P(2):\n        pass\n    case {'a': [1, *rest], **more}:\n        pass\n    case str(s) if s:\n        pass",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_attribute_is_refused(name):
    """A candidate would reach files, code, frames or memory through an attribute."""
    assert "attribute" in rules(REFUSED[name])


@pytest.mark.parametrize("name", ASSIGNED)
def test_setting_is_refused(name):
    """A candidate would change what other code of the process uses."""
    assert "assign" in rules(ASSIGNED[name])


@pytest.mark.parametrize("name", ACCEPTED)
def test_attribute_is_accepted(name):
    """An honest candidate would be refused for the methods it calls."""
    assert judged(ACCEPTED[name]) == []


def test_known_attributes_open_the_users_own_types():
    """A candidate for a function on the user's own type could not even read its fields."""
    text = "def g(order):\n    order.shipped_on = order.due_on\n    return order._rank"
    assert rules(text) == {"attribute", "assign"}
    assert judged(text, known=frozenset({"shipped_on", "due_on", "_rank"})) == []


def test_known_attributes_open_no_frame():
    """A baseline that names a frame's attribute would open frames to its candidates."""
    assert rules("x = f.gi_frame", known=frozenset({"gi_frame"})) == {"attribute"}


def test_messages_say_what_to_write():
    """A generator would be told no, and not how."""
    (found,) = judged("def g(row):\n    return row.price_of_it")
    assert "x['name']" in found.message
    assert found.line == 2
    (found,) = judged("def g(t):\n    return t.format(1)")
    assert "f-string" in found.message
