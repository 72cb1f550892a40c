"""The stages of a trial are a table, and every one of them leads to its end."""

import pytest

from localctl.charging.base.moves import OurBug, after
from localctl.charging.commissioning.stages import MOVES, OF_THE_METER, Stage, Until


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.OVER])
def test_from_every_stage_a_trial_can_be_ended_and_is_over_once_the_station_is_restored(stage):
    ending = after(MOVES, stage, "end", "commissioning")
    assert ending is Stage.RESTORING
    assert after(MOVES, ending, "restored", "commissioning") is Stage.OVER


@pytest.mark.parametrize("cause", ["ask", "watch", "end", "answered"])
def test_what_is_over_stays_over(cause):
    with pytest.raises(OurBug, match="from OVER"):
        after(MOVES, Stage.OVER, cause, "commissioning")


def test_a_refused_station_is_never_watched():
    assert MOVES[Stage.ASKED, "refused"] is Stage.READY
    assert (Stage.CLEARING, "taken") not in MOVES


def test_only_currents_need_a_meter():
    assert OF_THE_METER.isdisjoint({Until.ANSWERED, Until.PONG, Until.BACK})
