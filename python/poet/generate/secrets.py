"""Taking secrets out of a text before it is sent, stored or shown.

Two things count as a secret: the value of an environment variable whose name says so, wherever it
stands; and what has the shape of a well-known kind of key. Everything else stays as it is, so that
code, hashes and identifiers come through unchanged. The time is linear in the text.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote, unquote

from poet.generate.request import Request

__all__ = ["MARK", "scrub", "scrub_request"]

MARK = "[secret]"
_SHORTEST = 8
# Names that say "secret", and KEY alone, which may as well be a column or a setting.
_SECRET_NAME = re.compile(
    r"(?:API|ACCESS|ACCOUNT|SECRET|PRIVATE|ENCRYPTION|SIGNING|MASTER|SUBSCRIPTION)_?KEY"
    r"|TOKEN(?!IZ)|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_PWD$"
)
_KEY_NAME = re.compile(r"KEY(?!BOARD|MAP)")
_PLACE_NAME = re.compile(r"_(?:FILE|PATH|DIR|NAME|HOST)$")  # where a secret is, not the secret
_PLAIN_NAME = re.compile(r"[a-z]+(?:[_.-][a-z]+)*")
# A "secret" that everybody knows protects nothing, and would be missed in ordinary code.
_PLACEHOLDERS = frozenset(
    {
        "password", "passwd", "pass", "pwd", "secret", "token", "credential", "credentials",
        "changeme", "change-me", "change_me", "changeit", "placeholder", "example", "username",
        "your-api-key", "your_api_key", "disabled", "required", "optional", "default", "unknown",
        "undefined", "anonymous", "localhost", "development", "production", "staging", "testing",
    }
)  # fmt: skip

# A shape, and what must stand in a text for it to occur: looking for that is many times faster.
# Each token class holds every character a token can begin with, so matches never touch.
_SHAPES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("://",), r"""(?<=://)(?P<user>[^\s/:@'"<>{}$%\\]*):(?P<url>[^\s/@'"<>{}$\\]+)(?=@)"""),
    (
        ("?api", "?key", "?acc", "?aut", "?tok", "?sec", "?pas", "?sig",
         "&api", "&key", "&acc", "&aut", "&tok", "&sec", "&pas", "&sig"),
        (
            r"(?P<query>[?&](?:api[_-]?key|key|access[_-]?token|auth[_-]?token|token|secret|password"
            r"""|sig)=)(?P<value>[^&\s'"<>{}()\[\]\\]{8,})"""
        ),
    ),
    (("earer ",), r"(?<![A-Za-z0-9])(?P<bearer>[Bb]earer[ ]+)(?P<sent>[A-Za-z0-9._~+/=-]{16,})"),
    (("asic ",), r"(?<![A-Za-z0-9])(?P<basic>[Bb]asic[ ]+)(?P<pair>[A-Za-z0-9+/=]{12,})"),
    (
        ("sk-", "pk-", "rk-", "xai-", "pplx-", "glpat-", "xox", "sess-", "nvapi-"),
        (
            r"(?<![A-Za-z0-9])(?P<dashed>(?:sk|pk|rk|xai|pplx|glpat|xox[abeoprs]|sess|nvapi)-"
            r"[A-Za-z0-9_-]{16,})"
        ),
    ),
    (
        ("k_live_", "k_test_", "gsk_", "hf_", "r8_", "npm_", "dop_v1_", "github_pat_", "ghp_",
         "gho_", "ghu_", "ghs_", "ghr_"),
        (
            r"(?<![A-Za-z0-9])(?P<scored>(?:[srp]k_(?:live|test)|gsk|hf|r8|npm|dop_v1|github_pat|"
            r"gh[pousr])_[A-Za-z0-9_]{20,})"
        ),
    ),
    (("ya29.",), r"(?<![A-Za-z0-9])(?P<google>ya29\.[A-Za-z0-9_-]{20,})"),
    (("AIza",), r"(?<![A-Za-z0-9])(?P<googled>AIza[A-Za-z0-9_-]{30,})"),
    (
        ("eyJ",),
        r"(?<![A-Za-z0-9])(?P<jwt>eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
    ),
    (("AKIA", "ASIA"), r"(?<![A-Za-z0-9])(?P<aws>(?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Za-z0-9])"),
)  # fmt: skip
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-(?!----))*)"
    r"(?P<end>-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}(?:\r?\n[A-Za-z0-9+/]+={0,2}(?=\r?\n|\Z))*")


def scrub(text: str) -> str:
    """Return ``text`` with each secret replaced by ``[secret]``.

    Values of environment variables go that have at least 8 characters and a name with KEY, TOKEN,
    SECRET, PASSWORD, PASSWD, PASSPHRASE or CREDENTIAL in it (words such as ``changeme``, and for a
    bare KEY names such as ``customer_id``, are none), and passwords of addresses in any variable:
    as they are, quoted, in base64 and in hex. So do passwords in addresses, private keys in PEM,
    and keys of the shapes that OpenAI, Anthropic, Google, AWS, GitHub, GitLab, Slack, Hugging Face,
    Stripe and others give out. Scrubbing twice gives the same.
    """
    values = [value for value in _known() if value in text]
    if values:
        known = re.compile("|".join(re.escape(v) for v in sorted(values, key=len, reverse=True)))
        text = _between(text, lambda part: known.sub(MARK, part))
    if "PRIVATE KEY" in text:
        text = _between(text, lambda part: _PEM.sub(_without_pem, part))
    shapes = tuple(shape for signs, shape in _SHAPES if any(sign in text for sign in signs))
    if shapes:
        found = _compiled(shapes)
        text = _between(text, lambda part: found.sub(_without_shape, part))
    return text


def scrub_request(request: Request) -> Request:
    """Return the request as it may be sent and stored."""
    messages = tuple(m._replace(content=scrub(m.content)) for m in request.messages)
    return request._replace(messages=messages)


@lru_cache(maxsize=64)
def _compiled(shapes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(shapes))


def _between(text: str, change: Callable[[str], str]) -> str:
    """Return ``text`` with what stands between the marks changed; a mark is never part of it."""
    return MARK.join(change(part) for part in text.split(MARK))


def _known() -> set[str]:
    """Return the secrets of the environment, in each form in which a text may hold them."""
    found: set[str] = set()
    for name, raw in os.environ.items():
        value = raw.strip()
        if len(value) >= _SHORTEST and _is_secret(name.upper(), value):
            found.update(_forms(value))
        if "://" in value and "@" in value:
            for password in _passwords(value):
                found.update(_forms(password))
    return found


def _passwords(address: str) -> list[str]:
    """Return the passwords of addresses such as the one in ``DATABASE_URL``."""
    return [
        secret
        for match in _compiled((_SHAPES[0][1],)).finditer(address)
        for secret in {match["url"], unquote(match["url"])}
        if len(secret) >= _SHORTEST and secret.lower() not in _PLACEHOLDERS
    ]


@lru_cache(maxsize=256)
def _forms(value: str) -> frozenset[str]:
    """Return the forms in which a text may hold a secret: as it is, quoted, in base64, in hex."""
    forms = {value, quote(value, safe=""), quote(value), repr(value)[1:-1]}
    lines = value.splitlines()
    if len(lines) > 1:
        forms.update(line.strip() for line in lines if len(line.strip()) >= 2 * _SHORTEST)
    raw = value.encode("utf-8", "surrogateescape")
    forms.update((raw.hex(), raw.hex().upper()))
    for before in range(3):  # what stands before it shifts it, as the user does in Basic
        # Only the characters that hold nothing of the bytes around it.
        whole = base64.b64encode(bytes(before) + raw)
        shifted = whole[(0, 2, 3)[before] : (before + len(raw)) * 8 // 6].decode()
        forms.update((shifted, shifted.replace("+", "-").replace("/", "_")))
    return frozenset(form for form in forms if MARK not in form)


def _is_secret(name: str, value: str) -> bool:
    if value.lower() in _PLACEHOLDERS or _PLACE_NAME.search(name):
        return False
    if "TOKENS" in name and value.isdecimal():
        return False  # how many
    if _SECRET_NAME.search(name):
        return True
    return _KEY_NAME.search(name) is not None and not _PLAIN_NAME.fullmatch(value)


def _without_pem(match: re.Match[str]) -> str:
    lines = list(_BASE64_LINE.finditer(match["body"]))
    if not lines:
        return match[0]  # code that looks for such a key
    if match["end"]:
        return MARK
    return MARK + match["body"][lines[-1].end() :]


def _without_shape(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "url":
        known = match["url"].lower() in _PLACEHOLDERS or not match["url"].strip("*.x")
        return match[0] if known else f"{match['user']}:{MARK}"
    if kind == "value":
        return f"{match['query']}{MARK}" if _random(match["value"]) else match[0]
    if kind == "sent":
        return f"{match['bearer']}{MARK}" if _random(match["sent"]) else match[0]
    if kind == "pair":
        return f"{match['basic']}{MARK}" if _random(match["pair"], cases=True) else match[0]
    if kind == "aws":
        return MARK
    return MARK if _random(match[0]) else match[0]


def _random(token: str, *, cases: bool = False) -> bool:
    """Return whether a token is unlike words: it has a digit, and with ``cases`` both cases."""
    mixed = token != token.lower() and token != token.upper()
    return any("0" <= c <= "9" for c in token) and (mixed or not cases)
