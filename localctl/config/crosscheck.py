"""What one key cannot know of another: names that must exist, pairs that must agree, things that may be there once.

These functions are pure and take a configuration whose single values are all sound; what is about connections is here,
what is about the site in `crosscheck_site`. `Known` holds the names as written, also of tables that were left aside for
a mistake of their own, so that one slip does not cause ten messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from localctl.config.locate import Path
from localctl.config.model import Config, Csms, Listen
from localctl.config.problems import Finding, Severity, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names that the file gives to panels and CSMSs, and whether all stations could be read."""

    panels: frozenset[str]
    csms: frozenset[str]
    complete: bool = True


def warning(
    path: Path, what: str, hint: str = "", *, at_value: bool = False, other: Path | None = None, absent: bool = False
) -> Finding:
    """A finding that does not keep the service from starting."""
    return Finding(
        path=path, what=what, hint=hint, severity=Severity.WARNING, at_value=at_value, other=other, absent=absent
    )


def twice(kind: str, names: list[tuple[Path, str]]) -> Iterator[Finding]:
    """A finding for each name that was there before, upper and lower case alike."""
    first: dict[str, Path] = {}
    for path, name in names:
        before = first.setdefault(name.casefold(), path)
        if before != path:
            what = f'{kind} "{printable(name)}" is there already'
            hint = "keep one table for it, or give each its own name"
            yield Finding(path=path, what=what, hint=hint, at_value=True, other=before)


def check_connections(config: Config, known: Known) -> Iterator[Finding]:
    """Everything about listeners, CSMSs and the box's own port."""
    yield from _ports(config)
    for number, listen in enumerate(config.listen):
        yield from _listen(("listen", number), listen)
    for number, csms in enumerate(config.csms):
        yield from _address(("csms", number), csms)
        yield from _profile(("csms", number), csms)
    yield from twice("CSMS", [(("csms", number, "name"), csms.name) for number, csms in enumerate(config.csms)])
    yield from _shadowed(config)
    yield from _unchecked(config)
    yield from _close_codes(config)
    if config.http.token is not None and len(config.http.token.reveal()) < 16:
        yield warning(("http", "token"), "is shorter than 16 characters", "make one with `openssl rand -hex 24`")


def _ports(config: Config) -> Iterator[Finding]:
    taken: list[tuple[Path, str, int]] = []
    places = [(("listen", number), listen.address, listen.port) for number, listen in enumerate(config.listen)]
    for path, address, port in [*places, (("http",), config.http.address, config.http.port)]:
        for before, other, number in taken:
            if port == number and (other == address or {other, address} & {"0.0.0.0", "::"}):
                what = f"port {port} is in use already"
                yield Finding(path=(*path, "port"), what=what, at_value=True, other=(*before, "port"))
                break
        taken.append((path, address, port))


def _listen(here: Path, listen: Listen) -> Iterator[Finding]:
    profile = listen.security_profile
    if profile == 0:
        yield _open_door((*here, "security_profile"), listen.allow_insecure)
    if not listen.certificates and (profile == 3 or (profile == 2 and not listen.trusted_proxies)):
        what = f"security profile {profile} needs `certificates`"
        yield Finding(path=here, what=what, hint='certificates = [{ cert_file = "…", key_file = "…" }]', absent=True)
    if profile < 2 and listen.certificates:
        yield warning((*here, "certificates"), f"is not used: security profile {profile} is without TLS")
    if profile == 3 and listen.client_ca_file is None:
        what = "security profile 3 needs `client_ca_file`"
        yield Finding(path=here, what=what, hint="the authority that signs the stations' certificates", absent=True)
    if profile != 3 and listen.client_ca_file is not None:
        yield warning((*here, "client_ca_file"), f"is not used: security profile {profile} asks for no certificate")


def _open_door(path: Path, allowed: bool) -> Finding:
    if allowed:
        return warning(path, "security profile 0: anybody may pretend to be any station", "for the lab only")
    hint = "use 1, 2 or 3; for the lab also set allow_insecure = true"
    return Finding(path=path, what="security profile 0 is no OCPP security at all", hint=hint, at_value=True)


def _address(here: Path, csms: Csms) -> Iterator[Finding]:
    path = (*here, "url")
    try:
        url = urlsplit(csms.url)
        host, _ = url.hostname, url.port
    except ValueError:
        yield Finding(path=path, what="is no address", hint='such as "wss://csms.example/ocpp"', at_value=True)
        return
    if url.scheme not in {"ws", "wss"}:
        swap = {"http": "ws", "https": "wss"}.get(url.scheme)
        hint = f"write {swap}:// instead of {url.scheme}://" if swap else 'such as "wss://csms.example/ocpp"'
        yield Finding(path=path, what="needs an address that starts with ws:// or wss://", hint=hint, at_value=True)
    elif not host or any(character.isspace() for character in csms.url):
        yield Finding(path=path, what="has no host name", hint='such as "wss://csms.example/ocpp"', at_value=True)
    if url.username is not None:
        hint = "the station's own password is passed on, or see `upstream_password`"
        yield Finding(path=path, what="may not hold a user or password", hint=hint, at_value=True)
    if url.query or url.fragment:
        yield Finding(path=path, what="may not have a part after ? or #", at_value=True)


def _profile(here: Path, csms: Csms) -> Iterator[Finding]:
    secure, profile = csms.url.startswith("wss:"), csms.security_profile
    if (csms.client_cert_file is None) != (csms.client_key_file is None):
        what = "`client_cert_file` and `client_key_file` belong together"
        yield Finding(path=here, what=what, absent=True)
    if profile is not None and profile >= 2 and not secure:
        what = f"security profile {profile} needs TLS, but the address starts with ws://"
        yield Finding(path=(*here, "security_profile"), what=what, at_value=True, other=(*here, "url"))
    if profile == 1 and secure:
        what = "security profile 1 is without TLS, but the address starts with wss://"
        hint = "write 2, or leave it out"
        yield Finding(path=(*here, "security_profile"), what=what, hint=hint, at_value=True, other=(*here, "url"))
    if profile == 3 and csms.client_cert_file is None:
        yield Finding(path=here, what="security profile 3 needs `client_cert_file`", absent=True)
    if profile == 0:
        yield _open_door((*here, "security_profile"), csms.allow_insecure)
    if not secure and csms.ca_file is not None:
        yield warning((*here, "ca_file"), "is not used: the address starts with ws://")


def _unchecked(config: Config) -> Iterator[Finding]:
    """A CSMS that knows the box by its certificate (4.1.5) need not look at what the stations send (A00.FR.403)."""
    if not any(listen.security_profile in (1, 2) for listen in config.listen):
        return
    strangers = config.defaults.unknown_stations != "refuse" and config.defaults.verify == "csms"
    for number, csms in enumerate(config.csms):
        listed = (station for station in config.station if config.csms_of(station.identity) is csms)
        left_to_it = any(config.settings(station.identity).verify == "csms" for station in listed)
        if csms.client_cert_file and csms.client_key_file and (left_to_it or strangers):
            what = "with a client certificate this CSMS may not look at the stations' passwords, and nobody else does"
            hint = 'ask its operator, or let this box check them: verify = "local"'
            yield warning(("csms", number, "client_cert_file"), what, hint)


def _close_codes(config: Config) -> Iterator[Finding]:
    """Some WebSocket codes only exist inside programs, or belong to nobody yet (RFC 6455 7.4)."""
    tables = [(("station", number), station) for number, station in enumerate(config.station)]
    for here, settings in [(("defaults",), config.defaults), *tables]:
        code = settings.close_code
        if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or code >= 3000):
            what = f"{code} is no code that may be sent"
            hint = "1000 to 1003, 1007 to 1014, or 3000 and up"
            yield Finding(path=(*here, "close_code"), what=what, hint=hint, at_value=True)


def _shadowed(config: Config) -> Iterator[Finding]:
    """A pattern that an earlier CSMS has already taken: a station would never reach this one by it.

    A CSMS that stations name and that has no patterns of its own needs none.
    """
    named = {station.csms for station in config.station}
    earlier: list[tuple[Path, str]] = []
    for number, csms in enumerate(config.csms):
        needs_none = csms.name in named and "identities" not in csms.model_fields_set
        mine: list[tuple[Path, str]] = []
        for index, pattern in enumerate(csms.identities):
            path = ("csms", number, "identities", index)
            before = next((where for where, taker in earlier if _covers(taker, pattern)), None)
            if before is not None and not needs_none:
                what = f'no station gets here by this pattern: an earlier CSMS already takes "{printable(pattern)}"'
                hint = 'put the narrower patterns first, or let stations name it: csms = "…"'
                yield warning(path, what, hint, at_value=True, other=before)
            mine.append((path, pattern))
        earlier += mine


def _covers(wide: str, narrow: str) -> bool:
    """Whether everything that `narrow` matches is surely matched by `wide`; character classes are not compared."""
    wide, narrow = wide.casefold(), narrow.casefold()
    if wide == narrow:
        return True
    if "[" in narrow or "[" in wide:
        return wide == "*"
    return "?" not in wide and fnmatchcase(narrow, wide)
