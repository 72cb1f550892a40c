"""Profiles and places to install them, for the tests of the rules."""

import dataclasses

from localctl.charging.base.instants import Instant
from localctl.charging.profile.profile_rules import Context, validate
from localctl.charging.profile.profiles import (
    ChargingProfile,
    ChargingSchedule,
    Kind,
    Period,
    Protocol,
    Purpose,
    RateUnit,
    Transaction,
)

ON_EVSE = Context(evse_id=1)
ON_STATION = Context(evse_id=0)
START = Instant(1_700_000_000)
DEFAULT = ChargingProfile(
    id=1,
    stack_level=0,
    purpose=Purpose.TX_DEFAULT,
    kind=Kind.ABSOLUTE,
    schedules=(ChargingSchedule(unit=RateUnit.AMPS, periods=(Period(start_s=0, limit=6),), start_at=START),),
)


def profile(**changes):
    return dataclasses.replace(DEFAULT, **changes)


def scheduled(**changes):
    return profile(schedules=(dataclasses.replace(DEFAULT.schedules[0], **changes),))


def period(**changes):
    return scheduled(periods=(dataclasses.replace(Period(start_s=0, limit=6), **changes),))


def on(context, **changes):
    return dataclasses.replace(context, **changes)


def refused_by(candidate, context=ON_EVSE):
    return [reason.requirement for reason in validate(candidate, context)]


TX = profile(purpose=Purpose.TX, transaction_id="a")
V21 = on(ON_EVSE, protocol=Protocol.V21)
V16 = on(ON_EVSE, protocol=Protocol.V16)
RUNNING = on(ON_EVSE, transactions=(Transaction(evse_id=1, id="a", started_at=START),))
