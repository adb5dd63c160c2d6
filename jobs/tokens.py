"""Token counts before Bedrock has counted: an estimate to plan with, and a bound to reserve with."""

from __future__ import annotations

import math

from templates.fields import Field
from templates.length import most_output_characters

#: Languages whose scripts take about a token a character, or more.
_DENSE_LANGUAGES = frozenset(
    {"zh", "ja", "ko", "th", "my", "km", "lo", "hi", "bn", "ta", "te", "ml", "ar", "he", "el", "ru"}
)
_DENSE_TOKENS_PER_CHAR = 1.3
_LATIN_TOKENS_PER_CHAR = 0.36
_ANSWER_OVERHEAD_TOKENS = 60
#: Tokens that a provider adds to a prompt of ours (tool use instructions are the largest: 300-500 for Claude).
_PROMPT_OVERHEAD_TOKENS = 700


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens: four ASCII characters a token, other scripts by their UTF-8 bytes."""
    characters = len(text)
    extra_bytes = 0 if text.isascii() else len(text.encode()) - characters
    return math.ceil(characters / 4 + extra_bytes / 2)


def most_prompt_tokens(text: str, schema_text: str) -> int:
    """Bound a prompt's tokens: no tokenizer makes more tokens than a text has UTF-8 bytes."""
    return len(text.encode()) + len(schema_text.encode()) + _PROMPT_OVERHEAD_TOKENS


def answer_tokens(fields: tuple[Field, ...], locale: str, sample: str) -> int:
    """Give the `max_tokens` that lets a model fill these fields up to their limits.

    Args:
        fields: the fields asked for.
        locale: BCP 47 tag, or "" when the answer is in the language of the product.
        sample: product text, to see its script when there is no locale.
    """
    dense = locale.split("-", maxsplit=1)[0] in _DENSE_LANGUAGES if locale else _is_dense(sample)
    per_char = _DENSE_TOKENS_PER_CHAR if dense else _LATIN_TOKENS_PER_CHAR
    return math.ceil(most_output_characters(fields) * per_char) + _ANSWER_OVERHEAD_TOKENS


def _is_dense(sample: str) -> bool:
    return not sample.isascii() and len(sample.encode()) > 1.5 * len(sample)
