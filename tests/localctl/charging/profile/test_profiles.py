"""Profiles as values."""

import dataclasses

import pytest

from localctl.charging.base.instants import Instant
from localctl.charging.profile.profiles import Period, Recurrency, Transaction, running


def test_k01_fr13_daily_is_24_hours_and_weekly_seven_days():
    assert Recurrency.DAILY.seconds == 24 * 3600
    assert Recurrency.WEEKLY.seconds == 7 * 24 * 3600


def test_k01_fr42_relative_counts_from_energy_offered_once_that_is_known():
    started = Transaction(evse_id=1, id="a", started_at=Instant(100))
    assert started.zero_at == 100
    assert dataclasses.replace(started, energy_offered_at=Instant(160)).zero_at == 160


def test_the_last_transaction_named_for_an_evse_is_the_running_one():
    one, two, other = (
        Transaction(evse_id=evse_id, id=id_, started_at=Instant(0)) for evse_id, id_ in ((1, "a"), (1, "b"), (2, "c"))
    )
    assert running([one, two, other], 1) is two
    assert running([one, two, other], 3) is None


def test_values_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Period(start_s=0, limit=6).limit = 7
