"""The text encodings that a form or a part of one may be in."""

from __future__ import annotations

from ._limits import FormError

# The encodings of the WHATWG Encoding standard, by the names of the modules of Python's codecs.
_BROWSER_CODECS = frozenset(
    (
        *("utf_8", "ascii", "utf_16", "utf_16_be", "utf_16_le", "koi8_r", "koi8_u", "mac_roman"),
        *("big5", "big5hkscs", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "iso2022_jp", "shift_jis"),
        *("cp866", "cp874", "cp932", "latin_1"),
        *(f"iso8859_{part}" for part in (*range(2, 12), *range(13, 17))),
        *(f"cp{page}" for page in range(1250, 1259)),
    )
)


def known_charset(charset: str) -> str:
    """Return the name of a text encoding that browsers support; 400 for any other.

    Python has more codecs: some decode to bytes, some take quadratic time. `codecs.lookup` is never
    called with a name as the client spells it, since it caches each name forever.
    """
    if charset == "utf-8":
        return charset
    import codecs
    from encodings import normalize_encoding
    from encodings.aliases import aliases

    label = normalize_encoding(charset).lower()
    codec = aliases.get(label, label)
    if codec not in _BROWSER_CODECS:
        raise FormError("The charset of the form is not known.")
    return codecs.lookup(codec).name
