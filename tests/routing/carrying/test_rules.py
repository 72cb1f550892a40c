"""What is kept, and how much it matters (E04, A04)."""

import pytest

from routing.actions import ACTIONS
from routing.carrying.items import Kind
from routing.carrying.rules import BILLED_REASONS, BY_ACTION, CRITICAL_EVENTS, RULES
from tests.e2e.payloads import schemas
from tests.routing.carrying.clerk import Clerk


def event(**members):
    said = {"triggerReason": "MeterValuePeriodic", "eventType": "Updated", "transactionInfo": {"transactionId": "t"}}
    return Clerk("ocpp2.1").hear("TransactionEvent", said | members).item


@pytest.mark.parametrize("kind", ["Started", "Ended", "Paused", ""])
def test_e04_fr08_only_updated_events_may_ever_be_dropped(kind):
    assert event(eventType=kind).kind is Kind.TRANSACTION


def test_e04_fr07_periodic_values_are_what_may_be_thinned_out():
    assert event().kind is Kind.UPDATE
    assert event(triggerReason="MeterValueClock").kind is Kind.UPDATE
    assert event(meterValue=[{"sampledValue": [{"value": 1, "context": "Sample.Periodic"}]}]).kind is Kind.UPDATE


@pytest.mark.parametrize("reason", ["ChargingStateChanged", "SignedDataReceived", "Authorized", "CostLimitReached"])
def test_updates_a_bill_may_rest_on_are_never_dropped(reason):
    assert event(triggerReason=reason).kind is Kind.TRANSACTION


def test_an_update_that_says_who_pays_or_carries_a_billed_reading_is_never_dropped():
    assert event(idToken={"idToken": "A", "type": "ISO14443"}).kind is Kind.TRANSACTION
    billed = [{"sampledValue": [{"value": 1}]}, {"sampledValue": [{"value": 1, "context": "Transaction.Begin"}]}]
    assert event(meterValue=billed).kind is Kind.TRANSACTION


def test_an_event_knows_its_transaction():
    assert event().transaction == "t"


@pytest.mark.parametrize("context", [[], {}, 1, None])
def test_p6_a_context_that_is_no_word_is_no_billed_one(context):
    assert event(meterValue=[{"sampledValue": [{"value": 1, "context": context}]}]).kind is Kind.UPDATE


def sampled(context):
    return [{"sampledValue": [{"context": context}]}]


@pytest.mark.parametrize(
    ("members", "kind", "transaction"),
    [
        ({}, Kind.EVENT, ""),
        ({"transactionId": None}, Kind.EVENT, ""),
        ({"transactionId": 0}, Kind.UPDATE, "0"),
        ({"transactionId": -1}, Kind.UPDATE, "-1"),
        ({"transactionId": 7.0}, Kind.UPDATE, "7"),
        ({"transactionId": 7, "meterValue": sampled("Sample.Clock")}, Kind.UPDATE, "7"),
        ({"transactionId": 7, "meterValue": sampled("Transaction.End")}, Kind.TRANSACTION, "7"),
        ({"transactionId": 7, "meterValue": "x"}, Kind.UPDATE, "7"),
    ],
)
def test_10_6_16_meter_values_matter_by_their_transaction(members, kind, transaction):
    item = Clerk("ocpp1.6").hear("MeterValues", {"connectorId": 1} | members).item
    assert (item.kind, item.transaction) == (kind, transaction)


@pytest.mark.parametrize("version", ACTIONS)
def test_a04_fr02_critical_security_events_are_never_dropped(version):
    clerk = Clerk(version)
    kinds = [clerk.hear("SecurityEventNotification", {"type": one}).item.kind for one in sorted(CRITICAL_EVENTS)]
    assert set(kinds) == {Kind.TRANSACTION}
    assert clerk.hear("SecurityEventNotification", {"type": "InvalidMessages"}).item.kind is Kind.EVENT
    assert clerk.hear("SecurityEventNotification", {"type": "AcmeDoorOpened"}).item.kind is Kind.EVENT


def test_billed_reasons_are_spelled_as_published():
    request, _ = schemas("ocpp2.1")["TransactionEvent"]
    assert set(request["definitions"]["TriggerReasonEnumType"]["enum"]) >= BILLED_REASONS


def test_only_the_latest_are_merged_and_no_action_has_two_rows():
    assert all(rule.keep is Kind.LATEST for rule in RULES if rule.merge)
    assert len(BY_ACTION) == sum(len(rule.versions) for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.action + rule.versions[0])
def test_members_that_rules_look_at_are_in_the_published_requests(rule):
    for version in rule.versions:
        request, _ = schemas(version)[rule.action]
        for path in {*rule.merge, *rule.same_by, rule.transaction} - {"*", ""}:
            properties = request["properties"]
            for name in path.split("."):
                assert name in properties
                reference = properties[name].get("$ref", "").rsplit("/", 1)[-1]
                properties = request.get("definitions", {}).get(reference, {}).get("properties", {})
