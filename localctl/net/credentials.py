"""Who may come in: OCPP's security profiles on the station's side (A00).

| profile | channel | the station proves itself by |
| ------- | ------- | ---------------------------- |
| 0       | any     | nothing; only where the listener says `allow_insecure` |
| 1       | plain   | user name and password (A00.FR.203) |
| 2       | TLS     | user name and password (A00.FR.302) |
| 3       | TLS     | client certificate (A00.FR.403-405) |

The user name must be the identity (A00.FR.204/303). The password is checked by the CSMS (it goes up as it came) or
here, against a scrypt hash. Passwords are bytes: 1.6 keys are often raw, sometimes hex text; both are compared.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

import trio

from localctl.net import tls
from localctl.net.settings import ListenerSettings, StationEdge

_COST, _BLOCK, _LANES = 4096, 8, 1
"""scrypt's n, r, p: 4 MB and about 12 ms. Station passwords are random and long, so this is plenty (A01.FR.08)."""
_MAX_COST: Final = 1 << 17
_KEY_BYTES: Final = 20
_REMEMBERED: Final = 4096
MOST_STATIONS: Final = 20_000
"""Stations whose profile or password is remembered unasked; a CSMS that takes any name must not fill the memory."""
_AT_ONCE: Final = 2
"""Hashes of one station's passwords that may be under way or wait."""
CHALLENGE: Final = ((b"WWW-Authenticate", b'Basic realm="OCPP", charset="UTF-8"'),)
_SOON: Final = ((b"Retry-After", b"2"),)


class Basic(NamedTuple):
    """Name and password of an Authorization header, as bytes."""

    user: bytes
    password: bytes

    def __repr__(self) -> str:
        return "Basic(…)"


class Denied(NamedTuple):
    """Why a station may not come in. `cause` is a word for metrics, `reason` a sentence for the log."""

    status: int
    cause: str
    reason: str

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """A 401 says how to do better (RFC 7617), a 503 when to ask again."""
        return {401: CHALLENGE, 503: _SOON}.get(self.status, ())


def read_basic(header: bytes | None) -> Basic | None:
    """The user and password of an Authorization header; None when there is none or it is not Basic.

    The password starts at the first colon and is not decoded: raw 1.6 keys are no text.
    """
    scheme, _, blob = (header or b"").strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(blob.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return Basic(user, password) if colon else None


def write_basic(user: str, password: bytes) -> bytes:
    """The Authorization header for a password of the installer's."""
    return b"Basic " + base64.b64encode(user.encode() + b":" + password)


def hash_password(password: bytes, *, salt: bytes | None = None) -> str:
    """`scrypt$n$r$p$salt$hash` for the configuration; salted at random, so twice the same gives two."""
    salt = salt or secrets.token_bytes(16)
    digest = hashlib.scrypt(password, salt=salt, n=_COST, r=_BLOCK, p=_LANES)
    return "$".join(("scrypt", str(_COST), str(_BLOCK), str(_LANES), _text(salt), _text(digest)))


def steady_hash(identity: str, password: bytes) -> str:
    """The hash of a password that stands in the file as such: the same in every run, so that a change is noticed."""
    return hash_password(password, salt=hashlib.blake2b(identity.casefold().encode(), digest_size=16).digest())


def _text(blob: bytes) -> str:
    return base64.b64encode(blob).decode()


def check_password(password: bytes, stored: str) -> bool:
    """Whether this password, or its raw or hex form, has this hash. Slow on purpose: run it in a thread.

    Raises ValueError for a hash that `hash_password` could not have made.
    """
    kind, cost, block, lanes, salt, digest = stored.split("$")
    if kind != "scrypt" or not 2 <= int(cost) <= _MAX_COST:
        raise ValueError("not a scrypt hash of reasonable cost")
    expected = base64.b64decode(digest)
    return any(
        hmac.compare_digest(
            expected,
            hashlib.scrypt(form, salt=base64.b64decode(salt), n=int(cost), r=int(block), p=int(lanes), maxmem=1 << 28),
        )
        for form in _forms(password)
    )


def _forms(password: bytes) -> list[bytes]:
    """A 1.6 AuthorizationKey is up to 40 hex characters to some and the up to 20 bytes they mean to others (10.23)."""
    forms = [password]
    with suppress(binascii.Error):
        forms.append(binascii.unhexlify(password))
    if len(password) <= _KEY_BYTES:
        forms += [password.hex().upper().encode(), password.hex().encode()]
    return [form for form in dict.fromkeys(forms) if form] or [password]


class Learnt(NamedTuple):
    """The hash of a password that the CSMS gave a station, and the configured hash that it took the place of.

    It counts as long as that one stands in the configuration: what the installer writes afterwards is newer.
    """

    stored: str
    instead_of: str | None


class Checks:
    """Hashes passwords in one thread, off the loop, and none twice: a station that keeps trying costs one hash.

    Somebody who tries ever new passwords fills only the few places of the station he pretends to be. Right and wrong
    ones are remembered apart, so that wrong ones never push out right ones; both memories hold keyed digests only.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, None] = OrderedDict()
        self._under_way: Counter[str] = Counter()
        self._limiter = trio.CapacityLimiter(1)

    async def verdict(self, who: str, password: bytes, stored: str) -> bool | None:
        """Whether this is the password; None when too many of this station are being checked already."""
        digest = hashlib.blake2b(stored.encode() + b"\0" + password, key=self._key, digest_size=32).digest()
        for memory, verdict in ((self._right, True), (self._wrong, False)):
            if digest in memory:
                memory.move_to_end(digest)
                return verdict
        if self._under_way[who] >= _AT_ONCE:
            return None
        right = await self._computed(who, password, stored)
        memory = self._right if right else self._wrong
        memory[digest] = None
        if len(memory) > _REMEMBERED:
            memory.popitem(last=False)
        return right

    async def _computed(self, who: str, password: bytes, stored: str) -> bool:
        self._under_way[who] += 1
        try:
            return await trio.to_thread.run_sync(check_password, password, stored, limiter=self._limiter)
        finally:
            self._under_way[who] -= 1
            if not self._under_way[who]:
                del self._under_way[who]

    async def hashed(self, password: bytes) -> str:
        """The hash of a new password."""
        return await trio.to_thread.run_sync(hash_password, password, limiter=self._limiter)


class Gatekeeper:
    """Says who may come in, and remembers: checked passwords, learnt passwords, the highest profile per station.

    `keep_profile` and `keep_password` are called with what must survive a restart.
    """

    def __init__(
        self,
        *,
        profiles: dict[str, int] | None = None,
        passwords: dict[str, Learnt] | None = None,
        keep_profile: Callable[[str, int], None] = lambda _identity, _profile: None,
        keep_password: Callable[[str, Learnt], None] = lambda _identity, _learnt: None,
    ) -> None:
        self._profiles = dict(profiles or {})
        self._passwords = dict(passwords or {})
        self._keep_profile = keep_profile
        self._keep_password = keep_password
        self._checks = Checks()
        self._being_learnt: dict[str, trio.Event] = {}

    async def check(
        self,
        listener: ListenerSettings,
        edge: StationEdge,
        identity: str,
        authorization: bytes | None,
        certificate: tls.PeerCertificate | None,
    ) -> Denied | None:
        """None when this station may come in; may wait for a password hash."""
        profile = listener.security_profile
        if profile < self._profiles.get(identity.casefold(), 0) and not edge.allow_downgrade:
            return Denied(403, "downgrade", f"security profile {profile} after a higher one (A05.FR.07)")
        if profile == 0:
            return None if listener.allow_insecure else Denied(403, "insecure", "security profile 0 not allowed here")
        if profile == 3:
            return self._check_certificate(listener, edge, identity, certificate)
        basic = read_basic(authorization)
        if basic is None:
            return Denied(401, "no_credentials", "no user name and password (A00.FR.203)")
        if basic.user.decode("utf-8", "surrogateescape").casefold() != identity.casefold():
            return Denied(401, "user_mismatch", "the user name is not the identity (A00.FR.204)")
        if edge.verify == "csms":
            return None
        return await self._check_here(edge, identity, basic.password)

    def _check_certificate(
        self, listener: ListenerSettings, edge: StationEdge, identity: str, certificate: tls.PeerCertificate | None
    ) -> Denied | None:
        if certificate is None:
            return Denied(403, "no_client_certificate", "no client certificate (A00.FR.402)")
        if tls.names_match(certificate, listener.certificate_rule, identity, edge.serial):
            return None
        return Denied(403, "certificate_mismatch", "the certificate bears another name (A00.FR.405)")

    async def _check_here(self, edge: StationEdge, identity: str, password: bytes) -> Denied | None:
        await self._settled(identity)
        stored = self._learnt(identity, edge) or edge.password_hash
        if stored is None:
            return Denied(401, "no_password_known", 'verify = "local", but no password is configured for this station')
        match await self._checks.verdict(identity.casefold(), password, stored):
            case True:
                return None
            case False:
                return Denied(401, "wrong_password", "wrong password (A00.FR.207)")
            case None:
                return Denied(503, "busy", "other passwords of this station are being checked")

    async def _settled(self, identity: str) -> None:
        """A station that has a new password uses it at once, maybe before its hash is there."""
        while (coming := self._being_learnt.get(identity.casefold())) is not None:
            await coming.wait()

    def _learnt(self, identity: str, edge: StationEdge) -> str | None:
        learnt = self._passwords.get(identity.casefold())
        return learnt.stored if learnt is not None and learnt.instead_of == edge.password_hash else None

    def was_given_another(self, identity: str, edge: StationEdge) -> bool:
        """True when the CSMS gave this station a password since the installer wrote one down for it (A01).

        The CSMS then knows no other: it is what goes up, also where the installer wrote one for the way up (4.1.7).
        """
        return self._learnt(identity, edge) is not None

    def came_in(self, identity: str, profile: int) -> None:
        """A station was let in by us and by its CSMS: from now on never with a lower profile (A05.FR.06/07).

        Not sooner, or a stranger on the TLS port could lock out a station that has no TLS.
        """
        key = identity.casefold()
        if profile > self._profiles.get(key, 0) and _has_room(self._profiles, key):
            self._profiles[key] = profile
            self._keep_profile(key, profile)

    async def vouches(
        self, listener: ListenerSettings, edge: StationEdge, identity: str, authorization: bytes | None
    ) -> bool:
        """Whether this box itself knows that a station it let in is who it says, so that no CSMS needs to be asked."""
        if not edge.carries:
            return False
        if listener.security_profile in (0, 3) or edge.verify == "local":
            return True
        basic, stored = read_basic(authorization), self._learnt(identity, edge)
        if basic is None or stored is None:
            return False
        return await self._checks.verdict(identity.casefold(), basic.password, stored) is True

    async def accepted(self, edge: StationEdge, identity: str, authorization: bytes | None) -> None:
        """The CSMS let this station in with these credentials: remember them (hashed), if they are news."""
        basic, stored = read_basic(authorization), self._learnt(identity, edge)
        if basic is None or not _has_room(self._passwords, identity.casefold()):
            return
        if stored is None or await self._checks.verdict(identity.casefold(), basic.password, stored) is False:
            await self.learn(edge, identity, basic.password)

    async def learn(self, edge: StationEdge, identity: str, password: bytes) -> None:
        """The CSMS gave the station a new password and it took it: the old one is over (A01.FR.03)."""
        key = identity.casefold()
        await self._settled(identity)
        self._being_learnt[key] = trio.Event()
        try:
            learnt = self._passwords[key] = Learnt(await self._checks.hashed(password), edge.password_hash)
        finally:
            self._being_learnt.pop(key).set()
        self._keep_password(key, learnt)


def _has_room(memory: dict[str, Any], key: str) -> bool:
    """Nobody known is forgotten for a newcomer: whoever invents names must not undo what is remembered of others."""
    return key in memory or len(memory) < MOST_STATIONS
