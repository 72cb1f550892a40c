"""What the site's tables must agree on by themselves: names, times, pairs of keys.

The tree itself (roots, rings, phases, failsafe sums) is judged by `localctl.charging`, which knows electricity.
"""

import re
from collections.abc import Iterator
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from localctl.config.crosscheck import Known, twice, warning
from localctl.config.hashes import fault_of_hash
from localctl.config.locate import Path
from localctl.config.model import Charging, Config, Panel, ScheduledLimit, Station
from localctl.config.problems import Finding, near, printable

DAY_S: Final = 86_400
UNSURE_PARTS: Final = 4
"""A lease is at least so many times as long as a schedule may be off: most of it is then really granted."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9*_=+|@.\-]{1,48}")


def check_site(config: Config, known: Known) -> Iterator[Finding]:
    """Everything about stations, panels, loads, limit sources and times."""
    yield from _names(config)
    yield from _references(config, known)
    for number, station in enumerate(config.station):
        yield from _station(("station", number), station, config)
    for number, panel in enumerate(config.panel):
        yield from _panel(("panel", number), panel)
    yield from _strangers(config, known)
    yield from _times(config)


def _names(config: Config) -> Iterator[Finding]:
    stations = [(("station", number, "identity"), station.identity) for number, station in enumerate(config.station)]
    yield from twice("station", [*stations])
    yield from twice("panel", [(("panel", number, "id"), panel.id) for number, panel in enumerate(config.panel)])
    yield from twice("load", [(("load", number, "name"), load.name) for number, load in enumerate(config.load)])
    sources = [(("limit_source", number, "name"), source.name) for number, source in enumerate(config.limit_source)]
    yield from twice("limit source", [*sources])


def _references(config: Config, known: Known) -> Iterator[Finding]:
    """Every place that names a panel or a CSMS that must exist."""
    named: list[tuple[Path, str]] = []
    named += [(("panel", n, "parent"), panel.parent) for n, panel in enumerate(config.panel) if panel.parent]
    named += [(("station", n, "panel"), station.panel) for n, station in enumerate(config.station) if station.panel]
    named += [(("load", n, "panel"), load.panel) for n, load in enumerate(config.load)]
    named += [(("defaults", "adopt_into"), config.defaults.adopt_into)] if config.defaults.adopt_into else []
    for n, source in enumerate(config.limit_source):
        named += [(("limit_source", n, "fallback_a", panel), panel) for panel in source.fallback_a]
    for path, name in named:
        if name not in known.panels:
            what, at_value = f'no panel "{printable(name)}"', path[-2] != "fallback_a"
            yield Finding(path=path, what=what, hint=_panels(name, known), at_value=at_value)
    for n, station in enumerate(config.station):
        path = ("station", n, "csms")
        if station.csms is not None and station.csms not in known.csms:
            hint = near(station.csms, known.csms) or f"there are: {', '.join(sorted(known.csms))}"
            yield Finding(path=path, what=f'no CSMS "{printable(station.csms)}"', hint=hint, at_value=True)
        elif station.csms is None and known.complete and config.csms_of(station.identity) is None:
            what = "no [[csms]] has a pattern for this identity"
            path = ("station", n, "identity")
            yield Finding(path=path, what=what, hint='add it to `identities`, or set csms = "…"', at_value=True)


def _panels(name: str, known: Known) -> str:
    if not known.panels:
        return "there is no [[panel]] in this file"
    return near(name, known.panels) or f"there are: {', '.join(sorted(known.panels)[:8])}"


def _station(here: Path, station: Station, config: Config) -> Iterator[Finding]:
    yield from _identity((*here, "identity"), station.identity, config.controller.strict_identities)
    yield from _credentials(here, station, config)
    if station.panel is not None and not station.evses:
        what, hint = "a station on a panel needs `evses`", "evses = [{ id = 1, phases = 3, max_a = 32 }]"
        yield Finding(path=here, what=what, hint=hint, absent=True)
    if station.panel is None and config.panel:
        what = "is on no panel: no fuse knows of its current"
        yield warning(here, what, "set panel = …", absent=True)
    for index, evse in enumerate(station.evses):
        if evse.current == "DC" and evse.max_w is None:
            yield warning((*here, "evses", index), "a DC EVSE should say its `max_w`", absent=True)
    settings = config.settings(station.identity)
    if settings.own_call_timeout_s > settings.call_timeout_s:
        what = f"own_call_timeout_s ({settings.own_call_timeout_s:g} s) is above call_timeout_s"
        yield warning((*here, "own_call_timeout_s"), what, "the CSMS would wait for the box (2.3.4b)")


def _identity(path: Path, identity: str, strict: bool) -> Iterator[Finding]:
    if _IDENTIFIER.fullmatch(identity):
        return
    what = "OCPP identities have up to 48 letters, digits and * - _ = + | @ ."
    if strict:
        yield Finding(path=path, what=what, hint="or set strict_identities = false", at_value=True)
    elif ":" in identity:
        hint = "a colon separates user and password in the station's log-in"
        yield warning(path, what, hint, at_value=True)


def _credentials(here: Path, station: Station, config: Config) -> Iterator[Finding]:
    upstream = station.upstream_password is not None or station.upstream_password_file is not None
    by_password = any(listen.security_profile in (1, 2) for listen in config.listen)
    local = config.settings(station.identity).verify == "local"
    has_own = station.password is not None or station.password_hash is not None or station.password_file is not None
    fault = fault_of_hash(station.password_hash) if station.password_hash is not None else ""
    if fault:
        yield Finding(path=(*here, "password_hash"), what=fault, at_value=True)
    if local and not has_own:
        what = 'verify = "local" needs `password_file`, `password_hash` or `password`'
        yield Finding(path=here, what=what, absent=True)
    elif upstream and by_password and not has_own:
        key = "upstream_password" if station.upstream_password_file is None else "upstream_password_file"
        what = "with a password of its own for the way up nobody but this box can check what the station sends"
        hint = "give the station `password_file`, `password_hash` or `password` too"
        yield Finding(path=(*here, key), what=what, hint=hint, at_value=False)
    if not local and not upstream and has_own and station.password_file is None:
        key = "password_hash" if station.password_hash is not None else "password"
        yield warning((*here, key), "is not used: the CSMS checks this station", 'set verify = "local"')


def _panel(here: Path, panel: Panel) -> Iterator[Finding]:
    if panel.limit_a is not None and all(limit > fuse for limit, fuse in zip(panel.limit_a, panel.fuse_a, strict=True)):
        yield warning((*here, "limit_a"), "is above the fuse and never binds", at_value=True, other=(*here, "fuse_a"))
    for index, entry in enumerate(panel.schedule):
        yield from _entry((*here, "schedule", index), entry)


def _entry(here: Path, entry: ScheduledLimit) -> Iterator[Finding]:
    if entry.limit_a is None and entry.limit_w is None:
        yield Finding(path=here, what="needs `limit_a` or `limit_w`", absent=True)
    if entry.start == "24:00":
        yield Finding(path=(*here, "start"), what='24:00 is an end; a day starts at "00:00"', at_value=True)
    if entry.start == entry.end:
        what = "starts and ends at the same time"
        hint = 'for the whole day write start = "00:00", end = "24:00"'
        yield Finding(path=(*here, "end"), what=what, hint=hint, at_value=True)


def _strangers(config: Config, known: Known) -> Iterator[Finding]:
    """Stations that are not in the file: nobody could connect, or somebody could draw unseen current."""
    path, way = ("defaults", "unknown_stations"), config.defaults.unknown_stations
    if way == "route" and config.panel:
        what = "stations that are not in this file draw current that no fuse knows of"
        yield warning(path, what, 'write "refuse" once all stations are listed', at_value=True)
    if way != "refuse" and config.defaults.verify == "local":
        what = 'nobody can check a station that is not in this file: verify is "local"'
        yield Finding(path=path, what=what, at_value=True, other=("defaults", "verify"))
    if way == "refuse" and not config.station and known.complete:
        what = "no [[station]] is listed and others are refused: no station can connect"
        yield warning(path, what, 'list them, or write unknown_stations = "route" into [defaults]', absent=True)
    yield from _adoption(path, config, known)


def _adoption(path: Path, config: Config, known: Known) -> Iterator[Finding]:
    """Adopted stations need a panel that keeps room for them, and somebody who limits them."""
    defaults = config.defaults
    if defaults.unknown_stations != "adopt":
        if defaults.adopt_into is not None:
            what, hint = "is not used: nobody is adopted", 'write unknown_stations = "adopt"'
            yield warning(("defaults", "adopt_into"), what, hint, other=path)
        return
    if defaults.adopt_into is None:
        panels = sorted(known.panels)
        hint = f'such as adopt_into = "{printable(panels[0])}"' if panels else _panels("", known)
        yield Finding(path=path, what="adopted stations need `adopt_into`, their panel", hint=hint, at_value=True)
    if defaults.control in {"observe", "uncontrolled"}:
        what = f'nobody holds adopted stations at adopt_current_a: control is "{defaults.control}"'
        yield warning(path, what, 'set control = "auto"', at_value=True, other=("defaults", "control"))


def _times(config: Config) -> Iterator[Finding]:
    zone = config.site.time_zone
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):  # what zoneinfo raises for odd names, folders and unknown names
        yield _no_zone(zone)
    yield from _leases(config.charging)


def _leases(charging: Charging) -> Iterator[Finding]:
    """A lease has to be long against what may be wrong in it, and to cost no more writes than a day has."""
    path = ("charging", "lease_s")
    unsure_s = charging.clock_skew_s + charging.reaction_s
    if charging.lease_s < UNSURE_PARTS * unsure_s:
        what = f"is too short for stations that may be {unsure_s:g} s off (clock_skew_s + reaction_s)"
        yield Finding(path=path, what=what, hint=f"at least {UNSURE_PARTS * unsure_s:g}", at_value=True)
    if charging.longest_lease_s < charging.lease_s:
        what = f"must be at least lease_s ({charging.lease_s:g} s)"
        yield Finding(path=("charging", "longest_lease_s"), what=what, at_value=True, other=path)
    renewals = DAY_S / (max(charging.longest_lease_s, charging.lease_s) * charging.renew_at)
    if renewals > charging.max_writes_per_day:
        enough_s = ceil(DAY_S / (charging.max_writes_per_day * charging.renew_at))
        what = f"a current that is held all day is renewed {renewals:.0f} times; later ones fall back to the failsafe"
        here, other = ("charging", "max_writes_per_day"), ("charging", "longest_lease_s")
        yield warning(here, what, f"longest_lease_s = {enough_s}", at_value=True, other=other)


def _no_zone(zone: str) -> Finding:
    hint = near(zone, available_timezones()) or 'such as "Europe/Berlin"'
    what = f'no time zone "{printable(zone)}"'
    return Finding(path=("site", "time_zone"), what=what, hint=hint, at_value=True)
