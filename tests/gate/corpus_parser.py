"""Attacks in text that git, editors or formatters would change: built, not stored."""

# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterator

GOOD = "def probe(place):\n    return 'wrong'\n"
READ = "open(place['secrets']['tmp']).read()"


def parser_attacks() -> Iterator[tuple[str, str, str, str]]:
    """Yield name, what it tries, the layer that must stop it, and the text."""
    for name, tries, text in (
        ("nul_character", "hide code behind a NUL", GOOD + "\0import os\n"),
        ("nul_in_comment", "hide code behind a NUL in a comment", f"# x\0\n{GOOD}"),
        ("lone_carriage_return", "hide a line behind a lone CR", f"# note\rimport os\n{GOOD}"),
        ("form_feed", "hide a line behind a form feed", f"x = 1\f\n{GOOD}"),
        ("vertical_tab", "hide a line behind a vertical tab", f"# note\vimport os\n{GOOD}"),
        ("line_separator", "break a line where only some programs do", f"# a\u2028import os\n{GOOD}"),
        ("next_line", "break a line with NEL", f"# a\x85import os\n{GOOD}"),
        ("bidi_override", "show a reviewer other code than what runs", f"# \u202e }} tseuqer\n{GOOD}"),
        ("bidi_isolate", "reorder what a reviewer sees", f'x = "\u2066user\u2069"\n{GOOD}'),
        ("zero_width_space", "two names that look the same", f'x = "a\u200bb"\n{GOOD}'),
        ("zero_width_joiner", "an invisible part of a text", f'x = "a\u200db"\n{GOOD}'),
        ("soft_hyphen", "an invisible hyphen", f'x = "a\u00adb"\n{GOOD}'),
        ("byte_order_mark", "a second byte order mark", f"{GOOD}\ufeffx = 1\n"),
        ("homoglyph_name", "a name in other letters", GOOD.replace("place", "pl\u0430ce") + "place = 1\n"),
        ("normalised_name", "letters that Python folds into others", "def probe(place):\n    return \uff4f\uff50\uff45\uff4e('/etc/passwd').read()\n"),
        ("normalised_attribute", "an attribute in letters that are folded", "def probe(place):\n    return (1).__\uff43lass__\n"),
        ("normalised_underscore", "underscores in another form", "def probe(place):\n    return (1)._\ufe33class__\n"),
        ("tag_characters", "text in invisible tags", f'x = "a\U000e0041\U000e0042"\n{GOOD}'),
        ("private_use", "a character without a meaning", f'x = "\ue000"\n{GOOD}'),
        ("lone_surrogate", "a character that cannot be encoded", f'x = "\ud800"\n{GOOD}'),
        ("utf7_cookie", "code in UTF-7", f"# -*- coding: utf-7 -*-\n# +AAo-import os\n{GOOD}"),
        ("latin_cookie", "code in another encoding", f"# coding: latin-1\n{GOOD}"),
        ("cookie_on_line_two", "the cookie on the second line", f"#!/usr/bin/python\n# vim: set fileencoding=cp037 :\n{GOOD}"),
        ("rot13_cookie", "code that is decoded into other code", f"# coding=rot13\n{GOOD}"),
        ("raw_unicode_cookie", "escapes that become line ends", f"# coding: raw_unicode_escape\n# \\u000aimport os\n{GOOD}"),
        ("deep_parentheses", "overflow the parser's stack", "x = " + "(" * 5_000 + ")" * 5_000 + f"\n{GOOD}"),
        ("deep_unary", "overflow the compiler's stack", "x = " + "-" * 20_000 + f"1\n{GOOD}"),
        ("deep_attributes", "overflow a walk of the tree", "x = 1\ny = x" + ".real" * 8_000 + f"\n{GOOD}"),
        ("deep_binary", "overflow a walk of the tree to the left", "x = " + "+".join(["1"] * 15_000) + f"\n{GOOD}"),
        ("deep_lambda", "nest functions", "x = " + "lambda: " * 3_000 + f"1\n{GOOD}"),
        ("deep_blocks", "nest blocks", "".join(" " * n + "if 1:\n" for n in range(110)) + " " * 110 + f"pass\n{GOOD}"),
        ("deep_fstring", "nest f-strings", 'x = f"' + "{1:" * 300 + "}" * 300 + f'"\n{GOOD}'),
        ("deep_subscript", "nest subscripts", "x = [0]\ny = x" + "[0]" * 10_000 + f"\n{GOOD}"),
        ("deep_comprehension", "nest comprehensions", "x = " + "[" * 150 + "1" + " for _ in 'a']" * 150 + f"\n{GOOD}"),
        ("huge_integer", "an integer that takes hours to read", f"x = {'9' * 60_000}\n{GOOD}"),
        ("ten_million_digits", "an integer of ten million digits", f"x = {'9' * 10_000_000}\n{GOOD}"),
        ("huge_hexadecimal", "ten million digits that are quick to read", f"x = 0x{'f' * 10_000_000}\n{GOOD}"),
        ("huge_text", "a text of ten million characters", f"x = '{'a' * 10_000_000}'\n{GOOD}"),
        ("many_lines", "a million lines", "\n" * 1_000_000 + GOOD),
        ("many_nodes", "more nodes than anyone reviews", "x = [" + "1," * 30_000 + f"]\n{GOOD}"),
        ("constant_folding", "have the compiler use up the memory", f"x = 'a' * 9999999999\ny = 2 ** 99999999\nz = ((1,) * 9999999999)\n{GOOD}x = open\n"),
        ("mixed_indentation", "lines that belong elsewhere than they seem", "def probe(place):\n        if 0:\n\tpass\n        return 1\n"),
        ("unfinished", "text that is not finished", "def probe(place):\n    return ("),
        ("not_python", "text that is not Python", "DROP TABLE candidates;"),
        ("empty", "nothing", ""),
        ("only_whitespace", "nothing visible", " \n\t\n"),
        ("type_comment_lambda", "no function of that name", "probe = lambda place: 'wrong'\n"),
        ("class_for_function", "a class in place of the function", "class probe:\n    def __new__(cls, place):\n        return 'wrong'\n"),
        ("function_in_branch", "a function that is defined at times", f"if len('a'):\n    def probe(place):\n        return {READ}\n"),
        ("semicolon_hiding", "code far to the right", "def probe(place):\n    x = 1;" + " " * 2_000 + f"return {READ}\n"),
        ("continued_comment", "code after a backslash", f"def probe(place):\n    # note \\\n    return {READ}\n"),
        ("fstring_code", "code inside a text", "def probe(place):\n    return f\"{open(place['secrets']['tmp']).read()}\"\n"),
        ("fstring_format_code", "code inside a text's format", "def probe(place):\n    return f\"{1:{open(place['secrets']['tmp']).read()}}\"\n"),
        ("default_argument_code", "code in a default", "def probe(place, x=open):\n    return x(place['secrets']['tmp']).read()\n"),
        ("decorator_code", "code in a decorator", "@(lambda f: open)\ndef probe(place):\n    return 1\n"),
        ("annotation_code", "code in an annotation", "def probe(place) -> open('/etc/passwd').read():\n    return 1\n"),
        ("class_body_code", "code in a class body", "class X:\n    f = open\n\ndef probe(place):\n    return X.f(place['secrets']['tmp']).read()\n"),
        ("future_annotations_barry", "another grammar", f"from __future__ import barry_as_FLUFL\n{GOOD}"),
        ("escaped_newline_name", "a name cut by a line end", "def probe(place):\n    return op\\\nen(place['secrets']['tmp']).read()\n"),
    ):  # fmt: skip
        yield f"parser/{name}", tries, "audit", text
