"""What is known of stations survives, and invented numbers never come twice."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from localctl.store import journal_known
from localctl.store.journal_known import Remembered
from localctl.store.journal_values import FIRST_INVENTED, LAST_INVENTED
from routing.carrying.items import Alias, Known
from tests.localctl.store.journals import opened


def test_what_is_known_of_a_station_is_read_back(tmp_path: Path):
    disk = opened(tmp_path)
    known = Known(accepted=True, subprotocol="ocpp1.6", boot='{"a":1}', heartbeat_s=77)
    disk.begin()
    journal_known.remember(disk, "cs1", "CS1", known)
    journal_known.name(disk, "cs1", "Cs1")
    disk.commit()
    disk.close()
    disk = opened(tmp_path)
    assert journal_known.load_known(disk) == {"cs1": Remembered("CS1", known)}
    disk.close()


def test_facts_that_are_not_to_be_written_stay_as_they_are(tmp_path: Path):
    disk = opened(tmp_path)
    known = Known(accepted=True, subprotocol="ocpp1.6", boot='{"a":1}', heartbeat_s=77)
    journal_known.remember(disk, "cs1", "CS1", known)
    journal_known.alias(disk, "cs1", Alias(local=11))
    journal_known.remember(disk, "cs1", "Cs1", Known(subprotocol="ocpp2.0.1"), {"subprotocol"})
    journal_known.remember(disk, "cs2", "CS2", Known(heartbeat_s=5, boot="{}"), {"heartbeat_s"})
    assert journal_known.load_known(disk) == {
        "cs1": Remembered("Cs1", replace(known, subprotocol="ocpp2.0.1", aliases=(Alias(local=11),))),
        "cs2": Remembered("CS2", Known(heartbeat_s=5)),
    }
    disk.close()


@pytest.mark.parametrize("number", [10**19, 2**63, -(10**19)])
def test_p6_a_number_that_no_file_can_hold_keeps_nothing_else_from_the_disk(tmp_path: Path, number: int):
    disk = opened(tmp_path)
    journal_known.remember(disk, "cs1", "CS1", Known(heartbeat_s=77))
    journal_known.remember(disk, "cs1", "CS1", Known(accepted=True, boot="{}", heartbeat_s=number))
    journal_known.remember(disk, "cs2", "CS2", Known(heartbeat_s=number), {"heartbeat_s"})
    journal_known.alias(disk, "cs1", Alias(local=11, real=number, begin="ab"))
    aliases = (Alias(local=11, begin="ab"),)
    assert journal_known.load_known(disk) == {
        "cs1": Remembered("CS1", Known(accepted=True, boot="{}", heartbeat_s=77, aliases=aliases)),
        "cs2": Remembered("CS2", Known()),
    }
    disk.close()


def test_10_7_invented_numbers_are_positive_high_and_fit_31_bits():
    assert journal_known.after(0) == journal_known.after(-1) == FIRST_INVENTED > 0
    assert journal_known.after(FIRST_INVENTED) == FIRST_INVENTED + 1
    assert journal_known.after(LAST_INVENTED) == FIRST_INVENTED
    assert LAST_INVENTED < 2**31 - 1


@given(st.integers(FIRST_INVENTED, LAST_INVENTED))
def test_numbers_stay_in_their_range(number):
    assert FIRST_INVENTED <= journal_known.after(number) <= LAST_INVENTED


def test_10_7_the_mark_is_moved_once_per_block_and_is_ahead_of_every_number(tmp_path: Path):
    disk = opened(tmp_path)
    marks = []
    for number in range(FIRST_INVENTED, FIRST_INVENTED + 2 * journal_known.BLOCK + 1):
        disk.begin()
        journal_known.invented(disk, "cs1", number)
        disk.commit()
        marks.append(disk.mark)
        assert disk.mark > number
    assert len(set(marks)) == 3
    disk.close()


def test_10_7_a_mark_that_was_not_committed_is_moved_again(tmp_path: Path):
    disk = opened(tmp_path)
    for end in (disk.undo, disk.commit):
        disk.begin()
        journal_known.invented(disk, "cs1", FIRST_INVENTED)
        end()
    disk.close()
    disk = opened(tmp_path)
    assert disk.mark == FIRST_INVENTED + journal_known.BLOCK
    disk.close()


def test_10_7_how_a_transaction_began_is_known_for_its_whole_life(tmp_path: Path):
    disk = opened(tmp_path)
    journal_known.name(disk, "cs1", "CS1")
    journal_known.invented(disk, "cs1", FIRST_INVENTED, "ab12")
    journal_known.alias(disk, "cs1", Alias(local=FIRST_INVENTED, real=7))
    kept = Alias(local=FIRST_INVENTED, real=7, begin="ab12")
    assert journal_known.load_known(disk)["cs1"].known.aliases == (kept,)
    disk.close()


def test_aliases_are_the_oldest_first_and_go_one_by_one(tmp_path: Path):
    disk = opened(tmp_path)
    journal_known.name(disk, "cs1", "CS1")
    for local in (12, 11):
        journal_known.alias(disk, "cs1", Alias(local=local))
    journal_known.alias(disk, "cs1", Alias(local=12, real=5))
    assert journal_known.load_known(disk)["cs1"].known.aliases == (Alias(local=11), Alias(local=12, real=5))
    journal_known.forget_alias(disk, "cs1", 11)
    assert journal_known.load_known(disk)["cs1"].known.aliases == (Alias(local=12, real=5),)
    disk.close()


def test_authorizations_are_changed_and_taken_away_and_a_bad_one_is_left_out(tmp_path: Path):
    disk = opened(tmp_path)
    journal_known.store_authorizations(disk, {"a": '{"x":1}', "b": "2", "bad": "{"})
    journal_known.store_authorizations(disk, {"a": None, "b": "[3]"})
    assert journal_known.load_authorizations(disk.sql) == {"b": [3]}
    disk.close()
