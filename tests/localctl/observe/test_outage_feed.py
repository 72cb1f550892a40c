"""Figures of outages: what waits comes from the picture, what happened from whoever did it; nothing is made up."""

from typing import get_args

import pytest

from localctl.observe import catalogue as rows
from localctl.observe.health import ServiceState
from localctl.observe.outage_feed import Admitted, Dropped, OutageCounts, outbox_samples
from localctl.observe.snapshot import OutboxQueue, OutboxView, Snapshot, SnapshotBox, StationView
from localctl.observe.tally import Sample

STATIONS = tuple(
    StationView(identity=name, connected=True, upstream_connected=False, since_at=0.0) for name in ("CP1", "CP2")
)


def by_name(samples: list[Sample]) -> dict[tuple[str, ...], object]:
    return {(row.name.removeprefix("localctl_"), *labels): figure for row, labels, figure in samples}


def shown(outbox: OutboxView | None) -> dict[tuple[str, ...], object]:
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, stations=STATIONS, outbox=outbox))
    return by_name(list(outbox_samples(box)))


def test_p4_a_box_that_keeps_nothing_says_so_for_every_station_and_tells_no_oldest():
    assert shown(None) == {("offline_messages", "CP1"): 0, ("offline_messages", "CP2"): 0, ("dead_letters",): 0}


def test_p4_what_waits_and_since_when_is_told_by_station():
    found = shown(
        OutboxView(
            queues=(
                OutboxQueue(identity="CP2", waiting=7, oldest_at=1000.5),
                OutboxQueue(identity="GONE", waiting=1, oldest_at=900.0),
                OutboxQueue(identity="CP1", waiting=0, oldest_at=800.0),
            ),
            dead_count=3,
        )
    )
    assert found == {
        ("offline_messages", "CP1"): 0, ("offline_messages", "CP2"): 7, ("offline_messages", "GONE"): 1,
        ("offline_oldest_timestamp_seconds", "CP2"): 1000.5,
        ("offline_oldest_timestamp_seconds", "GONE"): 900.0,
        ("dead_letters",): 3,
    }  # fmt: skip


def counted(counts: OutageCounts) -> dict[tuple[str, ...], object]:
    figures = by_name([sample for sample in counts.samples() if sample[0] is not rows.JOURNAL_COMMIT])
    return {name: figure for name, figure in figures.items() if figure}


def test_before_anything_happened_every_figure_that_has_a_closed_label_is_there_as_zero():
    counts = OutageCounts()
    assert counted(counts) == {}
    there = by_name(list(counts.samples()))
    assert ("offline_dropped_total", "size") in there
    assert ("admissions_total", "later") in there


@pytest.mark.parametrize(
    ("tell", "moved"),
    [
        (lambda counts: counts.kept(), {("offline_kept_total",): 1}),
        (lambda counts: counts.replaced(), {("offline_replaced_total",): 1}),
        (lambda counts: counts.dropped("age"), {("offline_dropped_total", "age"): 1}),
        (lambda counts: counts.commit_failed(), {("journal_errors_total",): 1}),
        (lambda counts: counts.admitted("turned_away"), {("admissions_total", "turned_away"): 1}),
        (lambda counts: setattr(counts, "admission_waiting", 4), {("admission_waiting",): 4}),
    ],
)
def test_what_is_told_moves_its_own_figure_only(tell, moved):
    counts = OutageCounts()
    tell(counts)
    assert counted(counts) == moved


def test_commits_go_into_a_histogram_and_a_clock_that_steps_back_counts_as_none():
    counts = OutageCounts()
    counts.committed(0.004)
    counts.committed(-1.0)
    (commits,) = (figure for row, _, figure in counts.samples() if row is rows.JOURNAL_COMMIT)
    assert commits.counts[rows.COMMIT_S.index(0.005)] == 1
    assert commits.counts[0] == 1
    assert commits.total == 0.004


def test_the_words_that_may_be_told_are_those_of_the_labels():
    assert get_args(Dropped) == rows.DROP_REASONS
    assert get_args(Admitted) == rows.ADMISSION_VERDICTS
