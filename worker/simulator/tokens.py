"""Token counts, estimated from the text: about four characters of Latin script a token."""

from __future__ import annotations

#: Characters of one token of text in Latin script.
CHARS_PER_TOKEN = 4
#: What the roles and the frame of a message add.
TOKENS_PER_MESSAGE = 3


def count_tokens(text: str) -> int:
    """Estimate the tokens of a text; scripts outside Latin take about one token for each character and a half."""
    if text.isascii():
        return -(-len(text) // CHARS_PER_TOKEN)
    wide_bytes = len(text.encode()) - len(text)
    return -(-(len(text) + wide_bytes) // CHARS_PER_TOKEN)


def cut_to_tokens(text: str, most_tokens: int) -> str:
    """Give the start of a text that fits a number of tokens."""
    cut = text[: most_tokens * CHARS_PER_TOKEN]
    while cut and count_tokens(cut) > most_tokens:
        cut = cut[: -max(1, len(cut) // 16)]
    return cut
