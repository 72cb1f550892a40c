"""The form of password hashes in the file: `scrypt$n$r$p$salt$hash`, salt and hash in base64 (OCPP A01.FR.08).

The bounds keep a mistyped cost from taking the box's memory at the first log-in.
"""

import base64
import binascii
from typing import Final

_MAX_MEMORY_BYTES: Final = 128 * 1024 * 1024


def fault_of_hash(text: str) -> str:
    """Why this is no usable hash, without showing it; nothing when it is one."""
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return "is not of the form scrypt$n$r$p$salt$hash"
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts[1:4]):
        return "n, r and p must be whole numbers"
    return _fault_of_cost(*(int(part) for part in parts[1:4])) or _fault_of_digest(*parts[4:])


def _fault_of_cost(n: int, r: int, p: int) -> str:
    if n < 2 or n & (n - 1) or r < 1 or p < 1:
        return "n must be a power of two, r and p at least 1"
    if 128 * n * r > _MAX_MEMORY_BYTES or p > 16:
        return "the cost is too high for this box (128 * n * r up to 128 MiB, p up to 16)"
    return ""


def _fault_of_digest(salt: str, digest: str) -> str:
    try:
        sizes = [len(base64.b64decode(part, validate=True)) for part in (salt, digest)]
    except binascii.Error:
        return "salt and hash must be base64"
    return "" if sizes[0] >= 8 and 16 <= sizes[1] <= 64 else "needs a salt of 8 bytes or more and a hash of 16 to 64"
