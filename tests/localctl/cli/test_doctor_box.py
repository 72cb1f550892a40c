"""What doctor says of clock, disk, ports, certificates and limits of the box."""

import os
import shutil
import socket
import time
from collections import namedtuple
from pathlib import Path

import pytest

from localctl.cli import doctor_box as box
from localctl.cli.check import read
from localctl.cli.findings import Level
from tests.e2e.joined import free_port
from tests.localctl.boxes import config, text
from tests.localctl.net.certificates import Pki

DAY = 86_400
SITE = '[[panel]]\nid = "main"\nfuse_a = 10\n[[station]]\nidentity = "CP1"\npanel = "main"\nphase_rotation = "RST"\n'
OUTLETS = "evses = [{{ id = 1, phases = 3, max_a = 16 }}]\nfailsafe_current_a = {}\n"


def levels(found) -> list[Level]:
    return [one.level for one in found]


@pytest.mark.parametrize(("failsafe", "level"), [(6, Level.GOOD), (12, Level.FAULT)])
def test_p3_the_failsafe_sum_is_part_of_the_verdict(tmp_path, failsafe, level):
    file = tmp_path / "config.toml"
    file.write_text(text(tmp_path, more=SITE + OUTLETS.format(failsafe)))
    assert level in levels(box.configuration(read(file)))


def test_a_mistake_is_a_fault_with_its_line_and_a_router_is_told_to_limit_nothing(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(text(tmp_path).replace("[defaults]", "[defaults]\nclose_stile = 1"))
    (wrong,) = box.configuration(read(file))
    assert wrong.level is Level.FAULT
    assert wrong.where.startswith(f"{file}:")
    assert "close_style" in wrong.hint
    file.write_text("x y")
    assert [one.hint for one in box.configuration(read(file))] == [f"`localctl check {file}` shows the line"]
    file.write_text(text(tmp_path))
    assert "routes and limits nothing" in list(box.configuration(read(file)))[-1].what


@pytest.mark.parametrize(("state", "level"), [(0, Level.GOOD), (box.UNSYNCHRONISED, Level.WARNING)])
def test_an_unsynchronised_clock_is_a_warning(state, level):
    assert levels(box.clock(lambda: state)) == [level]


def test_the_kernel_says_how_its_clock_is():
    assert box.clock_state() in range(6)


def test_a_state_directory_that_can_be_written_is_good_and_one_that_cannot_is_not(tmp_path):
    assert levels(box.state_folder(config(tmp_path, state_dir=tmp_path / "not" / "yet"))) == [Level.GOOD]
    (tmp_path / "file").touch()
    (found,) = box.state_folder(config(tmp_path, state_dir=tmp_path / "file" / "state"))
    assert (found.level, "cannot write" in found.what) == (Level.FAULT, True)


def test_a_full_disk_is_a_fault(tmp_path, monkeypatch):
    full = namedtuple("full", "total used free")(10**9, 10**9, 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    assert levels(box.state_folder(config(tmp_path))) == [Level.FAULT]


@pytest.mark.parametrize(
    ("days_before", "level", "words"),
    [(30, Level.GOOD, "ends in 30 days"), (5, Level.WARNING, "ends in 5 days"), (-1, Level.FAULT, "ended 1 day ago")],
)
def test_certificates_are_told_of_in_time(tmp_path, days_before, level, words):
    pair = Pki(tmp_path).pair("server", "127.0.0.1")
    listen = f'certificates = [{{ cert_file = "{pair.cert_file}", key_file = "{pair.key_file}" }}]'
    one = config(tmp_path, profile=2, listen=listen)
    now = box.expires_at(pair.cert_file) - days_before * DAY - 1
    (found,) = box.certificates(one, now)
    assert found.level is level
    assert words in found.what
    pair.cert_file.write_text("no certificate")
    assert levels(box.certificates(one, now)) == [Level.FAULT]


def test_while_it_runs_ports_answer_and_while_it_does_not_they_are_free(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = config(tmp_path, port=taken.getsockname()[1], http_port=free_port())
        assert levels(box.ports(one, runs=True)) == [Level.GOOD, Level.FAULT]
        assert levels(box.ports(one, runs=False)) == [Level.FAULT, Level.GOOD]


def test_every_station_needs_two_descriptors(tmp_path):
    one = config(tmp_path)
    assert levels(box.descriptors(one, pid=os.getpid())) == [Level.GOOD]
    many = one.model_copy(update={"station": tuple(range(10**7))})
    (found,) = box.descriptors(many, pid=None)
    assert (found.level, found.hint) == (Level.FAULT, "set LimitNOFILE= in the service unit")


def test_certificates_are_judged_by_the_clock_of_the_box(tmp_path):
    pair = Pki(tmp_path).pair("server", "127.0.0.1")
    listen = f'certificates = [{{ cert_file = "{pair.cert_file}", key_file = "{pair.key_file}" }}]'
    (found,) = box.certificates(config(tmp_path, profile=2, listen=listen))
    left = (box.expires_at(pair.cert_file) - time.time()) / DAY
    assert f"ends in {left:.0f} days" in found.what


def test_a_port_that_another_localctl_may_have_is_told_with_the_file_to_name(tmp_path):
    other = box.Neighbour(socket=tmp_path / "s.sock", file=tmp_path / "site.toml")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        one = config(tmp_path, port=taken.getsockname()[1], http_port=free_port())
        found, free = box.ports(one, runs=False, other=other)
    assert (found.level, free.level) == (Level.FAULT, Level.GOOD)
    assert "perhaps by a localctl" in found.what
    assert f"answers on {other.socket}" in found.hint
    assert f"`localctl doctor {other.file}`" in found.hint
    assert "doctor --socket /x.sock" in box.Neighbour(socket=Path("/x.sock")).hint


@pytest.mark.parametrize(("address", "host"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("127.0.0.5", "127.0.0.5")])
def test_a_port_on_all_addresses_is_asked_on_loopback(tmp_path, address, host):
    one = config(tmp_path, http_port=9180)
    one = one.model_copy(update={"http": one.http.model_copy(update={"address": address})})
    assert box.http_url(one) == f"http://{host}:9180"
