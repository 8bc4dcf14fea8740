"""Recorded answers of models, one JSON file for each request, committed beside the source.

``<folder of the module>/.poet/cassettes/<request hash>.json``, format 1::

    format        1
    hash          of the request below; also the file's name
    function      the qualified name it was asked for
    model         as it was asked for
    max_tokens, temperature, sample
    status        "complete"; "truncated" and "malformed" answers never become candidates
    messages      [{"role": ..., "content": [lines]}]: all that was sent
    answer        {"model", "finish", "input_tokens", "output_tokens", "cost_usd", "text": [lines]}

Texts are lists of lines, so that a person can read them in a review. There is no time in it: the
same answer gives the same bytes, and git knows when it came. Secrets are taken out of all texts.

The request is bound to the file by its hash; the answer is not. Whoever edits an answer makes
another candidate, which goes through the gate like any: a cassette is input, not evidence.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from poet.errors import CassetteMissError
from poet.generate.reply import read_reply
from poet.generate.request import Completion, Message, Request
from poet.generate.secrets import scrub, scrub_request
from poet.store.atomic import dump_json, locked, writable, write_text
from poet.store.versions import write_git_files

__all__ = ["Cassettes", "Recorded", "Status"]

Status = Literal["complete", "truncated", "malformed"]
_STATUSES = ("complete", "truncated", "malformed")
_FORMAT = 1
_LARGEST = 16 * 1024 * 1024
_NAME = re.compile(r"[0-9a-f]{64}\.json")
_MODEL = re.compile(rb'^  "model": ("(?:[^"\\\n]|\\.)*")', re.MULTILINE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Recorded(NamedTuple):
    """An answer as it was recorded.

    Attributes:
        completion: The answer; its cost is what it cost then.
        status: Whether it was whole.
    """

    completion: Completion
    status: Status


class Cassettes:
    """The recorded answers for the functions of one folder.

    Args:
        folder: ``.poet/cassettes``; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, request: Request) -> Path:
        """Return the file in which the answer to ``request`` is, or would be."""
        return self.folder / f"{scrub_request(request).hash}.json"

    def read(self, request: Request) -> Recorded | None:
        """Return the recorded answer to ``request``, None where there is none.

        Raises:
            CassetteMissError: The file is there, and damaged or of another request.
        """
        path = self.path(request)
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _damaged(path, request, str(error.strerror or error)) from error
        try:
            return _parsed(data, path.stem)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            why = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise _damaged(path, request, why) from error

    def prepare(self) -> None:
        """Make sure that an answer can be written, before anything is paid for it.

        Raises:
            ReadOnlyStoreError: The folder cannot be written.
        """
        with locked(self.folder), writable(self.folder):
            write_git_files(self.folder)

    def write(self, request: Request, completion: Completion) -> None:
        """Store the answer to ``request`` in place of an earlier one.

        Raises:
            ReadOnlyStoreError: The folder cannot be written.
        """
        path = self.path(request)
        text = _text(scrub_request(request), completion)
        with locked(self.folder), writable(self.folder):
            write_git_files(self.folder)
            if not (path.is_file() and path.read_bytes() == text.encode()):
                write_text(path, text)

    def model_for(
        self, messages: tuple[Message, ...], max_tokens: int, temperature: float | None
    ) -> str | None:
        """Return a model whose first answer to this conversation is recorded, None for none.

        Where several are, it is the first by name.
        """
        for model in sorted(self._models()):
            if self.path(Request("", messages, model, max_tokens, temperature)).is_file():
                return model
        return None

    def _models(self) -> set[str]:
        """Return the models of all cassettes; also of one that was cut off further down."""
        try:
            names = [p for p in self.folder.iterdir() if _NAME.fullmatch(p.name)]
        except OSError:
            return set()
        found = set()
        for path in names:
            try:
                with path.open("rb") as file:
                    match = _MODEL.search(file.read(4096))
                if match:
                    found.add(str(json.loads(match[1])))
            except (OSError, ValueError):
                continue
        return found


def _status(completion: Completion) -> Status:
    if completion.finish in ("length", "oversize"):
        return "truncated"
    return "malformed" if read_reply(completion).problem else "complete"


def _damaged(path: Path, request: Request, why: str) -> CassetteMissError:
    return CassetteMissError(
        f"the recorded answer of {request.model} for {request.function} cannot be used: {why}",
        where=str(path),
        hint=f"restore it: git checkout -- {path}; or delete it and record it again",
    )


def _text(request: Request, completion: Completion) -> str:
    document = {
        "format": _FORMAT,
        "hash": request.hash,
        "function": request.function,
        "model": request.model,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "sample": request.sample,
        "status": _status(completion),
        "messages": [{"role": m.role, "content": m.content.split("\n")} for m in request.messages],
        "answer": {
            "model": scrub(completion.model),
            "finish": scrub(completion.finish),
            "input_tokens": completion.input_tokens,
            "output_tokens": completion.output_tokens,
            "cost_usd": completion.cost_usd,
            "text": scrub(completion.text).split("\n"),
        },
    }
    # A lone surrogate has no UTF-8; as an escape it is JSON.
    return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", dump_json(document))


def _parsed(data: bytes, name: str) -> Recorded:
    if len(data) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST >> 20} MB")
    if data.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in data:
        raise ValueError("it holds the conflict marks of a merge")
    try:
        document = json.loads(data.decode())
    except ValueError as error:
        raise ValueError(f"it is not whole JSON: {error}") from error
    if not isinstance(document, dict):
        raise TypeError("it holds no object")
    if document["format"] != _FORMAT:
        raise ValueError(f"its format is {document['format']!r}, and this POET reads {_FORMAT}")
    answer = document["answer"]
    request = Request(
        _is(document, "function", str),
        tuple(Message(_is(m, "role", str), _joined(m, "content")) for m in document["messages"]),
        _is(document, "model", str),
        _is(document, "max_tokens", int),
        document["temperature"],
        _is(document, "sample", int),
    )
    if request.hash != name or document["hash"] != name:
        raise ValueError("its request is not the one that its name stands for")
    if document["status"] not in _STATUSES:
        raise ValueError(f"its status is {document['status']!r}")
    cost = answer["cost_usd"]
    if isinstance(cost, bool) or not isinstance(cost, (int, float)) or not isfinite(cost):
        raise ValueError(f"its cost is {cost!r}")
    completion = Completion(
        _joined(answer, "text"),
        _is(answer, "finish", str),
        _is(answer, "model", str),
        _is(answer, "input_tokens", int),
        _is(answer, "output_tokens", int),
        float(cost),
    )
    return Recorded(completion, cast("Status", document["status"]))


def _is(of: Any, key: str, kind: type[Any]) -> Any:
    value = of[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"its {key} is {value!r}")
    return value


def _joined(of: Any, key: str) -> str:
    lines = _is(of, key, list)
    if not all(isinstance(line, str) for line in lines):
        raise TypeError(f"its {key} is not a list of lines")
    return "\n".join(lines)
