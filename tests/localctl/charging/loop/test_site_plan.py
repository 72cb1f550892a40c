"""The plan's own few words."""

from localctl.charging.dispatching.dispatch import Terms
from localctl.charging.dispatching.lease import LeaseTerms
from tests.localctl.charging.played import place, site_plan


def test_limits_are_looked_at_as_far_ahead_as_the_longest_schedule_reaches():
    assert site_plan([place("A")], terms=Terms(lease=LeaseTerms(lease_s=300, longest_s=900))).horizon_s == 1800
    assert site_plan([place("A")], terms=Terms(lease=LeaseTerms(lease_s=300, longest_s=60))).horizon_s == 600


def test_nobody_is_adopted_unless_the_installer_says_so():
    assert site_plan([place("A")]).adopts("stranger") is None
