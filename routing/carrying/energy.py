"""Energy of a transaction as its station says it, and the cap for transactions whose token nobody knows.

Only the import register at the outlet counts (`Energy.Active.Import.Register`, the default measurand of every version).
Registers that are given per phase only are added up. What does not read as a number is no reading; missing is not zero.
"""

from collections import OrderedDict
from math import isfinite
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from routing.actions import unsigned
from routing.signed import unwrapped

V16 = "ocpp1.6"
REGISTER = "Energy.Active.Import.Register"
_UNITS = {"Wh": 1.0, "kWh": 1000.0}
_MAX_POWER = 9
_METERED = frozenset({"MeterValues", "TransactionEvent"})
_COUNTED = frozenset({"StartTransaction", "StopTransaction"})


class _Unit(Struct, frozen=True):
    unit: str = "Wh"
    multiplier: int = 0


class _Value(Struct, rename="camel"):
    value: float | str
    measurand: str = REGISTER
    location: str = "Outlet"
    phase: str = ""
    format: str = "Raw"
    unit: str = "Wh"
    unit_of_measure: _Unit = _Unit()


class _Group(Struct, rename="camel"):
    sampled_value: list[Raw] = []


class _Metered(Struct, rename="camel"):
    meter_value: list[_Group] = []


class _Counted(Struct, rename="camel"):
    """1.6 begin and end of a transaction, whole Wh."""

    meter_start: float | None = None
    meter_stop: float | None = None


_metered = msgspec.json.Decoder(_Metered).decode
_counted = msgspec.json.Decoder(_Counted).decode
_value = msgspec.json.Decoder(_Value).decode


def energy_wh(subprotocol: str, action: str, payload: bytes) -> float | None:
    """The energy register in Wh, the last if there are several; None when the request has none."""
    body = unwrapped(action, payload)
    try:
        if unsigned(action) in _METERED:
            readings = [_register_wh(group, subprotocol) for group in _metered(body).meter_value]
            return next((one for one in reversed(readings) if one is not None), None)
        if unsigned(action) in _COUNTED:
            counted = _counted(body)
            return counted.meter_stop if counted.meter_start is None else counted.meter_start
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return None


def _register_wh(group: _Group, subprotocol: str) -> float | None:
    """The total of one sample, else the sum of its phases."""
    found: dict[str, float] = {}
    for raw in group.sampled_value:
        phase, wh = _read(raw, subprotocol)
        if wh is not None:
            found[phase] = wh
    return found[""] if "" in found else sum(found.values()) if found else None


def _read(raw: Raw, subprotocol: str) -> tuple[str, float | None]:
    """Phase and Wh of one value; no Wh for another measurand, place or unit, and for what is no number."""
    try:
        read = _value(raw)
        if read.measurand != REGISTER or read.location != "Outlet" or read.format != "Raw":
            return "", None
        unit = _Unit(unit=read.unit) if subprotocol == V16 else read.unit_of_measure
        power = max(-_MAX_POWER, min(unit.multiplier, _MAX_POWER))
        wh = float(read.value) * _UNITS[unit.unit.strip()] * 10.0**power
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, KeyError):
        return "", None
    return read.phase, wh if isfinite(wh) else None


class _Use(NamedTuple):
    """Energy of one watched transaction."""

    last_wh: float
    used_wh: float


class EnergyCap:
    """How much energy a station's transactions may take whose tokens nobody knows. Bounded; the oldest goes first."""

    def __init__(self, limit_wh: float | None, most: int = 100) -> None:
        self.limit_wh = limit_wh
        self.resumed = False
        """What was kept before the box was restarted has been looked through."""
        self._most = most
        self._watched: OrderedDict[str, _Use | None] = OrderedDict()

    def begin(self, transaction: str) -> None:
        """Watch this one; again is fine."""
        self._watched.setdefault(transaction, None)
        if len(self._watched) > self._most:
            self._watched.popitem(last=False)

    def lift(self, transaction: str) -> None:
        """Watch it no more: it ended, or its token is known after all."""
        self._watched.pop(transaction, None)

    def exceeded(self, transaction: str, wh: float) -> bool:
        """True once, when the register shows that a watched one took more than the cap since its first reading.

        A register that falls back (a meter was reset) adds nothing and is counted on from there.
        """
        if self.limit_wh is None or transaction not in self._watched:
            return False
        before = self._watched[transaction] or _Use(wh, 0.0)
        use = _Use(wh, before.used_wh + max(0.0, wh - before.last_wh))
        self._watched[transaction] = use
        if use.used_wh <= self.limit_wh:
            return False
        self.lift(transaction)
        return True
