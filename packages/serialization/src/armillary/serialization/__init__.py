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
from ._json_decoding import MAX_DEPTH, JSONDecoder, JSONEncoder, JSONError, decode_json, json_error
from ._json_encoding import encode_json
from ._validation import ValidationError, ValidationIssue, validate

__all__ = [
    "MAX_DEPTH",
    "JSONDecoder",
    "JSONEncoder",
    "JSONError",
    "ValidationError",
    "ValidationIssue",
    "decode_json",
    "decode_msgspec",
    "decode_orjson",
    "encode_json",
    "encode_msgspec",
    "encode_orjson",
    "json_error",
    "validate",
]
