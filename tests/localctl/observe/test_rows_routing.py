"""The words of routing's labels are the words of its observations."""

from localctl.observe import rows_routing
from localctl.observe.row import Row


def test_every_row_declared_is_listed():
    declared = {value for value in vars(rows_routing).values() if isinstance(value, Row)}
    assert declared == set(rows_routing.ROWS)


def test_causes_come_from_the_observations():
    (cause,) = rows_routing.LINKS_LOST.labels
    assert "half_dead" in cause.values
    assert "csms_away" in rows_routing.LINKS_REFUSED.labels[0].values


def test_both_misspelt_and_right_error_codes_of_ocpp_are_known():
    assert {"OccurenceConstraintViolation", "OccurrenceConstraintViolation", "other"} <= set(rows_routing.ERROR_CODES)
