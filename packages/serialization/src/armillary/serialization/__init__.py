"""JSON in with limits, JSON out, and values validated into types.

The one decoder rejects what JSON does not have and what would exhaust the stack; its errors say where:

>>> from armillary.serialization import decode_json, encode_json, json_error
>>> decode_json(b'{"name": "Vega"}')
{'name': 'Vega'}
>>> body = b'{"name": NaN}'
>>> try:
...     decode_json(body)
... except ValueError as exc:
...     print(json_error(exc, body).detail)
The request body is not valid JSON: NaN is not JSON at line 1 column 10 (byte 9).
>>> encode_json({"name": "Vega"})
b'{"name":"Vega"}'
"""

from ._codecs import decode_msgspec, decode_orjson, encode_msgspec, encode_orjson
from ._constraints import CheckedType, check_type
from ._decimals import is_plain_number, read_decimal
from ._fields import NO_DEFAULT, TypeField, fields_of, forbids_unknown_fields, made_fields_of
from ._issues import MAX_ISSUES, ValidationError, ValidationIssue, issue_at, kind_of
from ._json_decoding import MAX_DEPTH, JSONDecoder, JSONEncoder, JSONError, json_error
from ._json_encoding import encode_json, encode_plain_json
from ._json_form import json_form
from ._json_pieces import decode_json
from ._text_classes import is_text_class
from ._type_cache import once_per_type, type_key
from ._type_tree import NOTHING, Unwrapped, is_optional, union_members, unwrap, without_members
from ._typed_decoding import TypedDecoder
from ._typed_encoding import TypedEncoder
from ._unmet_constraint import UnmetConstraint
from ._validation import validate
from ._value_checks import value_check

__all__ = [
    "MAX_DEPTH",
    "MAX_ISSUES",
    "NOTHING",
    "NO_DEFAULT",
    "CheckedType",
    "JSONDecoder",
    "JSONEncoder",
    "JSONError",
    "TypeField",
    "TypedDecoder",
    "TypedEncoder",
    "UnmetConstraint",
    "Unwrapped",
    "ValidationError",
    "ValidationIssue",
    "check_type",
    "decode_json",
    "decode_msgspec",
    "decode_orjson",
    "encode_json",
    "encode_msgspec",
    "encode_orjson",
    "encode_plain_json",
    "fields_of",
    "forbids_unknown_fields",
    "is_optional",
    "is_plain_number",
    "is_text_class",
    "issue_at",
    "json_error",
    "json_form",
    "kind_of",
    "made_fields_of",
    "once_per_type",
    "read_decimal",
    "type_key",
    "union_members",
    "unwrap",
    "validate",
    "value_check",
    "without_members",
]
