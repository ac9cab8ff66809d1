"""Content negotiation (RFC 9110 section 12.5, RFC 4647)."""

from collections.abc import Sequence
from typing import NamedTuple

from armillary.datastructures import parse_accept, parse_media_type


class _Range(NamedTuple):
    main: str
    sub: str
    parameters: dict[str, str]
    quality: float

    def specificity(self, main: str, sub: str, parameters: dict[str, str]) -> int:
        """Return how specifically this range matches a media type; 0 if it does not."""
        if self.main == "*" and self.sub == "*":
            return 1
        if self.main != main:
            return 0
        if self.sub == "*":
            return 2
        if self.sub != sub or any(parameters.get(name) != value for name, value in self.parameters.items()):
            return 0
        return 3 + len(self.parameters)


def _ranges(accept: str) -> list[_Range]:
    ranges: list[_Range] = []
    for value, quality in parse_accept(accept):
        essence, parameters = parse_media_type(value)
        main, _, sub = essence.partition("/")
        if sub:
            ranges.append(_Range(main, sub, parameters, quality))
    return ranges


def _quality(ranges: Sequence[_Range], media_type: str) -> float:
    essence, parameters = parse_media_type(media_type.lower())
    main, _, sub = essence.partition("/")
    closest, quality = 0, 0.0
    for candidate in ranges:
        rank = candidate.specificity(main, sub, parameters)
        if rank > closest:
            closest, quality = rank, candidate.quality
    return quality


def media_type_quality(accept: str, media_type: str) -> float:
    """Return the quality the client gives a media type, from 0.0 (not acceptable) to 1.0.

    Args:
        accept: the Accept header; empty if there is none, which accepts everything.
        media_type: such as "text/html" or "text/html;level=1".

    >>> media_type_quality("text/*;q=0.3, text/html;q=0.7", "text/html")
    0.7
    """
    return _quality(_ranges(accept), media_type) if accept.strip() else 1.0


def best_media_type(accept: str, media_types: Sequence[str], default: str | None = None) -> str | None:
    """Return the offered media type the client prefers, the first of equals; `default` if it accepts none.

    >>> best_media_type("text/html, */*;q=0.1", ["image/png", "text/html"])
    'text/html'
    """
    if not accept.strip():
        return media_types[0] if media_types else default
    ranges = _ranges(accept)
    best, most = default, 0.0
    for media_type in media_types:
        quality = _quality(ranges, media_type)
        if quality > most:
            best, most = media_type, quality
    return best


def best_language(accept: str, languages: Sequence[str], default: str | None = None) -> str | None:
    """Return the offered language tag the client prefers; `default` if it accepts none.

    Each language range, the preferred first, is looked up and shortened from its end until a tag
    matches (RFC 4647 section 3.4); failing that, a longer tag does, such as "en-GB" for the range "en".

    >>> best_language("en;q=0.5, fr-CA", ["en-GB", "fr"])
    'fr'
    """
    if not accept.strip():
        return languages[0] if languages else default
    preferences = parse_accept(accept)
    excluded = {language_range.value for language_range in preferences if language_range.q == 0}
    offered = {tag.lower(): tag for tag in reversed(languages) if tag.lower() not in excluded}
    ordered = [tag for tag in languages if tag.lower() in offered]
    for language_range in preferences:
        if language_range.q > 0:
            found = _lookup(language_range.value, offered, ordered)
            if found is not None:
                return found
    return default


def _lookup(language_range: str, offered: dict[str, str], ordered: Sequence[str]) -> str | None:
    if language_range == "*":
        return ordered[0] if ordered else None
    longest = max(map(len, offered), default=0)
    # No more is compared than the longest tag: a hostile range has tens of thousands of subtags.
    end = len(language_range) if len(language_range) <= longest else _shortened(language_range, longest + 1)
    while end > 0:
        tag = offered.get(language_range[:end])
        if tag is not None:
            return tag
        end = _shortened(language_range, end)
    return next((tag for tag in ordered if tag.lower().startswith(f"{language_range}-")), None)


def _shortened(language_range: str, end: int) -> int:
    """Return the end of a range, cut at `end`, without its last subtag; 0 or less if nothing is left."""
    end = language_range.rfind("-", 0, end)
    # An "x" or extension singleton means nothing alone.
    return end - 2 if end == 1 or language_range[max(end - 2, 0) : end - 1] == "-" else end
