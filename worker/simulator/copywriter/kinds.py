"""What sort of copy a field holds, guessed from its name."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class CopyKind(StrEnum):
    """A sort of copy, with the patterns that it is written by."""

    HEADLINE = "headline"
    TITLE = "title"
    SEO_TITLE = "seo_title"
    SNIPPET = "snippet"
    LONG = "long"
    BULLET = "bullet"
    ALT = "alt"
    SUBJECT = "subject"
    PREVIEW = "preview"
    TAGLINE = "tagline"
    CALL = "call"
    KEYWORD = "keyword"
    SLUG = "slug"


#: In this order: the first that matches decides.
_BY_NAME = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"alt", CopyKind.ALT),
        (r"preview|preheader|vorschau", CopyKind.PREVIEW),
        (r"subject|betreff|objet|asunto", CopyKind.SUBJECT),
        (r"meta.?desc|snippet|seo.?desc", CopyKind.SNIPPET),
        (r"(?:seo|meta|page).?tit", CopyKind.SEO_TITLE),
        (r"keyword|tags?$|search.?term", CopyKind.KEYWORD),
        (r"slug|handle|path", CopyKind.SLUG),
        (r"head|überschrift|titre_court", CopyKind.HEADLINE),
        (r"bullet|feature|highlight|benefit|usp|selling", CopyKind.BULLET),
        (r"cta|call.?to|button", CopyKind.CALL),
        (r"tag.?line|slogan|claim|hook|motto", CopyKind.TAGLINE),
        (r"tit|name", CopyKind.TITLE),
    )
)
_SHORT_CHARS = 70
_SNIPPET_CHARS = 300


@lru_cache(maxsize=1024)
def kind_of(name: str, max_chars: int) -> CopyKind:
    """Guess the sort of copy by a field's name, else by its length."""
    folded = name.casefold()
    for pattern, kind in _BY_NAME:
        if pattern.search(folded):
            return kind
    if max_chars and max_chars <= _SHORT_CHARS:
        return CopyKind.TAGLINE
    return CopyKind.SNIPPET if max_chars and max_chars <= _SNIPPET_CHARS else CopyKind.LONG
