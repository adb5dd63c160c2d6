"""The East Asian encodings in which a character takes one byte or two, the second of which may look like ASCII."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

#: A sample of fewer characters says little.
_FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleByte:
    """How a family of encodings pairs its bytes.

    Source: the tables of CPython's codecs; every pair that they know has this form.
    """

    #: Codecs of the family, the one that is guessed first.
    codecs: tuple[str, ...]
    #: A first and a second byte, as the insides of a class.
    lead: bytes
    trail: bytes
    #: First and last pair of a block, and how usual its characters are in texts, from 0 to 1.
    blocks: tuple[tuple[int, int, float], ...]
    #: Lowest second byte of those blocks.
    from_trail: int = 0x40
    #: A pair, or a byte beyond ASCII by itself.
    pair: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pair", re.compile(b"[" + self.lead + b"][" + self.trail + b"]|[\x80-\xff]"))

    def length(self, data: bytes, start: int) -> int:
        """Say how many bytes the character at `start` has, whether the encoding knows it or not."""
        found = self.pair.match(data, start)
        return found.end() - start if found else 1

    def usual(self, sample: bytes) -> float:
        """Say how usual the characters of a sample are, from 0 to 1."""
        pairs = Counter(self.pair.findall(sample))
        found = sum(count * self._share(pair) for pair, count in pairs.items())
        return found / max(_FEWEST, sum(pairs.values()))

    def _share(self, pair: bytes) -> float:
        if len(pair) == 1 or pair[1] < self.from_trail:
            return 0.0
        number = int.from_bytes(pair, "big")
        return next((share for first, last, share in self.blocks if first <= number <= last), 0.0)


#: Traditional and simplified Chinese, Japanese, Korean: the most used characters first, then signs and rarer ones.
FAMILIES = (
    DoubleByte(
        codecs=("cp950", "big5hkscs", "big5"),
        lead=rb"\x81-\xfe",
        trail=rb"\x40-\x7e\xa1-\xfe",
        blocks=((0xA440, 0xC67E, 1.0), (0xA140, 0xA3BF, 0.8), (0xC940, 0xF9D5, 0.2)),
    ),
    DoubleByte(
        codecs=("gbk", "gb18030", "gb2312"),
        lead=rb"\x81-\xfe",
        trail=rb"\x40-\x7e\x80-\xfe",
        blocks=((0xB0A1, 0xD7F9, 0.97), (0xA1A1, 0xA3FE, 0.8), (0xD8A1, 0xF7FE, 0.4)),
        from_trail=0xA1,
    ),
    DoubleByte(
        codecs=("cp932", "shift_jis_2004", "shift_jisx0213", "shift_jis"),
        lead=rb"\x81-\x9f\xe0-\xfc",
        trail=rb"\x40-\x7e\x80-\xfc",
        blocks=((0x829F, 0x8396, 1.0), (0x8140, 0x829A, 0.8), (0x889F, 0x97FC, 0.95), (0x989F, 0xEAA4, 0.4)),
    ),
    DoubleByte(
        codecs=("cp949", "euc_kr"),
        lead=rb"\x81-\xfe",
        trail=rb"\x41-\x5a\x61-\x7a\x81-\xfe",
        blocks=((0xB0A1, 0xC8FE, 1.0), (0xA1A1, 0xA3FE, 0.8), (0xCAA1, 0xFDFE, 0.1)),
        from_trail=0xA1,
    ),
)
_BY_CODEC: Mapping[str, DoubleByte] = {codecs.lookup(name).name: each for each in FAMILIES for name in each.codecs}


def family_of(encoding: str) -> DoubleByte | None:
    """Give the family of an encoding, by its canonical name; None for one of another kind."""
    return _BY_CODEC.get(encoding)
