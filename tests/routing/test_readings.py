"""What relayed exchanges tell the box (A01, B01, B09, M04, M05), in 1.6 and 2.x."""

import base64
import json

import pytest

from routing.observations import (
    NetworkProfileSet,
    PasswordChanged,
    Registration,
    RootCertificateChanged,
    StationBooted,
)
from routing.readings import accepted, read_exchange
from routing.values import Leg

STATION = "CS-17"


def facts(action: str, request: object, answer: object) -> list[object]:
    caller = Leg.STATION if action.startswith("BootNotification") else Leg.CSMS
    return list(read_exchange(STATION, caller, action, json.dumps(request).encode(), json.dumps(answer).encode()))


def variable(component: str, name: str, **more: object) -> dict[str, object]:
    instance = {"instance": more.pop("instance")} if "instance" in more else {}
    return {"component": {"name": component, **instance}, "variable": {"name": name}, **more}


@pytest.mark.parametrize("status", ["Accepted", "Pending", "Rejected"])
def test_b01_the_answer_to_a_boot_tells_the_registration(status):
    answer = {"status": status, "interval": 300, "currentTime": "2024-01-01T00:00:00Z"}
    assert facts("BootNotification", {}, answer) == [
        StationBooted(identity=STATION, registration=Registration(status), interval_s=300)
    ]


@pytest.mark.parametrize(
    "answer", [{"status": "Maybe"}, {"status": 1}, [], None, {"status": "Accepted", "interval": "x"}]
)
def test_a_boot_answer_that_makes_no_sense_tells_nothing(answer):
    assert facts("BootNotification", {}, answer) == []


@pytest.mark.parametrize("status", ["Accepted", "RebootRequired"])
def test_a01_a_password_the_station_took_is_learnt(status):
    request = {
        "setVariableData": [
            variable("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="60"),
            variable("securityCtrlr", "basicAuthPassword", attributeValue="n3w sécret"),
        ]
    }
    answer = {
        "setVariableResult": [
            variable("SecurityCtrlr", "BasicAuthPassword", attributeStatus=status),
            variable("OCPPCommCtrlr", "HeartbeatInterval", attributeStatus="Rejected"),
        ]
    }
    assert facts("SetVariables", request, answer) == [PasswordChanged(identity=STATION, password="n3w sécret".encode())]


def test_a01_a_password_the_station_refused_is_not_learnt():
    request = {"setVariableData": [variable("SecurityCtrlr", "BasicAuthPassword", attributeValue="new")]}
    refused = {"setVariableResult": [variable("SecurityCtrlr", "BasicAuthPassword", attributeStatus="Rejected")]}
    other = {"setVariableResult": [variable("SecurityCtrlr", "Identity", attributeStatus="Accepted")]}
    assert facts("SetVariables", request, refused) == []
    assert facts("SetVariables", request, other) == []


def test_a01_another_attribute_of_the_password_is_not_the_password():
    request = {
        "setVariableData": [variable("SecurityCtrlr", "BasicAuthPassword", attributeValue="x", attributeType="Target")]
    }
    answer = {"setVariableResult": [variable("SecurityCtrlr", "BasicAuthPassword", attributeStatus="Accepted")]}
    assert facts("SetVariables", request, answer) == []


@pytest.mark.parametrize(
    ("key", "learnt"), [("AuthorizationKey", 1), ("authorizationkey", 1), ("HeartbeatInterval", 0)]
)
def test_10_23_a_1_6_key_is_learnt_as_written(key, learnt):
    found = facts("ChangeConfiguration", {"key": key, "value": "00FF"}, {"status": "Accepted"})
    assert found == [PasswordChanged(identity=STATION, password=b"00FF")] * learnt
    assert facts("ChangeConfiguration", {"key": key, "value": "00FF"}, {"status": "Rejected"}) == []


def test_p7_a_password_never_shows_in_a_repr():
    assert "hush" not in repr(PasswordChanged(identity=STATION, password=b"hush"))


def test_4_1_8_a_new_network_profile_is_told():
    request = {"configurationSlot": 2, "connectionData": {"ocppCsmsUrl": "wss://elsewhere/ocpp", "messageTimeout": 30}}
    assert facts("SetNetworkProfile", request, {"status": "Accepted"}) == [
        NetworkProfileSet(identity=STATION, url="wss://elsewhere/ocpp", slot=2)
    ]
    assert facts("SetNetworkProfile", request, {"status": "Rejected"}) == []


def test_4_1_8_a_csms_address_set_as_a_2_1_variable_is_told():
    one = variable("NetworkConfiguration", "OcppCsmsUrl", instance="3", attributeValue="wss://elsewhere")
    taken = {"setVariableResult": [{**one, "attributeStatus": "Accepted"}]}
    other = {"setVariableResult": [{**one, "component": {"name": "NetworkConfiguration", "instance": "4"}}]}
    assert facts("SetVariables", {"setVariableData": [one]}, taken) == [
        NetworkProfileSet(identity=STATION, url="wss://elsewhere", slot=3)
    ]
    assert facts("SetVariables", {"setVariableData": [one]}, other) == []


@pytest.mark.parametrize(
    ("kind", "told"),
    [("CSMSRootCertificate", 1), ("CentralSystemRootCertificate", 1), ("V2GRootCertificate", 0)],
)
def test_m05_an_installed_csms_root_is_told(kind, told):
    request = {"certificateType": kind, "certificate": "-----BEGIN"}
    installed = RootCertificateChanged(identity=STATION, change="installed")
    assert facts("InstallCertificate", request, {"status": "Accepted"}) == [installed] * told
    assert facts("InstallCertificate", request, {"status": "Failed"}) == []


def test_m04_a_deleted_certificate_is_told():
    request = {"certificateHashData": {"serialNumber": "1"}}
    deleted = RootCertificateChanged(identity=STATION, change="deleted")
    assert facts("DeleteCertificate", request, {"status": "Accepted"}) == [deleted]
    assert facts("DeleteCertificate", request, {"status": "NotFound"}) == []


def test_p4_7_signed_exchanges_are_read_too():
    def sign(payload: object) -> dict[str, str]:
        return {"payload": base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()}

    found = facts("BootNotification-Signed", sign({}), sign({"status": "Accepted", "interval": 9}))
    assert found == [StationBooted(identity=STATION, registration=Registration.ACCEPTED, interval_s=9)]


@pytest.mark.parametrize("caller", list(Leg))
@pytest.mark.parametrize("action", ["BootNotification", "SetVariables", "ChangeConfiguration", "SetNetworkProfile"])
@pytest.mark.parametrize("junk", [b"", b"null", b"{", b"[" * 99_999, b'"\xff"', b'{"setVariableData":[{}]}'])
def test_p6_junk_tells_nothing_and_raises_nothing(caller, action, junk):
    assert read_exchange(STATION, caller, action, junk, junk) == []


@pytest.mark.parametrize(
    ("caller", "action", "request_", "answer"),
    [
        (Leg.CSMS, "BootNotification", b"{}", b'{"status":"Pending"}'),
        (Leg.STATION, "ChangeConfiguration", b'{"key":"AuthorizationKey","value":"x"}', b'{"status":"Accepted"}'),
        (Leg.STATION, "DeleteCertificate", b"{}", b'{"status":"Accepted"}'),
    ],
)
def test_p6_a_request_from_the_wrong_side_tells_nothing(caller, action, request_, answer):
    assert read_exchange(STATION, caller, action, request_, answer) == []


def test_most_exchanges_tell_nothing():
    assert facts("Heartbeat", {}, {"currentTime": "x"}) == []


@pytest.mark.parametrize(
    ("answer", "good"),
    [(b'{"status":"Accepted"}', True), (b"{}", True), (b"{", True), (b'{"status":"Rejected"}', False)],
)
def test_an_own_call_is_refused_only_by_a_status_that_says_so(answer, good):
    assert accepted(answer) is good
