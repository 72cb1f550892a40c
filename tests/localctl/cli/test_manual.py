"""The manual is made from the commands, is up to date, and says every exit code."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localctl.cli import EXIT_CODES, OK, USAGE, manual

TOP = Path(__file__).parents[3]
SHELLS = ("bash", "fish", "zsh")


@pytest.mark.parametrize(
    ("form", "file"), [(manual.man, "deploy/man/localctl.1"), (manual.markdown, "localctl/docs/cli.md")]
)
def test_the_shipped_manual_is_up_to_date(form, file):
    assert form() == (TOP / file).read_text(), "run `make docs`"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shipped_completion_is_up_to_date_and_the_shell_can_read_it(shell: str):
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['localctl']; from localctl.cli.main import main; main()"],
        capture_output=True, text=True, timeout=120, check=True, cwd=TOP,
        env={"PATH": "/usr/bin:/bin", "_LOCALCTL_COMPLETE": f"source_{shell}"},
    )  # fmt: skip
    shipped = TOP / "deploy" / "completion" / shell
    assert done.stdout.lstrip("\n") == shipped.read_text(), "run `make docs`"
    if shutil.which(shell):
        assert subprocess.run([shell, "-n", shipped], check=False, timeout=60).returncode == 0


def test_zsh_finds_the_command_in_the_first_line():
    assert (TOP / "deploy" / "completion" / "zsh").read_text().startswith("#compdef localctl\n")


def test_bash_completes_commands_and_options(tmp_path: Path):
    """Through the shipped script, with a `localctl` on the path as a package would put it there."""
    program = tmp_path / "localctl"
    program.write_text(f"#!{sys.executable}\nfrom localctl.cli.main import main\nmain()\n")
    program.chmod(0o755)
    script = TOP / "deploy" / "completion" / "bash"
    ask = f". {script}; COMP_WORDS=(localctl ou); COMP_CWORD=1; _localctl_completion localctl; echo ${{COMPREPLY[@]}}"
    done = subprocess.run(
        ["bash", "-c", ask], capture_output=True, text=True, timeout=120, check=False, cwd=TOP,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(TOP)},
    )  # fmt: skip
    assert done.stdout.split() == ["outbox"], done.stderr


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed here; CI has it")
def test_groff_has_nothing_to_complain_about():
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", TOP / "deploy" / "man" / "localctl.1"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_is_there_with_its_options_and_choices():
    page = manual.markdown()
    names = [entry.name for entry in manual.entries()]
    assert names == sorted(names)
    assert {"localctl run", "localctl outbox retry", "localctl config init", "localctl doctor"} <= set(names)
    assert "## `localctl explain [OPTIONS] STATION[/EVSE]`" in page
    assert "| `--format text\\|json\\|github` | How findings are told. Default: text. |" in page
    assert "| `[FILES...]` |" in page


@pytest.mark.parametrize("form", [manual.man, manual.markdown])
def test_every_exit_code_is_told(form):
    for code in EXIT_CODES:
        assert f"B {code}\n" in form() or f"| `{code}` |" in form()


def test_nothing_in_a_text_is_taken_for_a_macro():
    assert manual._roff(".TH is `no` macro\\n -x") == r"\&.TH is no macro\en \-x"


def test_wrong_words_are_wrong_usage(capsys: pytest.CaptureFixture[str]):
    assert (manual.main([]), manual.main(["html"])) == (USAGE, USAGE)
    assert "man|markdown" in capsys.readouterr().err
    assert manual.main(["man"]) == OK
    assert capsys.readouterr().out == manual.man()
