"""The few parts of the protobuf wire format that a trace needs: numbers, bytes and texts in numbered fields.

Written here because it is a dozen lines, while the published runtime pins generated code to its own version and would
have to agree with whatever other tools of a firmware project (which often bring protobuf themselves) need. Tests read
the result back with the published package.
Source: Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

VARINT, LENGTH = 0, 2
"""Wire types."""


def varint(value: int) -> bytes:
    """A number, seven bits at a time, the lowest first; negative ones as 64-bit two's complement."""
    value &= (1 << 64) - 1
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def number(field: int, value: int) -> bytes:
    """A numeric field, also for enums and truth values."""
    return varint(field << 3 | VARINT) + varint(value)


def message(field: int, *parts: bytes) -> bytes:
    """A field that holds another message, given in parts."""
    body = b"".join(parts)
    return varint(field << 3 | LENGTH) + varint(len(body)) + body


def text(field: int, value: str) -> bytes:
    """A field that holds a text."""
    return message(field, value.encode())
