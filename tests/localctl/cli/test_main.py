"""The command line as a whole: which commands there are, what they load, how they end."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from localctl.cli import main

COMMANDS = {"commission",
    "run", "check", "demo", "status", "reload", "composite", "topology", "simulate", "explain", "profiles", "limit",
    "version", "config", "password", "doctor", "docs", "outbox",
}  # fmt: skip
runner = CliRunner()


def localctl(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real thing in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "localctl", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **environ},
        cwd=Path(__file__).parents[3],
    )


def test_these_are_the_commands():
    command = typer.main.get_command(main.app)
    assert set(command.commands) == COMMANDS  # type: ignore[attr-defined]


def test_every_command_and_option_has_help():
    command = typer.main.get_command(main.app)
    groups = [command, *command.commands.values()]  # type: ignore[attr-defined]
    for one in groups:
        assert one.help, one.name
        for each in getattr(one, "commands", {}).values():
            assert each.help, each.name
        for option in one.params:
            assert getattr(option, "help", None), f"{one.name} {option.name}"


def test_version_prints_data_only():
    done = localctl("version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("localctl ")


def test_version_is_an_option_too_as_people_expect():
    done = localctl("--version")
    assert (done.returncode, done.stdout) == (0, localctl("version").stdout)


def test_version_loads_nothing_it_does_not_need():
    """A box answers `localctl version` at once, even a slow one."""
    heavy = {"trio", "networkx", "starlette", "uvicorn", "prometheus_client", "msgspec", "routing"}
    code = (
        "import sys; sys.argv = ['localctl', 'version']\n"
        "from localctl.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sorted(name for name in sys.modules if '.' not in name), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "typer" in done.stderr.split()
    assert not heavy & set(done.stderr.split())


def test_wrong_usage_ends_with_2_and_says_so_on_stderr():
    done = localctl("statsu")
    assert (done.returncode, done.stdout) == (2, "")
    assert "status" in done.stderr


def test_an_unknown_option_ends_with_2():
    assert localctl("version", "--nope").returncode == 2


def test_no_running_localctl_ends_with_69():
    done = localctl("status", "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (69, "")
    assert "hint:" in done.stderr


def test_the_address_can_come_from_the_environment():
    assert "http://127.0.0.1:2" in localctl("status", LOCALCTL_URL="http://127.0.0.1:2").stderr


def test_no_color_is_honoured_and_so_is_a_pipe():
    assert "\x1b[" not in localctl("--help", NO_COLOR="1").stdout
    assert "\x1b[" not in localctl("--help").stdout


def test_ctrl_c_ends_with_130_and_without_a_traceback(monkeypatch: pytest.MonkeyPatch):
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "app", interrupted)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == main.INTERRUPTED


def test_a_reader_who_has_enough_is_no_fault_worth_a_traceback():
    code = "import sys; sys.argv = ['localctl', 'version']\nfrom localctl.cli.main import main; main()"
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; {sys.executable} -u -c "$0" | true', code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_a_bug_never_prints_local_variables():
    """They could hold secrets (P7)."""
    assert main.app.pretty_exceptions_enable is False
