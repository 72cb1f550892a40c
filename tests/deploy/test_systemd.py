"""The unit: what systemd thinks of it, and that it says the same as the program it starts."""

import re
import subprocess
from pathlib import Path

import pytest

from localctl.cli import BAD_CONFIG
from localctl.config.load import DEFAULT_FILES
from localctl.config.model import Controller
from localctl.net.settings import EdgeLimits
from localctl.observe.service import Notifier
from localctl.web.local_socket import SYSTEM_FOLDER
from tests.deploy.tools import need
from tests.repo.tree import ROOT

UNIT = ROOT / "deploy" / "systemd" / "localctl.service"
MOST_EXPOSED = 20
"""Tenths of a point of `systemd-analyze security`: 0 is a prison, 100 is root without any limit."""


def settings(section: str = "Service") -> dict[str, list[str]]:
    """Every setting of a section with its values in order."""
    found: dict[str, list[str]] = {}
    text = UNIT.read_text(encoding="utf-8").partition(f"[{section}]\n")[2].partition("\n[")[0]
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def only(name: str, section: str = "Service") -> str:
    (value,) = settings(section)[name]
    return value


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )


def test_systemd_finds_the_service_hardly_exposed():
    need("systemd-analyze")
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", UNIT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_gate_would_notice_a_unit_without_its_hardening(tmp_path: Path):
    need("systemd-analyze")
    bare = tmp_path / "bare.service"
    bare.write_text(UNIT.read_text(encoding="utf-8").partition("# What it has no business with.")[0])
    assert analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", bare).returncode != 0


def test_systemd_understands_every_line_of_the_unit(tmp_path: Path):
    """With a program in the place of ours, which is installed here only in the test of the Debian package."""
    need("systemd-analyze")
    copy = tmp_path / "localctl.service"
    copy.write_text(UNIT.read_text(encoding="utf-8").replace("/usr/bin/localctl", "/bin/true"))
    done = analyze("verify", "--man=no", copy)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reload_checks_the_file_before_the_process_hears_of_it():
    file = DEFAULT_FILES[-1]
    assert settings()["ExecReload"] == [f"+/usr/bin/localctl check {file}", "/bin/sh -c 'kill -HUP $MAINPID'"]
    assert only("ExecStart") == f"/usr/bin/localctl run --last-good {file}"


def test_it_is_tried_again_for_ever_but_for_a_configuration_that_cannot_be_used():
    assert only("RestartPreventExitStatus") == str(BAD_CONFIG)
    assert (only("Restart"), only("StartLimitIntervalSec", "Unit")) == ("always", "0")


def test_the_programs_own_folders_are_those_that_systemd_makes():
    assert str(Controller().state_dir) == f"/var/lib/{only('StateDirectory')}"
    assert str(SYSTEM_FOLDER) == f"/run/{only('RuntimeDirectory')}"


def test_the_watchdogs_period_is_read_as_systemd_gives_it():
    period_s = int(only("WatchdogSec"))
    assert (only("Type"), Notifier({"WATCHDOG_USEC": str(period_s * 1_000_000)}).watchdog_s) == ("notify", 30.0)


def test_there_are_descriptors_for_a_thousand_stations_and_all_strangers():
    limits, other = EdgeLimits(), 256
    assert int(only("LimitNOFILE")) >= 2 * limits.max_connections + limits.max_handshakes + other
    assert limits.max_connections >= 1000


def test_credentials_come_from_systemds_store_where_a_missing_one_keeps_nothing_from_starting():
    """An absolute path in LoadCredential= would."""
    assert settings()["LoadCredential"] == ["http.token:localctl.http.token"]


def test_the_log_needs_no_rotation_because_it_goes_to_the_journal():
    assert not {"StandardOutput", "StandardError", "LogsDirectory"} & set(settings())


@pytest.mark.parametrize("name", ["User", "Group"])
def test_the_services_user_is_made_by_sysusers(name: str):
    lines = (UNIT.parent / "localctl.sysusers").read_text(encoding="utf-8").splitlines()
    (user,) = [line.split()[1] for line in lines if line.startswith("u ")]
    assert only(name) == user
