"""Names that stay closed to any candidate, whatever the tables, the user's code or it itself says."""

from __future__ import annotations

import re

__all__ = [
    "COPIED_METHODS",
    "TEST_TEXT",
    "is_barred",
    "is_closed",
    "special_in_text",
]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Frames, code objects, tracebacks: the way from any function to the interpreter's globals.
_FRAMES = _names(
    "f_back f_builtins f_code f_globals f_lasti f_lineno f_locals f_trace f_trace_lines "
    "f_trace_opcodes f_generator gi_frame gi_code gi_yieldfrom gi_running gi_suspended cr_frame "
    "cr_code cr_await cr_origin cr_running ag_frame ag_code ag_await ag_running tb_frame tb_next "
    "tb_lasti tb_lineno with_traceback get_coro get_stack print_stack func_globals "
    "func_code co_code co_consts co_names co_filename co_varnames co_freevars co_cellvars co_flags "
    "cell_contents fget fset fdel mro"
)
# Files, streams and processes.
_OUTSIDE = _names(
    "tofile fromfile dump dumps_to savetxt savez loadtxt genfromtxt memmap fdopen popen "
    "system environ getenv putenv spawn execv execve subprocess_exec subprocess_shell "
    "connect_read_pipe connect_write_pipe create_connection create_datagram_endpoint create_server "
    "create_unix_connection create_unix_server start_tls sendfile sock_accept sock_connect "
    "sock_recv sock_sendall add_reader add_writer remove_reader remove_writer "
    "add_signal_handler remove_signal_handler set_exception_handler set_task_factory "
    "set_default_executor run_forever baseFilename addHandler removeHandler addFilter "
    "removeFilter handlers manager root loggerDict setLevel setLoggerClass setLogRecordFactory "
    "makeRecord findCaller callHandlers hardlink_to symlink_to write_text write_bytes read_text "
    "read_bytes from_file clear_cache to_clipboard to_csv to_parquet to_sql to_hdf to_pickle "
    "to_excel to_feather to_gbq to_html to_iceberg to_json to_latex to_markdown to_orc to_stata "
    "to_string to_xml to_torch to_jax save_to show_graph showfig savefig unlink rmdir"
)
# Text that is run as code, code that is loaded, objects rebuilt from bytes.
_CODE = _names(
    "eval exec query sql sql_expr format_map formatter deserialize serialize unpickle plugin "
    "register_plugin register_plugin_function load_module exec_module import_module load_library "
    "register_dataframe_namespace register_series_namespace compile_command runsource "
    "settrace setprofile modules getframe breakpointhook displayhook excepthook "
    "get_type_hints get_referrers get_referents get_objects remote obj"
)
# Memory behind objects; what is process-wide.
_MEMORY = _names(
    "ctypes ctypeslib data_as as_strided cffi capsule setflags resize getfield setfield data_ptr "
    "buffer_info from_address from_buffer from_buffer_copy addressof string_at "
    "seterr seterrcall setbufsize set_printoptions set_string_function set_numeric_ops "
    "set_random_seed setrecursionlimit setswitchinterval setdefaulttimeout setcontext "
    "set_int_max_str_digits set_option reset_option set_eng_float_format filterwarnings "
    "simplefilter resetwarnings showwarning formatwarning set_event_loop set_event_loop_policy "
    "settz tzset set_state set_bit_generator enable_string_cache disable_string_cache"
)
# Modules that a public hop through another one reaches.
_HOPS = _names(
    "sys os builtins subprocess shutil importlib ctypes inspect gc socket pickle marshal posix "
    "tempfile multiprocessing linecache traceback tokenize runpy pdb codeop pty mmap fcntl "
    "webbrowser ftplib smtplib telnetlib sqlite3 shelve dbm atexit faulthandler sysconfig "
    "site zipimport pkgutil cProfile"
)
_PRIVATE = _names(
    "_module _os _sys _loop _selector _globals _mgr _builtins _getframe _current_frames "
    "_frame _io _thread _modules _environ _pyexpr _handlers _urandom _subprocess"
)
_CLOSED = _FRAMES | _OUTSIDE | _CODE | _MEMORY | _HOPS | _PRIVATE
_PREFIXES = ("write_", "sink_", "scan_", "read_", "co_", "register_plugin")
_OPEN = _names("read_only")


_BARRED = _FRAMES | _PRIVATE | _names("ctypes ctypeslib format_map exec as_strided cffi capsule")


def is_barred(name: str) -> bool:
    """Say whether a name is closed even where the source defines it for its own classes."""
    return name in _BARRED or name.startswith("co_")


def is_closed(name: str) -> bool:
    """Say whether an attribute leads to files, code, frames, memory or what is process-wide."""
    return name in _CLOSED or (name.startswith(_PREFIXES) and name not in _OPEN)


# Methods that look another method up by a text: the text is held to the names below.
COPIED_METHODS = _names("agg aggregate apply transform")

# Texts that only a candidate looking for its judge needs.
TEST_TEXT = re.compile(
    r"\s*(_?pytest(\..*)?|unittest(\..*)?|_pytest\S*|py\.test|pytest_\w+|conftest(\.py)?)\s*|.*PYTEST_\w*.*",
    re.DOTALL,
)

_SPECIAL_TEXT = re.compile(
    r"__(array_(interface|struct|function|ufunc|wrap|finalize|prepare|namespace|priority)|array|"
    r"base|bases|bootstrap|build_class|builtins|call|class|closure|code|defaults|del|delattr|dict|"
    r"func|get|getattr|getattribute|getstate|globals|import|init_subclass|instancecheck|"
    r"kwdefaults|loader|match_args|mro|mro_entries|prepare|reduce|reduce_ex|self|set|setattr|"
    r"set_name|setstate|spec|subclasscheck|subclasses|subclasshook|traceback|weakref|wrapped|"
    r"buffer|dataframe|arrow_c_\w+)__"
)


def special_in_text(text: str) -> str | None:
    """Return the special name in a text that opens an object by its name, else None."""
    found = _SPECIAL_TEXT.search(text)
    return found.group() if found else None
