"""Dates of the demo follow trio's clock."""

from datetime import UTC, datetime

import pytest
import trio

from localctl.demo.clock import Clock, moment, stamp


async def test_time_stamps_jump_with_a_virtual_clock(autojump_clock):
    clock = Clock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert clock.stamp() == "2026-03-01T12:00:00.000Z"
    await trio.sleep(3600.5)
    assert clock.stamp() == "2026-03-01T13:00:00.500Z"
    assert clock.passed_s() == 3600.5


def test_moments_read_what_stamps_write():
    assert stamp(moment("2026-03-01T12:00:00.25Z")) == "2026-03-01T12:00:00.250Z"


def test_a_zone_is_respected_and_none_means_utc():
    assert moment("2026-03-01T14:00:00+02:00") == moment("2026-03-01T12:00:00") == moment("2026-03-01T12:00:00Z")


def test_what_is_no_time_is_an_error():
    with pytest.raises(ValueError, match="yesterday"):
        moment("yesterday")
