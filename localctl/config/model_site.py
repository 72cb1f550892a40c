"""The tables about electricity: `[site]`, `[[panel]]`, `[[load]]`, `[[limit_source]]`, `[charging]`.

A file without any `[[panel]]` is a router and nothing else. All currents are amperes per phase.
"""

from typing import Annotated, Literal

from localctl.config.tables import Amps, AsTuple, ClockTime, Name, PerPhase, Table, Text, Watts, key

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PanelPhases = Literal["RST", "RS", "ST", "RT", "R", "S", "T"]


class Site(Table):
    """The site as a whole. The whole table may be left out."""

    nominal_voltage_v: float = key(230.0, unit="V", reload="live", ge=100, le=300)
    """Voltage between line and neutral, for turning watts into amperes."""
    time_zone: Text = key("UTC", reload="live")
    """Time zone of all times of day in this file, such as `Europe/Berlin`."""


class ScheduledLimit(Table):
    """A limit that holds at certain hours, in the site's time zone."""

    start: ClockTime = key(reload="live")
    """From this time of day on."""
    end: ClockTime = key(reload="live")
    """Until this time of day; earlier than `start` means over midnight."""
    days: Annotated[tuple[Weekday, ...], AsTuple] = key(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), reload="live", min_length=1
    )
    """Days on which it starts."""
    limit_a: PerPhase | None = key(None, unit="A", reload="live")
    """Amperes, one number or three."""
    limit_w: Watts | None = key(None, unit="W", reload="live")
    """Watts over all phases, instead of or beside `limit_a`."""


class Panel(Table):
    """A distribution panel. Exactly one has no parent: the one behind the main fuse."""

    id: Name = key(reload="live")
    """Short name, used by `parent`, by stations, metrics and the API."""
    parent: Name | None = key(None, reload="live")
    """Panel that feeds this one."""
    phases: PanelPhases = key("RST", reload="live")
    """Site phases that reach this panel."""
    fuse_a: PerPhase = key(unit="A", reload="live")
    """Rating of the fuse in front of the panel: one number, or three for R, S, T."""
    reserve_a: Amps = key(0.0, unit="A", reload="live")
    """Kept free on each phase for everything that is neither a station nor a `[[load]]`, and as safety margin."""
    imbalance_limit_a: Amps | None = key(None, unit="A", reload="live")
    """Largest difference between two phases caused by charging (20 A in Germany, VDE-AR-N 4100)."""
    imbalance: Literal["corrective", "strict", "report"] = key("corrective", reload="live")
    """How `imbalance_limit_a` is kept: trimmed after sharing out, `strict`ly at every moment, or only `report`ed."""
    transformer_ratio: float | None = key(None, reload="live", gt=0, le=1000)
    """Only behind a delta-wye transformer: primary over secondary line voltage. `fuse_a` is the secondary's."""
    limit_a: PerPhase | None = key(None, unit="A", reload="live")
    """Fixed limit below the fuse, such as a contract."""
    limit_w: Watts | None = key(None, unit="W", reload="live")
    """Fixed limit over all phases in watts."""
    schedule: Annotated[tuple[ScheduledLimit, ...], AsTuple] = key((), reload="live", max_length=100)
    """Limits that hold at certain hours."""


class Load(Table):
    """Something else behind the fuses: a kitchen, a heat pump, the offices."""

    name: Name = key(reload="live")
    """Short name."""
    panel: Name = key(reload="live")
    """Panel that feeds it."""
    kind: Literal["reserved", "metered"] = key("reserved", reload="live")
    """`reserved`: `current_a` is always kept free. `metered`: what the meter says; `current_a` when it is silent."""
    current_a: PerPhase = key(unit="A", reload="live")
    """Amperes kept free: one number, or three for R, S, T."""
    stale_after_s: float = key(60.0, unit="s", reload="live", gt=0, le=86_400)
    """A metered value older than this does not count any more."""


class LimitSource(Table):
    """Somebody outside who may limit the site: an EMS, a grid operator."""

    name: Name = key(reload="live")
    """Short name, given with every limit it sends."""
    kind: Literal["EMS", "SO", "Other"] = key("EMS", reload="live")
    """Energy management system, system operator (grid), or something else; OCPP's ChargingLimitSource."""
    stale_after_s: float = key(900.0, unit="s", reload="live", gt=0, le=604_800)
    """Without news for this long, its `fallback_a` holds."""
    require_expiry: bool = key(True, reload="live")
    """A limit must say until when it holds; `false` also takes open-ended ones."""
    fallback_a: dict[Name, PerPhase] = key(default_factory=dict, unit="A", reload="live")
    """Limit per panel while this source is silent, for example `{ main = 40 }`. Left out: no limit."""


class Charging(Table):
    """How quickly and how often currents change. The whole table may be left out."""

    lease_s: float = key(300.0, unit="s", reload="live", ge=60, le=86_400)
    """A granted current falls back to the failsafe after this long unless renewed."""
    longest_lease_s: float = key(300.0, unit="s", reload="live", ge=60, le=86_400)
    """A current that does not change is renewed for longer and longer, up to this: fewer messages, slower fall-back."""
    renew_at: float = key(0.5, reload="live", ge=0.1, le=0.9)
    """Part of a lease after which it is renewed; the rest is for further attempts."""
    clock_skew_s: float = key(30.0, unit="s", reload="live", ge=0, le=300)
    """Stations whose clock differs from ours by up to this get schedules in absolute time."""
    dead_band_a: Amps = key(1.0, unit="A", reload="live")
    """Smaller raises are not worth a message. Cuts are always sent."""
    min_gap_s: float = key(10.0, unit="s", reload="live", ge=0, le=3600)
    """Time between two raises of the same EVSE. Cuts never wait."""
    retry_s: float = key(5.0, unit="s", reload="live", gt=0, le=600)
    """First wait before a limit that was refused or got lost is sent again; it doubles."""
    reaction_s: float = key(5.0, unit="s", reload="live", gt=0, le=600)
    """How long a station may take to follow a limit it has accepted."""
    min_on_s: float = key(900.0, unit="s", reload="live", ge=0, le=86_400)
    """When not all cars can charge, one that has its turn keeps it this long."""
    min_off_s: float = key(300.0, unit="s", reload="live", ge=0, le=86_400)
    """A paused car is not started again sooner than this."""
    phases: Literal["measured", "wired"] = key("measured", reload="live")
    """What a car counts on: the phases its meter shows (all of them while that is not certain), or always every phase
    its EVSE is wired to, which wastes current but does not even need the moment in which cars follow a new limit."""
    departures: Literal["ignored", "binding"] = key("ignored", reload="live")
    """`binding`: cars leave when they said (ISO 15118), so those that still need much until then get more of what their
    class shares, up to three times the weight. Only for places where that is true, as in a depot."""
    max_writes_per_day: int = key(2000, reload="live", ge=10, le=100_000)
    """Lasting profiles written to one station in a day (they wear its flash memory); cuts are never held back."""
