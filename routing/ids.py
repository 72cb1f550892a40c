"""Ids of the box's own CALLs: shaped like UUIDs, and recognised for ever.

An answer to an own CALL must never reach the CSMS (Part 4 6.4), also when it comes after a restart or years late. So an
id is not remembered but proves itself: half of it is a number that never repeats, half is a keyed hash of that number.
The 36 characters an id may have are just a UUID; version 8 (RFC 9562) is the one whose bits are free.
"""

import re
from collections.abc import Callable
from hashlib import blake2b

_SHAPE = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})", re.IGNORECASE)
_NUMBER_BITS = 60
_TAG_MASK = (1 << 62) - 1
_VARIANT = 1 << 63


class OwnIds:
    """Makes ids and knows its own again, also those of earlier runs with the same key.

    The number starts at a random place of 2**60 in every run, so runs do not repeat each other's ids (Part 4 4.1.4).
    """

    def __init__(self, key: bytes, uniform: Callable[[], float]) -> None:
        self._key = key[:64]
        self._number = int(uniform() * 2**30) << 30 | int(uniform() * 2**30)

    def new(self) -> str:
        """The next id: 36 characters, lower case."""
        self._number = (self._number + 1) % (1 << _NUMBER_BITS)
        number, tag = f"{self._number:015x}", f"{_VARIANT | self._tag(self._number):016x}"
        return f"{number[:8]}-{number[8:12]}-8{number[12:]}-{tag[:4]}-{tag[4:]}"

    def made(self, message_id: str) -> bool:
        """True for ids of this key's runs, in either case; a stranger's id passes by chance once in 2**62."""
        shape = _SHAPE.fullmatch(message_id)
        if shape is None:
            return False
        number, tag = int(shape[1] + shape[2] + shape[3], 16), int(shape[4] + shape[5], 16)
        return tag == _VARIANT | self._tag(number)

    def _tag(self, number: int) -> int:
        digest = blake2b(number.to_bytes(8, "big"), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") & _TAG_MASK
