"""The tables about stations: `[defaults]`, `[[station]]` and its EVSEs.

Everything in `StationSettings` may stand in `[defaults]` and again in a `[[station]]`, where it wins. Each key there
answers something that real stations get wrong; the defaults suit a station that behaves.
"""

from typing import Annotated, Literal

from pydantic import Field

from localctl.config.secrets import Secret
from localctl.config.tables import Amps, AsTuple, Conductors, File, Name, Table, Text, Watts, key

Subprotocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
PhaseRotation = Literal["RST", "RTS", "SRT", "STR", "TRS", "TSR", "R", "S", "T", "unknown"]
ControlMode = Literal["auto", "max_profile", "tx_default", "tx_profile", "dynamic", "observe", "uncontrolled"]
Identity = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]


class StationSettings(Table):
    """How a station is treated; in `[defaults]` for all, in `[[station]]` for one."""

    subprotocol: Subprotocol | None = key(None)
    """Pin: of the versions the station offers only this one goes up to the CSMS."""
    assume_subprotocol: Subprotocol | None = key(None)
    """Version for a station that offers none at all (Grizzl-E does). Left out: its CSMS decides whether to take it."""
    no_common_subprotocol: Literal["refuse", "close"] = key("refuse")
    """No version in common: `refuse` the upgrade with 400 (certification), or upgrade and `close` (OCPP Part 4)."""
    handshake: Literal["mirror", "early"] = key("mirror")
    """`mirror`: the station waits until the CSMS has answered. `early`: accept first, dial the CSMS on the first frame
    (for stations that open short probe connections)."""
    probe_grace_s: float = key(2.0, unit="s", gt=0, le=60)
    """With `early`: the CSMS is dialled after this long even without a frame."""
    preferred: Annotated[tuple[Subprotocol, ...], AsTuple] = key(("ocpp2.0.1", "ocpp2.1", "ocpp1.6"), min_length=1)
    """With `early`: which of the offered versions is taken, best first."""
    close_style: Literal["close", "drop", "refuse"] = key("close")
    """How the station is let go: with a `close` frame, or by a `drop`ped TCP connection, for those that never come back
    after a close frame. `refuse` drops too, and answers 503 at once while the CSMS is away, instead of holding the
    upgrade for `hold_s`: a refused handshake is what most stations repeat soonest."""
    close_code: int = key(1001, ge=1000, le=4999)
    """WebSocket close code that tells the station that its CSMS is away."""
    outage: Literal["close", "carry"] = key("close")
    """CSMS away: `close` the station's connection, so that it keeps its messages itself (OCPP Part 4, 6.3), or `carry`
    on: the box answers in the CSMS's place, keeps on disk what the CSMS must hear, and forwards it later. See
    `[outage]`."""
    outage_grace_s: float = key(0.0, unit="s", ge=0, le=60)
    """So long a CSMS may be away before the station notices anything; what it says waits. Not above its MessageTimeout.
    For a CSMS connection that flaps."""
    call_timeout_s: float = key(30.0, unit="s", gt=0, le=600)
    """A CALL without an answer frees its slot after this long. Not above the station's own MessageTimeout."""
    own_call_timeout_s: float = key(15.0, unit="s", gt=0, le=600)
    """The same for the box's own CALLs; shorter, so that a CALL of the CSMS behind one is not late."""
    max_call_timeouts: int = key(5, ge=0, le=1000)
    """So many CALLs in a row without an answer, and the half-dead connection is closed; 0: never."""
    max_waiting: int = key(64, ge=1, le=10_000)
    """CALLs that may wait in each direction before the sender is slowed down."""
    compression: bool = key(True)
    """Accept permessage-deflate (RFC 7692) when the station offers it."""
    max_message_bytes: int = key(1_048_576, unit="B", ge=4096, le=67_108_864)
    """Longest message, after decompression. Longer ones close the connection."""
    ping_s: float = key(120.0, unit="s", ge=0, le=86_400)
    """A ping goes down after this long without a frame from the station; 0 sends none."""
    pong_timeout_s: float = key(60.0, unit="s", gt=0, le=3600)
    """A station that sends nothing at all for this long after a ping is taken for lost."""
    allow_downgrade: bool = key(False)
    """The station may come back with a lower security profile than before, which OCPP forbids (A05.FR.07)."""
    failsafe_current_a: Amps = key(6.0, unit="A", reload="live")
    """Current per phase that each EVSE falls back to when this box is silent. Together they must fit every fuse."""
    control: ControlMode = key("auto", reload="live")
    """How limits are written: `auto` finds out; `max_profile`, `tx_default`, `tx_profile`, `dynamic` fix it; `observe`
    only watches; `uncontrolled` counts the station at its rating. Both leave a limit that was written before in place:
    clear the station's charging profiles by hand."""
    limit_unit: Literal["A", "W"] = key("A", reload="live")
    """Unit of the limits written to the station; `W` for those that understand nothing else, and always for DC."""
    max_stack_level: int | None = key(None, reload="live", ge=0, le=1_000_000)
    """Highest stackLevel the station takes. Left out: it is asked."""
    stack_level: int | None = key(None, reload="live", ge=0, le=1_000_000)
    """The only stackLevel the station takes (some work at 0 only)."""
    max_schedule_periods: int = key(8, reload="live", ge=2, le=1024)
    """Longest schedule that is written to the station, in periods. With 2 a station whose clock starts in 1970 after a
    loss of power has no limit until its clock is set; three are enough."""
    hold_minimum: bool = key(False, reload="live")
    """Pause cars at their minimum current instead of 0 A, for stations that do not wake up from 0 A."""
    relative_profiles: bool = key(False, reload="live")
    """Write Relative profiles only, for stations that understand no others."""
    names_transaction: bool = key(True, reload="live")
    """Name the transaction in a TxProfile; `false` for stations that refuse it."""
    keeps_profiles: bool = key(True, reload="live")
    """The station keeps its profiles over a restart; `false`: while it is away, and until they are rewritten, it counts
    at its rating."""
    verify: Literal["csms", "local"] = key("csms")
    """Who checks the station's password: the `csms` (it is passed on), or this box (`local`: `password` or
    `password_hash` of the station)."""


class Defaults(StationSettings):
    """What holds for every station unless its own table says otherwise. The whole table may be left out."""

    unknown_stations: Literal["refuse", "route", "adopt"] = key("refuse", reload="live")
    """Stations that are not in this file: `refuse` them with 404, `route` them to their CSMS with these defaults, or
    `adopt` them: route them and hold each at `adopt_current_a` until somebody lists it."""
    adopt_into: Name | None = key(None, reload="live")
    """With `adopt`: the panel on which room is kept for them."""
    adopt_current_a: Amps = key(6.0, unit="A", reload="live", gt=0)
    """With `adopt`: current per phase of each adopted station as a whole. One that obeys no limit draws more."""
    adopt_count: int = key(1, reload="live", ge=1, le=100)
    """With `adopt`: so many stations at most; room for all of them is always kept, and one more is refused."""


class Evse(Table):
    """One EVSE of a station, as the electrician wired it."""

    id: int = key(ge=1, le=1000, reload="live")
    """Number of the EVSE in OCPP (of the connector in 1.6), from 1."""
    phases: Conductors = key(3, reload="live")
    """How many conductors of the station it uses: 1, 2 or 3; or which ones, `[2]` for the second alone."""
    current: Literal["AC", "DC"] = key("AC", reload="live")
    """What the car gets. A DC EVSE is limited by `max_w`; its AC side is `max_a` per phase."""
    min_a: Amps = key(6.0, unit="A", reload="live")
    """Below this current per phase the car cannot charge and is paused instead."""
    max_a: Amps = key(32.0, unit="A", reload="live", gt=0)
    """Rated current per phase."""
    max_w: Watts | None = key(None, unit="W", reload="live")
    """Rated power of a DC EVSE, at the plug."""
    efficiency: float = key(0.94, reload="live", gt=0.5, le=1)
    """Of a DC EVSE: power at the plug over power from the grid."""


class Station(StationSettings):
    """A station: who it is, where it is wired, and what is special about it (every key of `[defaults]` may follow)."""

    identity: Identity = key()
    """Identity as in the last part of the station's URL, decoded; upper and lower case alike."""
    csms: Name | None = key(None)
    """Name of its CSMS. Left out: the first `[[csms]]` with a matching pattern."""
    password: Secret | None = key(None, reload="live")
    """Password that this box checks with `verify = "local"`, or where there is an `upstream_password`. Better:
    `password_file` or `password_hash`. What the CSMS gives the station later takes its place until this is changed."""
    password_file: File | None = key(None, reload="live")
    """File that holds the password on its first line."""
    password_hash: str | None = key(None, reload="live", repr=False)
    """scrypt hash of the password: `scrypt$n$r$p$salt$hash`, salt and hash in base64."""
    upstream_password: Secret | None = key(None)
    """Password towards the CSMS; the station's own is then checked by this box. Left out, or once the CSMS has given
    the station a new one: what the station sent is passed on."""
    upstream_password_file: File | None = key(None)
    """File that holds the password towards the CSMS on its first line."""
    serial: Text | None = key(None, reload="live")
    """Serial number, for listeners with `client_cert_rule = "serial"`."""
    panel: Name | None = key(None, reload="live")
    """Distribution panel that feeds the station. Left out: routed, but not part of the load management."""
    phase_rotation: PhaseRotation = key("unknown", reload="live")
    """Site phases at the station's terminals L1, L2, L3. `unknown` counts each current on every phase."""
    line_to_line: bool = key(False, reload="live")
    """`true` on 208 V sites where a one-phase EVSE hangs between two lines (conductor n and n+1)."""
    max_a: Amps | None = key(None, unit="A", reload="live", gt=0)
    """Rated current per phase of the whole station, when that is less than its EVSEs together."""
    evses: Annotated[tuple[Evse, ...], AsTuple] = key((), reload="live", max_length=64)
    """The station's EVSEs."""
    priority: int = key(0, reload="live", ge=-9, le=9)
    """Higher classes are served first, as OCPP's chargingPriority; cards may raise it (K03.FR.04)."""
    weight: float = key(1.0, reload="live", gt=0, le=100)
    """Share inside its priority class: 2 gets twice the current of 1."""
