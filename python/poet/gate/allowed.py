"""What the audit lets any candidate use: modules with their names, builtins, special methods."""

from __future__ import annotations

__all__ = ["BUILTINS", "DECORATORS", "MODULES", "SPECIAL_METHODS", "is_closed_attribute"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES: dict[str, frozenset[str]] = {
    "__future__": _names("annotations"),
    "asyncio": _names(
        "timeout timeout_at sleep gather wait_for shield Semaphore Lock Event Queue TaskGroup "
        "CancelledError TimeoutError to_thread"
    ),
    "bisect": _names("bisect bisect_left bisect_right insort insort_left insort_right"),
    "collections": _names("Counter OrderedDict defaultdict deque namedtuple ChainMap"),
    "collections.abc": _names(
        "AsyncGenerator AsyncIterable AsyncIterator Awaitable Callable Collection Generator "
        "Hashable Iterable Iterator Mapping MutableMapping MutableSequence Sequence Set Sized"
    ),
    "contextlib": _names("aclosing contextmanager asynccontextmanager suppress nullcontext"),
    "copy": _names("copy deepcopy"),
    "dataclasses": _names("dataclass field asdict astuple replace fields is_dataclass"),
    "datetime": _names("date datetime time timedelta timezone UTC"),
    "decimal": _names("Decimal ROUND_HALF_EVEN ROUND_HALF_UP InvalidOperation"),
    "enum": _names("Enum IntEnum StrEnum Flag auto unique"),
    "fractions": _names("Fraction"),
    "functools": _names("cache cached_property lru_cache partial reduce wraps total_ordering"),
    "hashlib": _names("sha256 sha1 md5 blake2b"),
    "heapq": _names("heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest"),
    "itertools": _names(
        "accumulate batched chain combinations count cycle groupby islice pairwise permutations "
        "product repeat starmap takewhile tee zip_longest compress dropwhile filterfalse"
    ),
    "json": _names("dumps loads JSONDecodeError"),
    "logging": _names("getLogger DEBUG INFO WARNING ERROR"),
    "math": _names(
        "acos asin atan atan2 ceil comb copysign cos cosh degrees dist e erf erfc exp expm1 fabs "
        "factorial floor fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt "
        "lcm ldexp lgamma log log10 log1p log2 modf nan perm pi pow prod radians remainder sin "
        "sinh sqrt tan tanh tau trunc"
    ),
    "numbers": _names("Number Real Integral Rational Complex"),
    "operator": _names("add sub mul truediv itemgetter lt le eq ne ge gt neg"),
    "random": _names("Random"),
    "re": _names(
        "compile escape findall finditer fullmatch match search split sub subn IGNORECASE "
        "MULTILINE DOTALL VERBOSE Pattern Match error"
    ),
    "statistics": _names(
        "fmean mean median median_high median_low mode multimode pstdev pvariance quantiles stdev "
        "variance correlation linear_regression NormalDist StatisticsError"
    ),
    "string": _names("ascii_letters ascii_lowercase ascii_uppercase digits punctuation Template"),
    "time": _names("monotonic monotonic_ns perf_counter perf_counter_ns sleep time time_ns"),
    "typing": _names(
        "Annotated Any Callable ClassVar Final Generic Iterable Iterator Literal Mapping "
        "NamedTuple Never NotRequired Optional ParamSpec Protocol Required Self Sequence "
        "TYPE_CHECKING TypeAlias TypeVar TypedDict Union cast overload"
    ),
    "uuid": _names("UUID uuid4 uuid5"),
    "warnings": _names("warn"),
    "poet": _names("PoetWarning"),
    "poet.errors": _names("PoetWarning"),
    "poet.runtime": _names(
        "Retry baseline default expect is_before_effect is_transient observe played retry retry_async "
        "user"
    ),
    "poet.stats": _names(
        "ADWIN anderson_darling benjamini_hochberg category_counts chi_square ChiSquareResult "
        "cramer_von_mises DistanceResult effect_sizes EffectSizes energy_distance FDRResult "
        "hellinger js_divergence JumpingKS kl_divergence KLResult ks_2samp KSResult KSWindow "
        "kuiper mann_whitney_u PageHinkley psi SlidingCounts SlidingDistances SlidingKS "
        "TestResult total_variation wasserstein_distance"
    ),
}

BUILTINS = _names(
    "ArithmeticError AssertionError AttributeError ConnectionError ConnectionRefusedError "
    "ConnectionResetError EOFError Ellipsis Exception FileNotFoundError IndexError KeyError "
    "LookupError NotImplemented NotImplementedError OSError OverflowError RuntimeError RuntimeWarning "
    "StopAsyncIteration StopIteration TimeoutError TypeError UnicodeError UserWarning ValueError "
    "Warning ZeroDivisionError ExceptionGroup False None True __name__ abs aiter all anext any ascii "
    "bin bool bytearray bytes callable chr classmethod complex dict divmod enumerate filter float "
    "format frozenset getattr hasattr hash hex int isinstance issubclass iter len list map max min "
    "next object oct ord pow property range repr reversed round set slice sorted staticmethod str "
    "sum super tuple type zip"
)

SPECIAL_METHODS = _names(
    "__init__ __post_init__ __repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ "
    "__len__ __iter__ __next__ __contains__ __getitem__ __call__ __bool__ __enter__ __exit__ "
    "__aenter__ __aexit__ __aiter__ __anext__ __add__ __sub__ __mul__ __truediv__ __slots__ "
    "__all__ __match_args__"
)

DECORATORS = _names(
    "property classmethod staticmethod dataclass cache cached_property lru_cache wraps contextmanager "
    "asynccontextmanager total_ordering unique overload played"
)

_CLOSED = _names(
    "ctypes data_as tofile tobytes_to dump dumps_to fromfile memmap gi_frame gi_code cr_frame cr_code "
    "ag_frame ag_code f_back f_builtins f_code f_globals f_locals tb_frame tb_next with_traceback "
    "format_map mro func_globals map_batches map_elements map_rows map_groups pipe sql query eval "
    "lazyframe plugin register_plugin deserialize serialize to_pickle obj"
)
_CLOSED_PREFIXES = ("write_", "sink_", "scan_", "read_", "to_csv", "to_parquet", "to_sql", "to_hdf")


def is_closed_attribute(name: str) -> bool:
    """Say whether the public attribute ``name`` leads to files, code, frames or memory."""
    return name in _CLOSED or name.startswith(_CLOSED_PREFIXES)
