"""The bounds people get without asking, and figures that begin at nothing."""

from localctl.store.journal_values import DAY_S, MIB, JournalStats, Limits


def test_the_usual_bounds():
    limits = Limits()
    assert (limits.max_rows, limits.max_bytes, limits.max_age_s) == (20_000, 512 * MIB, 30 * DAY_S)


def test_two_journals_do_not_share_figures():
    one, other = JournalStats(), JournalStats()
    one.dropped["age"] += 1
    one.waiting["CS1"] = 3
    assert (other.dropped, other.waiting, other.commits) == ({}, {}, 0)
