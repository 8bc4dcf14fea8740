"""Values as plain data: what crosses between the worker and its parent, and what is compared.

Numbers keep every bit, arrays their dtype and shape, frames their schema. An object of a class is
its type's name and its stored fields, so neither side ever runs the other's code to read it. A
value of a kind that is not listed becomes ``unverifiable``, which is equal to nothing.
"""

from poet.codec._decode import Decoder, decode
from poet.codec._encode import Encoder, Kept, RefusedError, encode
from poet.codec._format import MAX_BYTES, MAX_DEPTH, MAX_PARTS, UNVERIFIABLE, Drained, drain
from poet.codec._raw import type_name

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_PARTS",
    "UNVERIFIABLE",
    "Decoder",
    "Drained",
    "Encoder",
    "Kept",
    "RefusedError",
    "decode",
    "drain",
    "encode",
    "type_name",
]
