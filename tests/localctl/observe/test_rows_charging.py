"""The words of the charging labels are the words of the charging core."""

from localctl.charging.dispatching.answers import Verdict
from localctl.charging.dispatching.pacing import Need
from localctl.observe import rows_charging
from localctl.observe.row import Row


def test_every_row_declared_is_listed():
    declared = {value for value in vars(rows_charging).values() if isinstance(value, Row)}
    assert declared == set(rows_charging.ROWS)


def test_verdicts_are_those_of_answers():
    assert set(rows_charging.VERDICTS) == {verdict.value for verdict in Verdict}


def test_every_need_of_a_write_is_a_reason_of_an_order():
    assert {need.value for need in Need} <= set(rows_charging.WHYS)
