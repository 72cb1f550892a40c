"""The box's own metrics."""

from localctl.observe import rows_box
from localctl.observe.health import ServiceState
from localctl.observe.row import Row


def test_every_row_declared_is_listed():
    assert {value for value in vars(rows_box).values() if isinstance(value, Row)} == set(rows_box.ROWS)


def test_the_states_shown_are_the_states_of_the_service():
    assert rows_box.SERVICE_STATE.labels[0].values == tuple(state.value for state in ServiceState)
