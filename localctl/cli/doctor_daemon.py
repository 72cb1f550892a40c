"""What `doctor` learns from the running localctl: its reasons, stations without CSMS, silent meters and EMSs."""

from collections.abc import Iterator

from localctl.charging.showing.picture_text import when
from localctl.cli.client import Json
from localctl.cli.findings import Finding, fault, good, warning

MOST_NAMED = 10


def reasons(state: Json) -> Iterator[Finding]:
    """Whatever the box itself says is wrong."""
    for reason in state.get("reasons", []):
        yield fault("localctl", str(reason), "its log says more: `journalctl -u localctl -p warning`")
    if not state.get("reasons"):
        yield good("localctl", f"runs, version {state.get('version')}, {state.get('state')}")


def stations(state: Json) -> Iterator[Finding]:
    """Stations that are here while their CSMS is not, and listed ones that have never come."""
    all_of_them = state.get("stations", [])
    lonely = [one["identity"] for one in all_of_them if one["connected"] and not one["upstream_connected"]]
    absent = [one["identity"] for one in all_of_them if not one["connected"]]
    if lonely:
        hint = "`localctl doctor --as STATION` asks the CSMS as one of them"
        yield fault("stations", f"here, but without their CSMS: {_names(lonely)}", hint)
    if absent:
        hint = "is the station on, and is this box the address in its menu?"
        yield warning("stations", f"not connected: {_names(absent)}", hint)
    if all_of_them and not lonely and not absent:
        yield good("stations", f"all {len(all_of_them)} are connected on both sides")


def inputs(state: Json) -> Iterator[Finding]:
    """Limits from outside and meters: who was heard, and who is silent so that a fallback counts."""
    site = state.get("charging") or {}
    for one in site.get("external", []):
        where = f"limit source {one['source']} for {one['node']}"
        if one["state"] == "live":
            yield good(where, f"heard at {when(one['heard_at'])}")
        else:
            hint = "does the EMS still send? `PUT /api/v1/limits` with the token; see its own log"
            yield fault(where, f"{one['state']}, last heard at {when(one['heard_at'])}: its fallback holds", hint)
    for load in site.get("loads", []):
        if not load["metered"]:
            continue
        where = f"meter of load {load['name']}"
        if load["known"] != "meter":
            hint = "does it still send `PUT /api/v1/loads`? its `current_a` counts until it does"
            yield fault(where, f"silent, last read at {when(load['read_at'])}", hint)
        else:
            yield good(where, f"read at {when(load['read_at'])}")


def _names(identities: list[str]) -> str:
    more = len(identities) - MOST_NAMED
    return ", ".join(identities[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
