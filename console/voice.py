"""Turns streamed JSON into lines that a person reads: `field: text`, as the text comes."""

from __future__ import annotations

from collections.abc import Callable

_ESCAPES = {"n": "\n", "t": "\t", "r": "", "b": "", "f": ""}


class Voice:
    """Hears JSON in pieces and says its texts; anything that is not inside a string is left out."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._in_string = False
        self._is_key = False
        self._escape: str | None = None
        self._key = ""
        #: What opened the levels that we are in: `{` or `[`.
        self._levels: list[str] = []
        self._after_colon = False
        self._spoken = False

    def hear(self, piece: str) -> None:
        """Take the next piece of the stream."""
        for sign in piece:
            if self._in_string:
                self._in_text(sign)
            else:
                self._between(sign)

    def _between(self, sign: str) -> None:
        if sign in "{[":
            self._levels.append(sign)
            self._after_colon = self._after_colon and sign == "["
        elif sign in "}]":
            if self._levels:
                self._levels.pop()
        elif sign == ":" and self._levels:
            self._after_colon = True
            self._emit(f"\n{self._key}: " if self._spoken else f"{self._key}: ")
            self._spoken = True
        elif sign == ",":
            if self._levels and self._levels[-1] == "[":
                self._emit(" | ")
            else:
                self._after_colon = False
        elif sign == '"' and self._levels:
            self._in_string = True
            self._is_key = self._levels[-1] == "{" and not self._after_colon
            if self._is_key:
                self._key = ""

    def _in_text(self, sign: str) -> None:
        if self._escape is not None:
            self._escaped(sign)
        elif sign == "\\":
            self._escape = ""
        elif sign == '"':
            self._in_string = False
        elif self._is_key:
            self._key += sign
        else:
            self._emit(sign)

    def _escaped(self, sign: str) -> None:
        pending = f"{self._escape}{sign}"
        if pending[0] == "u":
            self._escape = pending
            if len(pending) < 5:  # noqa: PLR2004 - u and four hexadecimal digits
                return
            sign = chr(int(pending[1:], 16)) if all(digit in "0123456789abcdefABCDEF" for digit in pending[1:]) else "?"
            self._escape = None
            self._emit("?" if "\ud800" <= sign <= "\udfff" else sign)
            return
        self._escape = None
        self._emit(_ESCAPES.get(sign, sign))

    def _emit(self, text: str) -> None:
        self._say(text)
