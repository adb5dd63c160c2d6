"""Which prompt prefixes are cached, and what a request reads and writes of them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from worker.simulator.models import SimulatedModel
from worker.simulator.request import ConverseRequest
from worker.simulator.tokens import count_tokens

TTL_S = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """Tokens that one request read from the cache and wrote to it."""

    read_tokens: int = 0
    #: Time to live -> tokens written.
    written: tuple[tuple[str, int], ...] = ()

    @property
    def write_tokens(self) -> int:
        """Tokens written, whatever their time to live."""
        return sum(tokens for _, tokens in self.written)


class PromptCache:
    """The cached prefixes of all models; one counts as written when its first request is accepted."""

    def __init__(self) -> None:
        self._expiry_s: dict[bytes, float] = {}

    def use(self, model: SimulatedModel, request: ConverseRequest, now_s: float) -> CacheUse:
        """Read the longest cached prefix and write the longer ones."""
        read, counted = 0, 0
        written: list[tuple[str, int]] = []
        for point in request.cache_points:
            tokens = count_tokens(point.prefix)
            if tokens < model.cache_min_tokens:
                continue
            key = blake2b(f"{model.id}\0{point.prefix}".encode(), digest_size=16).digest()
            if self._expiry_s.get(key, 0.0) > now_s:
                read = counted = tokens
                written = []
            else:
                written.append((point.ttl, tokens - counted))
                counted = tokens
            self._expiry_s[key] = now_s + TTL_S[point.ttl]
        return CacheUse(read_tokens=read, written=tuple(written))
