"""`localctl doctor` as a whole: the verdict, the bundle, and whom it asks in whose name."""

import json
import os
from pathlib import Path

import pytest

from localctl.cli import FAILED, OK, doctor
from localctl.cli import doctor_csms as upward
from localctl.cli.findings import fault, good
from localctl.web.local_socket import LocalSocket
from tests.localctl.boxes import config, text
from tests.localctl.cli.test_bundle import CANARY, SECRETS, pages_of
from tests.localctl.web.served import Served


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration whose CSMS is well and whose daemon does not run."""
    monkeypatch.setattr(upward, "csms", lambda *_: [good("CSMS", "well")])
    written = tmp_path / "config.toml"
    written.write_text(text(tmp_path))
    return written


def test_a_healthy_box_that_is_not_started_has_warnings_and_no_fault(file: Path, capsys: pytest.CaptureFixture[str]):
    assert doctor.run(file) == OK
    shown = capsys.readouterr().out
    assert "no running localctl" in shown
    assert "0 faults" in shown
    assert str(file.parent / "state" / "localctl.sock") in shown


def test_a_fault_ends_with_1_and_is_told(file: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(upward, "csms", lambda *_: [fault("CSMS", "is away", "call them")])
    assert doctor.run(file, as_json=True) == FAILED
    found = json.loads(capsys.readouterr().out)
    assert {"level": "fault", "where": "CSMS", "what": "is away", "hint": "call them"} in found


def test_a_configuration_with_mistakes_is_a_fault_and_the_rest_is_still_looked_at(file: Path, capsys):
    file.write_text("[controller\n")
    assert doctor.run(file) == FAILED
    assert "clock" in capsys.readouterr().out


def test_p7_the_bundle_has_every_page_and_no_secret(file: Path, tmp_path: Path, capsys):
    file.write_text(text(tmp_path, more=SECRETS))
    served = Served(local=LocalSocket(path=tmp_path / "state" / "localctl.sock"))
    doctor.run(file, bundle=tmp_path / "b.tgz")
    served.stop()
    pages = pages_of(tmp_path / "b.tgz")
    assert {Path(name).name for name in pages} == {
        "findings.json", "problems.txt", "versions.txt", "config.json", "files.txt", "state.json", "metrics.txt",
        "log.txt",
    }  # fmt: skip
    assert "localctl_build_info" in pages["localctl-support/metrics.txt"]
    assert CANARY not in "".join(pages.values()) + capsys.readouterr().out


def test_a_bundle_that_cannot_be_written_ends_with_1(file: Path, capsys):
    assert doctor.run(file, bundle=file) == FAILED
    assert "is there already and is left alone; name another file" in capsys.readouterr().err


def test_the_process_behind_the_socket_is_known(tmp_path: Path):
    served = Served(local=LocalSocket(path=tmp_path / "s.sock"))
    assert doctor.ask_daemon(f"unix:{tmp_path}/s.sock").pid == os.getpid()
    assert doctor.ask_daemon(served.url).pid is None
    served.stop()


def test_a_station_that_the_file_does_not_know_is_told(tmp_path: Path, monkeypatch):
    """Else a slip in its identity looks like a verdict of the CSMS."""
    monkeypatch.setattr(upward, "csms", lambda *_: [])
    found = [one for _, check in doctor._of_config(config(tmp_path), doctor.Daemon(where=""), "CP9") for one in check()]
    assert [one.what for one in found if one.where == "station CP9"] == ["is not in the configuration"]


@pytest.mark.parametrize(("connected", "asked_as"), [(False, "CP1"), (True, upward.STRANGER)])
def test_a_station_that_is_connected_is_never_asked_for_twice(tmp_path: Path, monkeypatch, connected, asked_as):
    callers = []

    def csms(_config, _csms, who):
        callers.append(who.identity)
        return []

    monkeypatch.setattr(upward, "csms", csms)
    row = {"identity": "cp1", "connected": connected, "upstream_connected": connected}
    daemon = doctor.Daemon(where="", state={"stations": [row]})
    for _, check in doctor._of_config(config(tmp_path), daemon, "CP1"):
        list(check())
    assert callers == [asked_as]


def test_the_first_line_says_which_file_was_looked_at(file: Path, monkeypatch, capsys: pytest.CaptureFixture[str]):
    doctor.run(file)
    assert capsys.readouterr().out.splitlines()[0] == f"looked at {file}"
    monkeypatch.chdir(file.parent)
    doctor.run()
    assert capsys.readouterr().out.splitlines()[0].startswith("looked at config.toml, because no file was named")


def test_a_box_of_another_file_here_is_named_and_not_taken_for_that_of_the_usual_one(file: Path, monkeypatch, capsys):
    folder = file.parent
    monkeypatch.chdir(folder)
    (folder / "site.toml").write_text('[controller]\nstate_dir = "other"\n')
    served = Served(local=LocalSocket(path=folder / "other" / "localctl.sock"))
    assert doctor.run() == OK
    served.stop()
    shown = " ".join(capsys.readouterr().out.split())
    assert "no running localctl" in shown
    assert f"a localctl answers on {folder}/other/localctl.sock" in shown
    assert "`localctl doctor site.toml`" in shown


def test_a_box_that_could_not_make_its_socket_is_found_on_its_port_and_that_is_told(file: Path, tmp_path: Path, capsys):
    served = Served()
    file.write_text(text(tmp_path, http_port=served.port))
    doctor.run(file)
    served.stop()
    shown = " ".join(capsys.readouterr().out.split())
    assert "answers on its port, but no running localctl at" in shown
    assert f"127.0.0.1:{served.port} answers" in shown
    assert "another program" not in shown
