"""What any candidate may use of the language itself: builtins, special methods, decorators."""

from __future__ import annotations

__all__ = [
    "AGGREGATES",
    "BUILTINS",
    "DECORATORS",
    "HAS_ATTRIBUTE",
    "OPERATOR_METHODS",
    "READABLE",
    "SETTABLE",
    "SPECIAL_METHODS",
]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = _names(
    "ArithmeticError AssertionError AttributeError BlockingIOError BrokenPipeError BufferError "
    "BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError "
    "ConnectionResetError DeprecationWarning EOFError Ellipsis EnvironmentError Exception "
    "ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning "
    "IOError ImportError ImportWarning IndentationError IndexError InterruptedError "
    "IsADirectoryError KeyError LookupError MemoryError ModuleNotFoundError NameError None "
    "NotADirectoryError NotImplemented NotImplementedError OSError OverflowError "
    "PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError "
    "ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError "
    "SyntaxWarning SystemError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError "
    "UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError "
    "Warning ZeroDivisionError __debug__ __name__ abs aiter all anext any ascii bin bool bytearray "
    "bytes callable chr classmethod complex dict divmod enumerate filter float format frozenset "
    "getattr hasattr hash hex id int isinstance issubclass iter len list map max min next object oct "
    "ord pow print property range repr reversed round set slice sorted staticmethod str sum super "
    "tuple type zip"
)

_NUMERIC = "add sub mul truediv floordiv mod divmod pow matmul and or xor lshift rshift"
SPECIAL_METHODS = (
    _names(
        "__init__ __new__ __post_init__ __repr__ __str__ __format__ __bytes__ __eq__ __ne__ __lt__ "
        "__le__ __gt__ __ge__ __hash__ __len__ __length_hint__ __iter__ __next__ __reversed__ "
        "__contains__ __getitem__ __setitem__ __delitem__ __missing__ __call__ __bool__ __enter__ "
        "__exit__ __aenter__ __aexit__ __aiter__ __anext__ __await__ __neg__ __pos__ __abs__ "
        "__invert__ __int__ __float__ __complex__ __index__ __round__ __trunc__ __floor__ __ceil__ "
        "__slots__ __all__ __match_args__ __doc__ __version__ __author__"
    )
    | {f"__{n}__" for n in _NUMERIC.split()}
    | {f"__r{n}__" for n in _NUMERIC.split()}
    | {f"__i{n}__" for n in _NUMERIC.split() if n != "divmod"}
)

READABLE = _names("__name__ __qualname__ __doc__ __cause__ __context__")

# Methods that do what an operator or a builtin does: `key=counts.__getitem__`.
OPERATOR_METHODS = _names(
    "__next__ __anext__ __iter__ __aiter__ __getitem__ __contains__ __len__ __add__ __mul__ __sub__ "
    "__eq__ __lt__ __repr__ __str__ __hash__ __setitem__ __delitem__"
)

HAS_ATTRIBUTE = READABLE | _names(
    "__iter__ __len__ __getitem__ __call__ __enter__ __exit__ __next__ __float__ __int__ __index__ "
    "__contains__ __await__ __aiter__ __anext__ __aenter__ __hash__ __array__ __bool__ __str__ "
    "__repr__ __lt__ __dataclass_fields__ __slots__ __complex__ __wrapped__ __version__"
)

# Attributes that may be set on what the source did not define.
SETTABLE = _names(
    "prec rounding Emin Emax capitals columns index name names shape writeable daemon real imag "
    "categories fill_value mask delimiter window domain"
)

DECORATORS = _names(
    "abc.abstractmethod contextlib.asynccontextmanager contextlib.contextmanager "
    "dataclasses.dataclass enum.member enum.nonmember enum.property enum.unique enum.verify "
    "functools.cache functools.cached_property functools.lru_cache functools.total_ordering "
    "functools.wraps numpy.errstate numpy.vectorize poet.runtime.played reprlib.recursive_repr "
    "typing.dataclass_transform typing.final typing.overload typing.override "
    "typing.runtime_checkable warnings.deprecated"
)

# Methods by name that `agg`, `apply` and `transform` of a frame may be asked for.
AGGREGATES = _names(
    "all any bfill corr count cov cumcount cummax cummin cumprod cumsum describe diff ffill first "
    "idxmax idxmin kurt last mad max mean median min mode ngroup nlargest nsmallest nunique ohlc "
    "pct_change prod quantile rank sem shift size skew std sum unique value_counts var abs sqrt "
    "len list set"
)
