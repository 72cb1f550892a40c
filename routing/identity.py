"""From the raw request target of an upgrade to the station's identity.

The target is replayed upward as received, so nothing is normalised here: only its last non-empty segment is decoded,
once, to look the station up. Everything that could mean two things to two readers of the same path is turned away with
404 (Part 4 3.3): dot segments, encoded slashes, control characters, broken percent signs, bytes that are not UTF-8.

By default any printable identity is let in, because installed stations carry spaces, bars and umlauts; `strict` holds
them to `identifierString` (1.1.2: letters, digits, `* - _ = + | @ .`, at most 48). A colon separates user from
password in Basic authentication and a slash separates segments, so both need the installer's explicit word.
"""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from routing.policy import Refused

MAX_TARGET_CHARS = 1024
MAX_STRICT_CHARS, MAX_CHARS = 48, 255
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_STRICT = re.compile(r"[A-Za-z0-9*\-_=+|@.]+")
_ALLOWED_BY_NAME = "/\\:"


class Target(NamedTuple):
    """Who asks, and the same as it stands on the wire (still percent-encoded)."""

    identity: str
    raw_segment: str


def _nobody(identity: str) -> bool:
    return False


def read_target(
    raw_target: str, base_path: str = "/", *, strict: bool = False, named: Callable[[str], bool] = _nobody
) -> Target | Refused:
    """The identity a request target names, or the refusal it deserves (Part 4 3.1, 3.3).

    `base_path` must be how the path starts; what stands between it and the identity is the CSMS's business. `named`
    says whether the installer wrote down exactly this identity: then `/`, `\\` and `:` in it are accepted.
    """
    if len(raw_target) > MAX_TARGET_CHARS:
        return _refused("request target longer than 1024 characters")
    if not raw_target.isascii() or not raw_target.isprintable() or " " in raw_target or "#" in raw_target:
        return _refused("request target with characters that must be percent-encoded")
    path = _ORIGIN.sub("", raw_target, count=1) if _ORIGIN.match(raw_target) else raw_target
    raw_segments = [segment for segment in path.partition("?")[0].split("/") if segment]
    segments = [_decoded(segment) for segment in raw_segments]
    if None in segments:
        return _refused("request target with a broken percent-encoding or bytes that are not UTF-8")
    if any(segment.partition(";")[0] in (".", "..") for segment in segments if segment is not None):
        return _refused("request target with dot segments")
    base = [segment for segment in base_path.split("/") if segment]
    if segments[: len(base)] != base:
        return _refused(f"request target outside {base_path}")
    identity = segments[-1] if len(segments) > len(base) else None
    if identity is None:
        return _refused("request target without an identity")
    return _checked(identity, raw_segments[-1], strict=strict, named=named)


def _checked(identity: str, raw: str, *, strict: bool, named: Callable[[str], bool]) -> Target | Refused:
    if not identity.isprintable():
        return _refused("identity with control or invisible characters")
    if len(identity) > (MAX_STRICT_CHARS if strict else MAX_CHARS):
        return _refused("identity too long")
    if named(identity):
        return Target(identity, raw)
    if strict and _STRICT.fullmatch(identity) is None:
        return _refused("identity with characters outside identifierString")
    if any(character in identity for character in _ALLOWED_BY_NAME):
        return _refused("identity with a slash, backslash or colon, and no station of that name is configured")
    return Target(identity, raw)


def _decoded(segment: str) -> str | None:
    """Percent-decoded exactly once; None when that is not possible without guessing."""
    if _BAD_PERCENT.search(segment):
        return None
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _refused(reason: str) -> Refused:
    return Refused(status=404, reason=reason)
