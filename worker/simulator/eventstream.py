"""Frames of the AWS event stream: length, length of headers, CRC, headers, payload, CRC."""

from __future__ import annotations

import struct
from zlib import crc32

_STRING_HEADER = 7
_FIXED_BYTES = 16


def _header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    return (
        bytes((len(name_bytes),))
        + name_bytes
        + bytes((_STRING_HEADER,))
        + struct.pack(">H", len(value_bytes))
        + value_bytes
    )


def _frame(headers: bytes, payload: bytes) -> bytes:
    prelude = struct.pack(">II", _FIXED_BYTES + len(headers) + len(payload), len(headers))
    start = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return start + struct.pack(">I", crc32(start))


def event_frame(event_type: str, payload: bytes) -> bytes:
    """Frame one event of a stream."""
    headers = (
        _header(":event-type", event_type)
        + _header(":content-type", "application/json")
        + _header(":message-type", "event")
    )
    return _frame(headers, payload)


def exception_frame(exception_type: str, payload: bytes) -> bytes:
    """Frame an error that ends a stream after its HTTP 200."""
    headers = (
        _header(":exception-type", exception_type)
        + _header(":content-type", "application/json")
        + _header(":message-type", "exception")
    )
    return _frame(headers, payload)
