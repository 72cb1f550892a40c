"""What a relayed exchange means for the box: read from request and answer together, after both were passed on.

Only exchanges that change what the box must know are read: registration (B01), a new Basic password (A01), another CSMS
address (B09), changed root certificates (M04, M05). Names are compared without case (identifierString). A payload that
does not read as expected means nothing happened; judging it is the peers' business.
"""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from routing.actions import unsigned
from routing.observations import (
    NetworkProfileSet,
    Observation,
    PasswordChanged,
    Registration,
    RootCertificateChanged,
    StationBooted,
)
from routing.signed import unwrapped
from routing.values import Leg


class _Named(Struct):
    name: str = ""
    instance: str | None = None


class _Datum(Struct, rename="camel"):
    component: _Named
    variable: _Named
    attribute_type: str = "Actual"
    attribute_value: str = ""
    attribute_status: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        instance = self.component.instance or ""
        return self.component.name.casefold(), instance.casefold(), self.variable.name.casefold()


class _SetVariables(Struct, rename="camel"):
    set_variable_data: list[_Datum]


class _SetVariablesResult(Struct, rename="camel"):
    set_variable_result: list[_Datum]


class _ChangeConfiguration(Struct):
    key: str
    value: str


class _Status(Struct):
    status: str = ""
    interval: int = 0


class _Connection(Struct):
    url: str = msgspec.field(name="ocppCsmsUrl")


class _SetNetworkProfile(Struct, rename="camel"):
    configuration_slot: int
    connection_data: _Connection


class _InstallCertificate(Struct, rename="camel"):
    certificate_type: str


_TAKEN = frozenset({"Accepted", "RebootRequired"})
_ROOTS = frozenset({"CSMSRootCertificate", "CentralSystemRootCertificate"})
_PASSWORD = ("securityctrlr", "", "basicauthpassword")
_CSMS_URL = ("networkconfiguration", "ocppcsmsurl")

_status = msgspec.json.Decoder(_Status).decode
_set_variables = msgspec.json.Decoder(_SetVariables).decode
_set_variables_result = msgspec.json.Decoder(_SetVariablesResult).decode
_change_configuration = msgspec.json.Decoder(_ChangeConfiguration).decode
_set_network_profile = msgspec.json.Decoder(_SetNetworkProfile).decode
_install_certificate = msgspec.json.Decoder(_InstallCertificate).decode


def accepted(answer: bytes) -> bool:
    """False when an answer says that the request was not accepted; answers without a status count as accepted."""
    try:
        return _status(answer).status in ("", *_TAKEN)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return True


def read_exchange(identity: str, caller: Leg, action: str, request: bytes, answer: bytes) -> list[Observation]:
    """The facts one answered CALL of that caller establishes; none for most."""
    reader = (_OF_STATION if caller is Leg.STATION else _OF_CSMS).get(unsigned(action))
    if reader is None:
        return []
    try:
        return list(reader(identity, unwrapped(action, request), unwrapped(action, answer)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []


def _boot(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    said = _status(answer)
    if said.status in ("Accepted", "Pending", "Rejected"):
        yield StationBooted(identity=identity, registration=Registration(said.status), interval_s=said.interval)


def _variables(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    results = _set_variables_result(answer).set_variable_result
    taken = {datum.key for datum in results if datum.attribute_status in _TAKEN and datum.attribute_type == "Actual"}
    for datum in _set_variables(request).set_variable_data:
        if datum.key not in taken or datum.attribute_type != "Actual":
            continue
        component, instance, variable = datum.key
        if datum.key == _PASSWORD:
            yield PasswordChanged(identity=identity, password=datum.attribute_value.encode())
        if (component, variable) == _CSMS_URL:
            slot = int(instance) if instance.isdecimal() else 0
            yield NetworkProfileSet(identity=identity, url=datum.attribute_value, slot=slot)


def _configuration(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    change = _change_configuration(request)
    if change.key.casefold() == "authorizationkey" and _status(answer).status in _TAKEN:
        yield PasswordChanged(identity=identity, password=change.value.encode())


def _network_profile(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    profile = _set_network_profile(request)
    if _status(answer).status in _TAKEN:
        yield NetworkProfileSet(identity=identity, url=profile.connection_data.url, slot=profile.configuration_slot)


def _root_installed(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    if _install_certificate(request).certificate_type in _ROOTS and _status(answer).status in _TAKEN:
        yield RootCertificateChanged(identity=identity, change="installed")


def _root_deleted(identity: str, request: bytes, answer: bytes) -> Iterator[Observation]:
    """The request names a certificate by its hash only, so any deletion may have been a root."""
    if _status(answer).status in _TAKEN:
        yield RootCertificateChanged(identity=identity, change="deleted")


_Reader = Callable[[str, bytes, bytes], Iterator[Observation]]
_OF_STATION: dict[str, _Reader] = {"BootNotification": _boot}
_OF_CSMS: dict[str, _Reader] = {
    "SetVariables": _variables,
    "ChangeConfiguration": _configuration,
    "SetNetworkProfile": _network_profile,
    "InstallCertificate": _root_installed,
    "DeleteCertificate": _root_deleted,
}
