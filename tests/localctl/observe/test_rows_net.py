"""The socket metrics declare what an operator needs from the first scrape on."""

from localctl.observe import rows_net


def test_every_cause_of_a_closed_leg_exists_from_the_start():
    assert ("csms", "stalled") in rows_net.LEGS_CLOSED.series_at_start()
    assert len(rows_net.LEGS_CLOSED.series_at_start()) == 2 * len(rows_net.LEG_CAUSES)


def test_bytes_are_told_as_bytes():
    assert {row.unit for row in rows_net.ROWS if "bytes" in row.name} == {"bytes"}
