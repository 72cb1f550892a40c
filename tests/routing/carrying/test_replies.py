"""Answers that depend on the request: tokens, certificates, numbers."""

import json

import pytest

from tests.routing.carrying.clerk import Clerk

RFID = {"idToken": "04A1B2C3", "type": "ISO14443"}
GROUP = {"idToken": "FLEET", "type": "Central"}
ACCEPTED = {"status": "Accepted", "groupIdToken": GROUP, "personalMessage": {"format": "UTF8", "content": "Grüße"}}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-09-21T13:33:20Z"}
STARTED = {"eventType": "Started", "transactionInfo": {"transactionId": "t"}, "seqNo": 0, "timestamp": "now"}


def told(said):
    return json.loads(said.payload)


def knowing(version="ocpp2.0.1", **how):
    clerk = Clerk(version, **how)
    clerk.csms_said("Authorize", {"idToken": RFID}, {"idTokenInfo": ACCEPTED})
    clerk.csms_said("Authorize", {"idTag": "TAG"}, {"idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}})
    return clerk


def test_3_15_4_a_known_token_is_answered_as_the_csms_did_with_its_group():
    assert told(knowing().hear("Authorize", {"idToken": RFID})) == {"idTokenInfo": ACCEPTED}
    said = told(knowing("ocpp1.6").hear("Authorize", {"idTag": "tag"}))
    assert said == {"idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}}


def test_3_15_4_an_unknown_token_is_refused_in_the_words_of_the_version():
    assert told(Clerk("ocpp2.1").hear("Authorize", {"idToken": RFID})) == {"idTokenInfo": {"status": "Unknown"}}
    assert told(Clerk("ocpp1.6").hear("Authorize", {"idTag": "TAG"})) == {"idTagInfo": {"status": "Invalid"}}


def test_c07_hashes_of_a_contract_are_judged_by_the_token_and_nothing_is_said_of_the_certificate():
    said = knowing().hear("Authorize", {"idToken": RFID, "iso15118CertificateHashData": [{"serialNumber": "1"}]})
    assert told(said) == {"idTokenInfo": ACCEPTED}


def test_c07_a_contract_the_station_could_not_check_counts_as_unknown():
    asked = {"idToken": RFID, "certificate": "-----BEGIN CERTIFICATE-----"}
    assert told(knowing().hear("Authorize", asked)) == {"idTokenInfo": {"status": "Unknown"}}
    assert told(knowing(unknown="accept").hear("Authorize", asked))["idTokenInfo"]["status"] == "Accepted"


def test_3_15_5_an_event_with_a_token_gets_its_verdict_and_no_cost_or_priority():
    assert told(knowing().hear("TransactionEvent", STARTED | {"idToken": RFID})) == {"idTokenInfo": ACCEPTED}
    assert told(knowing().hear("TransactionEvent", STARTED)) == {}


def test_a_refused_transaction_is_kept_all_the_same():
    said = Clerk("ocpp2.0.1").hear("TransactionEvent", STARTED | {"idToken": RFID})
    assert told(said) == {"idTokenInfo": {"status": "Unknown"}}
    assert said.item is not None
    assert not said.unknown_token
    said = Clerk("ocpp1.6").hear("StartTransaction", START)
    assert told(said) == {"idTagInfo": {"status": "Invalid"}, "transactionId": 1_000_001}
    assert said.item is not None


@pytest.mark.parametrize(("kind", "capped"), [("Started", True), ("Updated", True), ("Ended", False)])
def test_an_unknown_token_that_is_let_in_is_marked_for_the_energy_cap(kind, capped):
    said = Clerk("ocpp2.0.1", unknown="accept").hear("TransactionEvent", STARTED | {"eventType": kind, "idToken": RFID})
    assert told(said)["idTokenInfo"]["status"] == "Accepted"
    assert said.unknown_token is capped
    known = knowing(unknown="accept").hear("TransactionEvent", STARTED | {"eventType": kind, "idToken": RFID})
    assert not known.unknown_token


def test_10_7_a_16_start_with_an_unknown_idtag_is_marked_too():
    assert Clerk("ocpp1.6", unknown="accept").hear("StartTransaction", START).unknown_token
    assert not knowing("ocpp1.6", unknown="accept").hear("StartTransaction", START).unknown_token


def test_a_16_stop_is_judged_only_when_a_tag_stopped_it():
    stop = {"transactionId": 5, "meterStop": 9, "timestamp": "2026-09-21T13:33:20Z"}
    clerk = knowing("ocpp1.6")
    assert told(clerk.hear("StopTransaction", stop)) == {}
    assert clerk.judged == []
    said = clerk.hear("StopTransaction", stop | {"idTag": "TAG"})
    assert told(said)["idTagInfo"]["status"] == "Accepted"
    assert not said.unknown_token


def test_certificates_asked_about_are_each_answered_failed():
    asked = [{"certificateHashData": {"serialNumber": str(n)}, "source": "OCSP", "urls": ["u"]} for n in range(2)]
    answers = told(Clerk("ocpp2.1").hear("GetCertificateChainStatus", {"certificateStatusRequests": asked}))
    assert [(one["certificateHashData"], one["source"], one["status"]) for one in answers["certificateStatus"]] == [
        ({"serialNumber": "0"}, "OCSP", "Failed"),
        ({"serialNumber": "1"}, "OCSP", "Failed"),
    ]


@pytest.mark.parametrize("asked", [None, [], [1], "x"])
def test_2_4_a_certificate_question_without_certificates_is_an_error(asked):
    said = Clerk("ocpp2.1").hear("GetCertificateChainStatus", {"certificateStatusRequests": asked})
    assert said.error == "FormatViolation"


def test_a_vat_number_is_given_back_with_its_evse():
    clerk = Clerk("ocpp2.1")
    assert told(clerk.hear("VatNumberValidation", {"vatNumber": "NL1", "evseId": 2})) == {
        "vatNumber": "NL1", "evseId": 2, "status": "Rejected",
    }  # fmt: skip
    assert told(clerk.hear("VatNumberValidation", {"vatNumber": "NL1"})) == {"vatNumber": "NL1", "status": "Rejected"}
    assert clerk.hear("VatNumberValidation", {"vatNumber": 1}).error == "FormatViolation"


def test_quirk_20_time_is_told_in_whole_seconds():
    assert told(Clerk("ocpp1.6").hear("Heartbeat", {})) == {"currentTime": "2026-09-21T13:33:20Z"}
