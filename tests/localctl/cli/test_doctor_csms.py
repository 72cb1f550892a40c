"""What doctor hears from a CSMS: a real socket that answers as each kind of CSMS would."""

import base64
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate

import pytest

from localctl.cli import doctor_csms as doctor
from localctl.cli.findings import Finding, Level
from tests.e2e.joined import free_port
from tests.localctl.boxes import config
from tests.localctl.net.certificates import Pki

PASSWORD = (
    '[[station]]\nidentity = "CP 1"\npassword = "what-it-sends-to-us"\nupstream_password = "sixteen-bytes-or-more"\n'
)


class Csms:
    """One connection is answered with these bytes; what was asked is kept."""

    def __init__(self, answer: bytes, context: ssl.SSLContext | None = None) -> None:
        self.asked, self._answer, self._context = b"", answer, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        wire, _ = self._listener.accept()
        with suppress(OSError), wire:
            if self._context is not None:
                wire = self._context.wrap_socket(wire, server_side=True)
            self.asked = wire.recv(65536)
            wire.sendall(self._answer)
            wire.close()

    def close(self) -> None:
        self._thread.join(30)
        self._listener.close()


@contextmanager
def csms(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[Csms]:
    one = Csms(answer, context)
    yield one
    one.close()


def answer(status: int, *, date: float | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} x", "Content-Length: 0"]
    lines += [f"Date: {formatdate(date, usegmt=True)}"] if date is not None else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def found(folder, port: int, *, station: str | None = None, tls: str = "", more: str = "") -> list[Finding]:
    """What is found of the CSMS at this port."""
    one = config(folder, csms_port=port, more=more)
    upper = one.csms[0].model_copy(
        update={"url": f"wss://127.0.0.1:{port}/ocpp", "ca_file": folder / tls} if tls else {}
    )
    return list(doctor.csms(one, upper, doctor.caller(one, station)))


def faults(findings: list[Finding]) -> list[str]:
    return [f"{one.where}: {one.what}" for one in findings if one.level is Level.FAULT]


@pytest.mark.parametrize("status", [401, 403, 404, 101])
def test_a_csms_that_refuses_or_takes_a_stranger_is_well_and_nobody_s_name_is_used(tmp_path, status):
    with csms(answer(status)) as one:
        findings = found(tmp_path, one.port, more=PASSWORD)
    assert faults(findings) == []
    assert b"GET /localctl-doctor HTTP/1.1" in one.asked
    assert b"Authorization" not in one.asked


@pytest.mark.parametrize(("status", "words"), [(302, "redirects"), (500, "answers 500"), (200, "answers 200")])
def test_what_answers_but_is_no_ocpp_endpoint_is_a_fault(tmp_path, status, words):
    with csms(answer(status)) as one:
        assert words in faults(found(tmp_path, one.port))[0]


@pytest.mark.parametrize(("status", "good"), [(101, True), (401, False)])
def test_with_as_the_station_s_own_name_and_password_are_used_and_never_shown(tmp_path, status, good):
    with csms(answer(status)) as one:
        findings = found(tmp_path, one.port, station="CP 1", more=PASSWORD)
    assert b"GET /CP%201 HTTP/1.1" in one.asked
    assert base64.b64encode(b"CP 1:sixteen-bytes-or-more") in one.asked
    assert (faults(findings) == []) is good
    assert "sixteen-bytes-or-more" not in repr(findings)


@pytest.mark.parametrize(("ahead_s", "good"), [(0, True), (20, True), (-300, False), (86_400, False)])
def test_a_clock_that_differs_from_the_csms_s_is_a_fault(tmp_path, ahead_s, good):
    with csms(answer(401, date=time.time() + ahead_s)) as one:
        findings = found(tmp_path, one.port)
    assert (faults(findings) == []) is good
    assert any("clock" in finding.where for finding in findings)


def test_a_date_that_is_none_is_no_reason_to_complain(tmp_path):
    with csms(answer(401).replace(b"Content", b"Date: yesterday\r\nContent")) as one:
        assert faults(found(tmp_path, one.port)) == []


def test_a_csms_that_hangs_up_is_a_fault(tmp_path):
    with csms(b"") as one:
        assert "hangs up" in faults(found(tmp_path, one.port))[0]


def test_a_port_where_nobody_listens_and_a_name_nobody_knows_are_told_apart(tmp_path, monkeypatch):
    assert "Connection refused" in faults(found(tmp_path, free_port()))[0]

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    assert "is not known" in faults(found(tmp_path, 9))[0]


def test_a_certificate_that_is_accepted_is_told_with_its_end(tmp_path):
    with csms(answer(401), context(Pki(tmp_path))) as one:
        findings = found(tmp_path, one.port, tls="ca.pem")
    assert faults(findings) == []
    assert any("its certificate is accepted and ends in" in finding.what for finding in findings)
    assert b"GET /ocpp/localctl-doctor" in one.asked


def test_a_certificate_of_nobody_we_know_is_a_fault_that_names_ca_file(tmp_path):
    (tmp_path / "other").mkdir()
    Pki(tmp_path / "other")
    with csms(answer(401), context(Pki(tmp_path))) as one:
        findings = found(tmp_path, one.port, tls="other/ca.pem")
    assert "its certificate is not accepted" in faults(findings)[0]
    assert "ca_file" in findings[-1].hint


def test_a_csms_without_tls_behind_a_wss_address_is_a_fault(tmp_path):
    Pki(tmp_path)
    with csms(answer(400)) as one:
        assert "TLS fails" in faults(found(tmp_path, one.port, tls="ca.pem"))[0]


def context(pki: Pki) -> ssl.SSLContext:
    pair = pki.pair("csms", "127.0.0.1")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pair.cert_file, pair.key_file)
    return made
