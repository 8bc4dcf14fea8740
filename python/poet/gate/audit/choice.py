"""What goes into the reviewed tables: written by hand, read by what makes them and by the summary.

A module is listed with the names that may be used of it, or with ``*`` and the ones to leave out:
then every public name that is no module goes in (``**``: also those outside of ``__all__``).
A type's public members go into the table of attributes. In both what
:mod:`poet.gate.audit.closed` closes is left out.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LIBRARIES", "Library"]


class Library(NamedTuple):
    """What a table is made of.

    Attributes:
        modules: Module to its names, or ``* -left -out``.
        types: Dotted names of the types whose members are attributes.
        attributes: Further attributes, which no ``dir()`` of a type shows.
        without: Members of the types that are left out.
        later: Names of later versions than the one the table is made with, ``module:name``.
    """

    modules: dict[str, str]
    types: str
    attributes: str = ""
    without: str = ""
    later: str = ""


STDLIB = Library(
    modules={
        "__future__": "annotations",
        "abc": "ABC abstractmethod",
        "array": "array",
        "ast": "literal_eval",
        "asyncio": (
            "ALL_COMPLETED Barrier BoundedSemaphore CancelledError Condition Event "
            "FIRST_COMPLETED FIRST_EXCEPTION Future InvalidStateError LifoQueue Lock PriorityQueue "
            "Queue QueueEmpty QueueFull Semaphore Task TaskGroup Timeout TimeoutError "
            "as_completed create_task current_task ensure_future gather get_running_loop iscoroutine "
            "iscoroutinefunction isfuture run shield sleep timeout timeout_at to_thread wait "
            "wait_for"
        ),
        "base64": "* -main -test -encode -decode",
        "binascii": "*",
        "bisect": "*",
        "bz2": "compress decompress",
        "calendar": (
            "Calendar HTMLCalendar TextCalendar IllegalMonthError day_abbr day_name isleap "
            "leapdays month month_abbr month_name monthcalendar monthrange timegm weekday weekheader"
        ),
        "cmath": "*",
        "collections": "*",
        "collections.abc": "*",
        "colorsys": "*",
        "concurrent.futures": (
            "ALL_COMPLETED CancelledError Executor FIRST_COMPLETED FIRST_EXCEPTION Future "
            "InvalidStateError ThreadPoolExecutor TimeoutError as_completed wait"
        ),
        "contextlib": "* -redirect_stdout -redirect_stderr -chdir",
        "contextvars": "*",
        "copy": "Error copy deepcopy",
        "csv": "* -register_dialect -unregister_dialect -field_size_limit -get_dialect -list_dialects",
        "dataclasses": "* -make_dataclass",
        "datetime": "* -datetime_CAPI",
        "decimal": "* -getcontext -setcontext -DefaultContext -BasicContext -ExtendedContext",
        "difflib": "*",
        "enum": (
            "Enum Flag IntEnum IntFlag StrEnum auto member nonmember property unique verify "
            "CONTINUOUS NAMED_FLAGS UNIQUE KEEP STRICT CONFORM EJECT"
        ),
        "errno": "*",
        "fnmatch": "fnmatch fnmatchcase filter translate",
        "fractions": "Fraction",
        "functools": "cache cached_property cmp_to_key lru_cache partial partialmethod reduce "
        "total_ordering wraps",
        "graphlib": "*",
        "gzip": "compress decompress BadGzipFile",
        "hashlib": "* -file_digest",
        "heapq": "*",
        "hmac": "HMAC compare_digest digest new",
        "html": "escape unescape",
        "http": "HTTPStatus HTTPMethod",
        "io": "BytesIO StringIO UnsupportedOperation",
        "ipaddress": "*",
        "itertools": "*",
        "json": "JSONDecodeError JSONDecoder JSONEncoder dumps loads",
        "keyword": "iskeyword issoftkeyword kwlist",
        "logging": "CRITICAL DEBUG ERROR INFO Logger LoggerAdapter NOTSET NullHandler WARNING "
        "critical debug error exception getLevelName getLogger info log warning",
        "lzma": "compress decompress LZMAError",
        "math": "*",
        "numbers": "*",
        "operator": "*",
        "os": "cpu_count PathLike fspath",
        "pathlib": "PurePath PurePosixPath PureWindowsPath",
        "pprint": "pformat",
        "queue": "*",
        "random": "* -seed -setstate -getstate -SystemRandom",
        "re": "* -template -DEBUG -purge",
        "reprlib": "recursive_repr repr",
        "secrets": "* -SystemRandom",
        "shlex": "join quote split",
        "statistics": "*",
        "string": "* -Formatter",
        "struct": "*",
        "sys": "float_info maxsize maxunicode version_info",
        "textwrap": "*",
        "threading": "Barrier BoundedSemaphore BrokenBarrierError Condition Event Lock RLock "
        "Semaphore Thread Timer current_thread get_ident get_native_id local",
        "time": "* -tzset -clock_settime -clock_settime_ns -pthread_getcpuclockid",
        "timeit": "default_timer",
        "tomllib": "TOMLDecodeError loads",
        "types": "AsyncGeneratorType BuiltinFunctionType CoroutineType EllipsisType "
        "GeneratorType MappingProxyType NoneType NotImplementedType TracebackType "
        "UnionType",
        "typing": "* -get_type_hints -ForwardRef -get_overloads -clear_overloads -no_type_check "
        "-no_type_check_decorator -get_origin -get_args -io -re",
        "unicodedata": "*",
        "urllib.error": "ContentTooShortError HTTPError URLError",
        "urllib.parse": "* -clear_cache",
        "uuid": "NAMESPACE_DNS NAMESPACE_OID NAMESPACE_URL NAMESPACE_X500 SafeUUID UUID uuid3 uuid4 "
        "uuid5",
        "warnings": "catch_warnings filterwarnings simplefilter warn",
        "zlib": "*",
        "zoneinfo": "InvalidTZPathWarning ZoneInfo ZoneInfoNotFoundError",
    },
    types=(
        "builtins.bool builtins.bytearray builtins.bytes builtins.complex builtins.dict "
        "builtins.float builtins.frozenset builtins.int builtins.list builtins.object "
        "builtins.property builtins.range builtins.set builtins.slice builtins.str builtins.tuple "
        "builtins.AttributeError builtins.ExceptionGroup builtins.ImportError builtins.KeyError "
        "builtins.NameError builtins.OSError builtins.BlockingIOError builtins.StopIteration "
        "builtins.SyntaxError builtins.SystemExit builtins.UnicodeDecodeError "
        "builtins.UnicodeEncodeError types.GeneratorType types.CoroutineType "
        "types.AsyncGeneratorType types.MappingProxyType array.array "
        "asyncio.Barrier asyncio.BoundedSemaphore asyncio.Condition asyncio.Event asyncio.Future "
        "asyncio.Lock asyncio.PriorityQueue asyncio.Queue asyncio.Semaphore asyncio.Task "
        "asyncio.TaskGroup asyncio.Timeout collections.ChainMap collections.Counter "
        "collections.OrderedDict collections.UserDict collections.UserList collections.UserString "
        "collections.defaultdict collections.deque concurrent.futures.Future "
        "concurrent.futures.ThreadPoolExecutor contextlib.AsyncExitStack contextlib.ExitStack "
        "contextvars.Context contextvars.ContextVar contextvars.Token csv.DictReader csv.DictWriter "
        "dataclasses.Field datetime.date datetime.datetime datetime.time datetime.timedelta "
        "datetime.timezone decimal.Context decimal.Decimal difflib.Differ difflib.SequenceMatcher "
        "enum.Enum enum.Flag fractions.Fraction functools.partial graphlib.TopologicalSorter "
        "hmac.HMAC http.HTTPStatus io.BytesIO io.StringIO ipaddress.IPv4Address "
        "ipaddress.IPv4Network ipaddress.IPv4Interface ipaddress.IPv6Address ipaddress.IPv6Network "
        "json.JSONDecodeError json.JSONDecoder json.JSONEncoder logging.Logger "
        "logging.LoggerAdapter pathlib.PurePath pathlib.PureWindowsPath queue.Queue "
        "random.Random re.Match re.Pattern statistics.NormalDist string.Template "
        "struct.Struct textwrap.TextWrapper threading.Barrier threading.Condition "
        "threading.Event threading.Semaphore threading.Thread threading.Timer time.struct_time "
        "urllib.parse.ParseResult urllib.parse.SplitResult uuid.UUID warnings.WarningMessage "
        "zoneinfo.ZoneInfo calendar.Calendar urllib.error.HTTPError"
    ),
    attributes=(
        # members of instances
        "acquire release locked value name message msg doc pos lineno colno args code reason "
        "statistic slope intercept default default_factory metadata init repr hash compare kw_only "
        "type year week weekday filename line source category fieldnames restkey restval dialect "
        "line_num writerow writerows writeheader block_size digest digest_size hexdigest update copy "
        "cache_clear cache_info cache_parameters hits misses maxsize currsize func keywords kwargs "
        "epsilon max min dig mant_dig major minor micro setter getter deleter run "
        "unconsumed_tail decompress flush time run_in_executor create_task call_soon call_later "
        "call_at call_soon_threadsafe create_future is_running from_iterable default delimiter "
        "pattern template idpattern braceidpattern mapping origin contents parts scheme netloc "
        "path params query_string fragment username hostname port get_loop expired "
        "__name__ __qualname__ __doc__ __cause__ __context__ "
        # tuples with names
        "_asdict _replace _fields _make _field_defaults"
    ),
    without="detach buffer raw fp get_context getChildren hasHandlers filters filter "
    "handle stack_size get_debug set_debug",
    later=(
        "itertools:batched math:sumprod math:fma math:cbrt math:exp2 statistics:kde "
        "statistics:kde_random typing:override typing:TypeAliasType typing:ReadOnly typing:TypeIs "
        "typing:NoDefault typing:get_protocol_members typing:is_protocol copy:replace "
        "warnings:deprecated queue:ShutDown asyncio:QueueShutDown asyncio:TaskGroup "
        "functools:Placeholder enum:EnumDict operator:is_none "
        "operator:is_not_none random:binomialvariate calendar:Month calendar:Day "
        "uuid:uuid7 uuid:uuid8 heapq:heapify_max heapq:heappop_max heapq:heappush_max "
        "collections.abc:Buffer"
    ),
)

NUMPY = Library(
    modules={
        "numpy": (
            "* -fromfile -genfromtxt -load -loadtxt -memmap -save -savetxt -savez "
            "-savez_compressed -fromregex -test -info -show_config -show_runtime -get_include "
            "-set_printoptions -printoptions -get_printoptions -seterr -seterrcall -geterrcall "
            "-setbufsize -getbufsize -recarray -record -chararray -matrix -asmatrix -bmat -mat "
            "-from_dlpack -nested_iters -nditer -busdaycalendar "
            "-flatiter -DataSource"
        ),
        "numpy.exceptions": "*",
        "numpy.fft": "* -test",
        "numpy.lib.stride_tricks": "sliding_window_view",
        "numpy.linalg": "* -test",
        "numpy.ma": (
            "array asarray asanyarray average compressed concatenate count filled getdata getmask "
            "getmaskarray is_masked is_mask isMaskedArray masked masked_array masked_equal "
            "masked_greater masked_greater_equal masked_inside masked_invalid masked_less "
            "masked_less_equal masked_not_equal masked_outside masked_values masked_where max mean "
            "median min nomask ones std sum var zeros"
        ),
        "numpy.polynomial": "Chebyshev Hermite HermiteE Laguerre Legendre Polynomial",
        "numpy.polynomial.polynomial": "* -test",
        "numpy.random": "* -seed -set_state -get_state -set_bit_generator -get_bit_generator -test",
        "numpy.strings": "*",
        "numpy.char": "add capitalize count endswith find join lower lstrip replace rstrip split "
        "startswith strip title upper zfill",
        "numpy.typing": "*",
    },
    types=(
        "numpy.ndarray numpy.dtype numpy.generic numpy.float64 numpy.int64 numpy.datetime64 "
        "numpy.timedelta64 numpy.str_ numpy.bool_ numpy.complex128 numpy.ufunc numpy.finfo "
        "numpy.iinfo numpy.flatiter numpy.ma.MaskedArray numpy.random.Generator "
        "numpy.random.RandomState numpy.random.SeedSequence numpy.polynomial.Polynomial numpy.poly1d "
        "numpy.errstate numpy.vectorize"
    ),
    attributes=(
        "c_contiguous f_contiguous owndata writeable aligned bits eps epsneg max min tiny "
        "smallest_normal smallest_subnormal resolution precision dtype coef domain window "
        "Q R U S Vh eigenvalues eigenvectors sign logabsdet values counts indices inverse_indices"
    ),
    without="data dumps set_state get_state device to_device newbyteorder lock state bit_generator",
    later="numpy:trapezoid numpy:trapz numpy:cumulative_sum numpy:cumulative_prod "
    "numpy:in1d numpy:row_stack numpy:product numpy:cumproduct numpy:float_ numpy:NaN numpy:Inf",
)

POLARS = Library(
    modules={
        "polars": (
            "* -Config -SQLContext -Catalog -StringCache -defer -sql -sql_expr "
            "-enable_string_cache -disable_string_cache -using_string_cache -set_random_seed "
            "-show_versions -build_info -thread_pool_size -threadpool_size -get_index_type "
            "-collect_all_async -from_dataframe -from_torch -GPUEngine -ScanCastOptions "
            "-InProcessQuery -RemoteQuery -CredentialProvider -CredentialProviderAWS "
            "-CredentialProviderAzure -CredentialProviderFunction "
            "-CredentialProviderFunctionReturn -CredentialProviderGCP -BasePartitionContext "
            "-KeyedPartition -KeyedPartitionContext -PartitionBy -PartitionByKey "
            "-PartitionMaxSize -PartitionParted -FileProviderArgs -SinkedPathInfo "
            "-SinkedPathsCallbackArgs -CompatLevel -StorageOptionsDict -register_extension_type "
            "-unregister_extension_type -get_extension_type -BaseExtension -Extension "
            "-IcebergCatalogConfig -explain_all -delete_iceberg "
            "-ParquetDecryptionProperties -ParquetEncryptionProperties -RemoteEngine -InMemoryEngine "
            "-StreamingEngine -Engine"
        ),
        "polars.datatypes": (
            "Array Binary Boolean Categorical DataType DataTypeClass Date Datetime Decimal "
            "Duration Enum Field Float32 Float64 Int128 Int16 Int32 Int64 Int8 List Null Object "
            "String Struct Time UInt16 UInt32 UInt64 UInt8 Unknown Utf8 FloatType IntegerType "
            "TemporalType"
        ),
        "polars.exceptions": "*",
        "polars.selectors": "*",
    },
    types=(
        "polars.DataFrame polars.LazyFrame polars.Series polars.Expr polars.DataType polars.Schema "
        "polars.Datetime polars.Duration polars.Decimal polars.Enum polars.List polars.Struct "
        "polars.Array polars.Field "
        "polars.series.string.StringNameSpace polars.series.datetime.DateTimeNameSpace "
        "polars.series.list.ListNameSpace polars.series.array.ArrayNameSpace "
        "polars.series.struct.StructNameSpace polars.series.categorical.CatNameSpace "
        "polars.series.binary.BinaryNameSpace polars.expr.string.ExprStringNameSpace "
        "polars.expr.datetime.ExprDateTimeNameSpace polars.expr.list.ExprListNameSpace "
        "polars.expr.array.ExprArrayNameSpace polars.expr.struct.ExprStructNameSpace "
        "polars.expr.categorical.ExprCatNameSpace polars.expr.binary.ExprBinaryNameSpace "
        "polars.expr.name.ExprNameNameSpace polars.expr.meta.ExprMetaNameSpace "
        "polars.dataframe.group_by.GroupBy "
        "polars.dataframe.group_by.DynamicGroupBy polars.dataframe.group_by.RollingGroupBy "
        "polars.lazyframe.group_by.LazyGroupBy polars.expr.whenthen.When "
        "polars.expr.whenthen.Then polars.expr.whenthen.ChainedThen"
    ),
    attributes="ext cse columns dtypes",
    without="plot style hvplot show profile inspect remote collect_async collect_batches sql "
    "to_torch to_jax write_json get_extension_type ext tree_format show_graph "
    "from_arrow_c execute from_lazyframe_resolver from_python",
)

PANDAS = Library(
    modules={
        "pandas": (
            "* -read_clipboard -ExcelFile -ExcelWriter -HDFStore -eval -get_option "
            "-set_option -reset_option -describe_option -option_context -options "
            "-set_eng_float_format -show_versions -test -to_pickle"
        ),
        "pandas.api.types": "** -register_extension_dtype -pandas_dtype",
        "pandas.errors": "*",
    },
    types=(
        "pandas.DataFrame pandas.Series pandas.Index pandas.MultiIndex pandas.DatetimeIndex "
        "pandas.RangeIndex pandas.CategoricalIndex pandas.IntervalIndex pandas.PeriodIndex "
        "pandas.TimedeltaIndex pandas.Timestamp pandas.Timedelta pandas.Period pandas.Interval "
        "pandas.Categorical pandas.CategoricalDtype pandas.DatetimeTZDtype "
        "pandas.api.typing.DataFrameGroupBy pandas.api.typing.SeriesGroupBy "
        "pandas.api.typing.Rolling pandas.api.typing.Expanding "
        "pandas.api.typing.ExponentialMovingWindow pandas.api.typing.Resampler "
        "pandas.core.strings.accessor.StringMethods pandas.core.arrays.DatetimeArray "
        "pandas.core.arrays.categorical.CategoricalAccessor "
        "pandas.core.indexes.accessors.CombinedDatetimelikeProperties pandas.tseries.offsets.Day"
    ),
    attributes="str dt cat iloc loc at iat freq tz unit components isocalendar",
    without="plot hist boxplot style sparse to_xarray to_gbq to_coo buffer from_spmatrix",
)

SCIPY = Library(
    modules={
        "scipy.special": "* -test -errstate -geterr -seterr",
        "scipy.stats": "* -test",
        "scipy.spatial.distance": "*",
    },
    types=(
        "scipy.stats.rv_continuous scipy.stats.rv_discrete scipy.stats.gaussian_kde "
        "scipy.stats.rv_histogram scipy.stats.multivariate_normal "
        "scipy.stats._distn_infrastructure.rv_continuous_frozen "
        "scipy.stats._distn_infrastructure.rv_discrete_frozen"
    ),
    attributes=(
        "statistic pvalue statistic_location statistic_sign df confidence_interval low high "
        "correlation slope intercept rvalue stderr intercept_stderr lower upper "
        "critical_values significance_level fit_result zstatistic null_distribution "
        "bootstrap_distribution standard_error allowance statistic_name dof expected_freq "
        "ksstat factor cdf sf quantiles probabilities relativerisk odds_ratio estimate "
        "proportion_estimate proportion_ci power pvalues mode count lowerlimit binsize extrapoints "
        "binnumber bin_edges lmbda minmax mean variance skewness kurtosis nobs conf_int "
    ),
    without="random_state",
)

POET = Library(
    modules={
        "poet": "PoetWarning",
        "poet.errors": "PoetWarning",
        "poet.runtime": "Retry baseline default expect is_before_effect is_transient observe played "
        "retry retry_async user",
        "poet.stats": "* -Profile -ProfileCounts -FrameCounts -FrameProfile -Survey",
    },
    types=(
        "poet.stats.ADWIN poet.stats.ChiSquareResult poet.stats.DistanceResult poet.stats.EffectSizes "
        "poet.stats.FDRResult poet.stats.JumpingKS poet.stats.KLResult poet.stats.KSResult "
        "poet.stats.KSWindow poet.stats.PageHinkley poet.stats.SlidingCounts "
        "poet.stats.SlidingDistances poet.stats.SlidingKS poet.stats.TestResult "
        "poet.runtime.Retry"
    ),
    without="save load",
)

LIBRARIES = {
    "stdlib": STDLIB,
    "numpy": NUMPY,
    "polars": POLARS,
    "pandas": PANDAS,
    "scipy": SCIPY,
    "poet": POET,
}
