"""The table of actions against the published schemas, and what may be absorbed."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from routing.actions import ACTIONS, absorbable, known, unsigned


def published(version: str) -> set[str]:
    spec = find_spec("ocpp")
    assert spec is not None
    assert spec.origin is not None
    names = {path.stem for path in (Path(spec.origin).parent / version / "schemas").glob("*.json")}
    return {name.removesuffix("Request").removesuffix("Response") for name in names}


@pytest.mark.parametrize(("version", "folder"), [("ocpp1.6", "v16"), ("ocpp2.0.1", "v201"), ("ocpp2.1", "v21")])
def test_the_table_names_exactly_the_published_actions(version, folder):
    assert set(ACTIONS[version]) == published(folder)


def test_3_15_1_the_station_sends_25_of_the_64_messages_of_2_0_1():
    assert len(ACTIONS["ocpp2.0.1"]) == 64
    assert sum(sender != "csms" for sender in ACTIONS["ocpp2.0.1"].values()) == 25


def test_metrics_know_standard_actions_signed_or_not_and_nothing_else():
    assert known("Heartbeat")
    assert known("TransactionEvent-Signed")
    assert not known("VendorThing")
    assert not known("heartbeat")


def test_p4_7_the_suffix_of_signed_messages_is_taken_off_once():
    assert unsigned("NotifyReport-Signed") == "NotifyReport"
    assert unsigned("NotifyReport") == "NotifyReport"


@pytest.mark.parametrize(
    "action", ["TransactionEvent", "StartTransaction", "StopTransaction", "BootNotification", "Authorize", "Heartbeat"]
)
def test_e01_transactions_boots_and_authorisations_are_never_absorbed(action):
    assert not absorbable(action)
    assert not absorbable(f"{action}-Signed")


@pytest.mark.parametrize("action", ["ReportChargingProfiles", "NotifyReport", "StatusNotification", "MeterValues"])
def test_3_9_reports_and_status_may_be_absorbed(action):
    assert absorbable(action)
