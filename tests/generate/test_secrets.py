"""Secrets are taken out; everything else comes through as it was."""

from __future__ import annotations

import ast
import base64
import os
import random
import string
import sys
import sysconfig
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poet.generate.secrets import MARK, scrub

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(["MIIEpAIBAAKCAQEA" + "a1B2" * 12] * 5)
    + "\nAb3=\n-----END RSA PRIVATE KEY-----"
)


@pytest.fixture
def variables(monkeypatch):
    for name in list(os.environ):
        monkeypatch.delenv(name)
    return monkeypatch.setenv


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "not-of-any-known-shape"),
        ("azure_api_key", "0123456789abcdef0123456789abcdef"),
        ("GITHUB_TOKEN", "abcdefgh"),
        ("DB_PASSWORD", "pässwörd with spaces"),
        ("MY_SECRET", 'quo"ted\\back\nslash and more'),
        ("AWS_CREDENTIALS", "a/b+c=d&e?f"),
        ("STRIPEKEY", "Zm9vYmFyMTIz"),
        ("VAULT_PASSPHRASE", "correct horse battery"),
        ("MYSQL_PWD", "tiger-scott-9"),
    ],
)
def test_values_of_secret_variables(variables, name, value):
    """A key from the environment would be sent, stored or shown."""
    from urllib.parse import quote

    variables(name, value)
    for form in (value, quote(value, safe=""), repr(value), f"x{value}y"):
        found = scrub(f"before {form} after")
        assert value not in found
        assert quote(value, safe="") not in found
        assert found.startswith("before ")
        assert found.endswith(" after")
        assert MARK in found


def test_each_line_of_a_secret_of_several_lines(variables):
    """An error that shows one line of a key would give that part away."""
    variables("SERVICE_KEY", "first-line-0123456789\nsecond-line-0123456789\nshort")
    assert scrub("bad line: second-line-0123456789") == f"bad line: {MARK}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "short"),
        ("OPENAI_API_KEY", ""),
        ("SECRET_KEY", "changeme"),
        ("DB_PASSWORD", "password"),
        ("PARTITION_KEY", "customer_id"),
        ("MAX_TOKENS", "100000000"),
        ("TOKENIZER", "bert-base-uncased"),
        ("KEYBOARD", "english-us"),
        ("SSL_KEY_FILE", "/etc/ssl/private.pem"),
        ("HOME", "/home/somebody"),
    ],
)
def test_what_is_no_secret_although_the_name_says_so(variables, name, value):
    """Ordinary words of a prompt or of an answer's code would be replaced, and the code break."""
    variables(name, value)
    text = f"{value} = read({value!r})"
    assert scrub(text) == text


SHAPES = [
    "sk-" + "a1B2c3D4" * 6,
    "sk-proj-" + "a1B2_c3-4" * 12,
    "sk-ant-api03-" + "x9_Y8-z7" * 10 + "AA",
    "sk-or-v1-" + "0123456789abcdef" * 4,
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2c3D4e5F6" * 3,
    "github_pat_" + "11AAAAAAA0" + "a1B2_c3D4" * 6,
    "glpat-a1B2c3D4e5F6g7H8i9J0",
    "xoxb-1234567890-abcdefghij",
    "AIzaSyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q",
    "hf_" + "aB1cD2eF3g" * 3 + "hIjK",
    "gsk_" + "a1B2c3D4" * 6,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4",
]


@pytest.mark.parametrize("key", SHAPES, ids=lambda k: k[:8])
def test_known_shapes(key):
    """A key written into the source or into an error would be sent and committed."""
    for text in (
        key,
        f"key={key}",
        f'"{key}",',
        f"({key})",
        f"{key}\n",
        f"Bearer {key}",
        f"-{key}",
    ):
        assert key not in scrub(text), text
        assert key[8:] not in scrub(text), text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgres://me:hunter2@db/x", "postgres://me:[secret]@db/x"),
        ("https://:tok3n@host", "https://:[secret]@host"),
        ("redis://u:a%40b:c@h:6379/0", "redis://u:[secret]@h:6379/0"),
        ("GET https://h/p?api_key=abcd1234efgh&x=1", "GET https://h/p?api_key=[secret]&x=1"),
        ("Authorization: Bearer abc123def456ghi789", "Authorization: Bearer [secret]"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZDE=", "Authorization: Basic [secret]"),
        (f"key = '''{PEM}'''", "key = '''[secret]'''"),
        (PEM[:200] + "\n# cut", "[secret]\n# cut"),
        (PEM + " and sk-" + "a1" * 12, "[secret] and [secret]"),
    ],
)
def test_what_stays_around_a_secret(text, found):
    """A reader could not tell what the text was about, or a part of the secret would stay."""
    assert scrub(text) == found


@pytest.mark.parametrize(
    "text",
    [
        'f"postgres://{user}:{password}@{host}"',
        '"postgres://%s:%s@%s" % parts',
        "https://user:password@example.com",
        "http://127.0.0.1:8000/v1 and me@example.com",
        "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "c" * 40 + " " + "0" * 64,
        "task-management-of-2-servers-and-more",
        "class sk-estimator-doc-link of the page",
        "risk-adjusted-return-of-2024-and-more",
        'if text.startswith("-----BEGIN PRIVATE KEY-----"):',
        'BEGIN = "-----BEGIN PRIVATE KEY-----"\nEND = "-----END PRIVATE KEY-----"',
        "basic statistics of the 2 samples, bearer of good news",
        "urlencode({'token': token}); url + '?token=' + token",
        "AKIA is a prefix; AKIAIOSFODNN7EXAMPLEandmore",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_only_looks_alike(text):
    """Code or a hash would be changed where there is nothing to hide."""
    assert scrub(text) == text


def test_ordinary_code_comes_through(variables):
    """A user's function would be changed in the prompt, or a model's in the answer."""
    folder = Path(sysconfig.get_path("stdlib"))
    files = sorted(folder.glob("*.py")) + sorted((folder / "email").glob("*.py"))
    files += sorted(Path(sys.modules["poet"].__file__).parent.rglob("*.py"))
    changed = {}
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        if scrub(text) != text:
            changed[path.name] = [
                line for line in text.splitlines() if scrub(line) != line and MARK not in line
            ]
    assert changed == {}


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["sk-", "a1B2c3D4e5F6g7H8", "://", "user:", "@", "Bearer ", "Basic ", "?token=", "AKIA",
             "IOSFODNN7EXAMPLE", "ghp_", "eyJabcdefgh", ".", "[secret]", "[secret", "secret]",
             "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "M1b2" * 12, "\n", "-",
             "planted-value-1", "planted-value-1[", "]", '"', "="]
        ),
        st.text(max_size=8),
    ),
    max_size=14,
)  # fmt: skip


@given(pieces=PIECES)
def test_twice_is_once(pieces):
    """The hash of a request would change when it is scrubbed again, and replay would miss."""
    names = {"PLANTED_KEY": "planted-value-1", "OTHER_SECRET": "planted-value-1["}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        once = scrub("".join(pieces))
        assert scrub(once) == once
        assert "planted-value-1" not in once
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


NAMES = st.sampled_from(["token", "api_key", "x", "password", "bearer", "basic", "sk", "key_1"])
EXPRESSIONS = st.recursive(
    st.one_of(
        NAMES,
        st.integers().map(repr),
        st.floats(allow_nan=False).map(repr),
        st.text("abc:/@-_ \n?&=.", max_size=30).map(repr),
        st.binary(min_size=32, max_size=32).map(lambda b: repr(b.hex())),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["-", "+", "@", "/", "//", "&", "=="]), inner).map(
            "".join
        ),
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(NAMES, NAMES, inner).map(lambda p: f"{p[0]}({p[1]}={p[2]})"),
        st.tuples(NAMES, inner).map(lambda p: f"{p[0]}[{p[1]}]"),
    ),
    max_leaves=12,
)


@given(code=EXPRESSIONS)
def test_code_stays_the_code_it_was(code):
    """A candidate without any secret would be broken on its way to the gate."""
    try:
        ast.parse(code)
    except SyntaxError:
        return
    assert scrub(code) == code


EVIL = [
    "://", "://a:", "sk-", "_sk-", "sk-a", "?key=", "Bearer ", "Basic ", "eyJaaaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY", "-", "ghp_", "AKIA", "a", "a.", "[secret]",
    "xoxb-", "://a:b", "hf_sk-",
]  # fmt: skip


@pytest.mark.parametrize("piece", EVIL)
def test_time_is_linear(piece):
    """An enormous answer would hold the run up for minutes."""

    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        start = time.process_time()
        scrub(text)
        return time.process_time() - start

    assert seconds(1_000_000) < 20 * max(seconds(250_000), 0.05)


def test_random_texts_keep_their_length_of_time():
    """The same, for what nobody thought of."""
    draw = random.Random(7)
    text = "".join(draw.choices(string.printable, k=1_000_000))
    scrub(text)
    scrub(base64.b64encode(draw.randbytes(750_000)).decode())


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"u", b":x"), (b"us", b""), (b"user:", b"\n")]
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_key_in_base64_is_the_key(variables, encode, before, after):
    """A server that repeats the header it was sent would put the key into a cassette."""
    key = "sk-?>?>planted/0123456789abc"
    variables("OPENAI_API_KEY", key)
    found = scrub(f"x = '{encode(before + key.encode() + after).decode()}'")
    assert MARK in found
    rest = "".join(c for c in found.replace(MARK, "") if c.isalnum())
    assert len(rest) <= len("x") + 4 * (2 + len(before + after))
    assert scrub(found) == found


def test_a_key_in_hex_is_the_key(variables):
    """A dump of a request would show it."""
    variables("OPENAI_API_KEY", "planted-0123456789")
    text = b"planted-0123456789".hex()
    assert scrub(f"{text} {text.upper()}") == f"{MARK} {MARK}"


def test_the_password_of_an_address_of_the_environment(variables):
    """A driver's error that names the password alone would be stored as it is."""
    variables("DATABASE_URL", "postgres://shop:Hunter2%40pass@db/prices")
    variables("CACHE", "redis://shop:password@cache/0")
    variables("PAGE", "https://example.org/a@b")
    found = scrub("for shop: Hunter2@pass, Hunter2%40pass, password, example")
    assert found == f"for shop: {MARK}, {MARK}, password, example"
