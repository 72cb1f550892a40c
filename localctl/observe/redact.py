"""What must never be printed: card tokens, passwords, authorization headers, private keys (P7).

Secrets in the configuration are a type that does not print itself. This module is the second line: every log event
passes `redact_event`, and a frame shown at debug level passes `redact_frame`. Redaction goes by the name of a field
and, for values that carry their own mark, by their look; JSON inside a text (DataTransfer) is opened too. A frame that
cannot be read is not shown at all.
"""

import json
import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache

HIDDEN = "[hidden]"
MAX_DEPTH = 24
ERRORS, ERROR_TEXT = (4, 5), 3
"""CALLERROR and CALLRESULTERROR, and where their description stands."""

_SECRET_NAMES = re.compile(
    r"id_?token|id_?tag|emaid|authorization(?!_?status)|cookie|password|passwd|passphrase|secret|private|credential"
    r"|sim_?pin|(api|master|session|shared|psk|tls|ssl|hmac|encryption)_?key",
    re.IGNORECASE,
)
_SECRET_VARIABLES = re.compile(r"password|authorizationkey|secret|private|passphrase|token|idtag", re.IGNORECASE)
_VALUES_OF_VARIABLES = frozenset({"attributeValue", "value", "actualValue", "variableAttribute"})
_HARMLESS = frozenset({int, float, bool, type(None)})
_SECRET_LOOKS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{4,}"
    r"|(?<=://)[^\s\"']+(?=@)"
    r"|(?<=[?&])[\w.-]*(?:token|sig|signature|key|passw|password|secret|credential)[\w.-]*=[^&\s\"']+",
    re.DOTALL | re.IGNORECASE,
)


def redact_event(_logger: object, _method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A structlog processor: hide what must not be printed in any field of a log event."""
    for name, fact in event.items():
        kind = type(fact)
        if _hides(name):
            event[name] = HIDDEN
        elif kind is str:
            event[name] = _redact_text(fact, 0)  # type: ignore[arg-type]  # it is one
        elif kind not in _HARMLESS:
            event[name] = redact(fact)
    return event


@lru_cache(maxsize=512)
def _hides(name: str) -> bool:
    """Whether a field of this name is secret. For names that are ours: a peer's names would fill the memory."""
    return _SECRET_NAMES.search(name) is not None


def redact(fact: object, *, name: str = "", depth: int = 0) -> object:
    """The same fact without its secrets. `name` is the field it was found in."""
    if name and _SECRET_NAMES.search(name):
        return HIDDEN
    match fact:
        case str():
            return _redact_text(fact, depth)
        case bytes() | bytearray():
            return _redact_text(bytes(fact).decode("utf-8", "replace"), depth)
        case Mapping() | list() | tuple() if depth >= MAX_DEPTH:
            return HIDDEN
        case Mapping():
            return _redact_object(fact, depth)
        case list() | tuple():
            return [redact(item, depth=depth + 1) for item in fact]
        case _:
            return fact


def redact_frame(text: str | bytes) -> str:
    """An OCPP-J frame fit for a debug log. What is not JSON is told by its length only."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return f"[unreadable, {len(text)} long]"
    if isinstance(frame, list) and len(frame) > ERROR_TEXT and frame[0] in ERRORS:
        # Free text: what a CSMS tells about a card it does not know often has the card's number in it.
        frame[ERROR_TEXT] = f"[{len(str(frame[ERROR_TEXT]))} characters]"
    return json.dumps(redact(frame), separators=(",", ":"))


def _redact_text(text: str, depth: int) -> str:
    if text[:1] in ("{", "["):
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            return _SECRET_LOOKS.sub(HIDDEN, text)
        return json.dumps(redact(inner, depth=depth + 1), separators=(",", ":"))
    return _SECRET_LOOKS.sub(HIDDEN, text)


def _redact_object(fact: Mapping[str, object], depth: int) -> dict[str, object]:
    hidden = _names_to_hide(fact)
    return {
        str(key): HIDDEN if key in hidden else redact(item, name=str(key), depth=depth + 1)
        for key, item in fact.items()
    }


def _names_to_hide(fact: Mapping[str, object]) -> frozenset[str]:
    """Names that are secret only in this company: values of secret variables, the shared key of a VPN."""
    if "password" in fact:
        return frozenset({"key"})
    variable = fact.get("variable")
    names = (fact.get("key"), variable.get("name") if isinstance(variable, Mapping) else variable)
    if any(isinstance(name, str) and _SECRET_VARIABLES.search(name) for name in names):
        return _VALUES_OF_VARIABLES
    return frozenset()
