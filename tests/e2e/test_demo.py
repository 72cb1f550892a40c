"""The demo as anybody starts it: a process of its own, judged by its exit code."""

import re
import signal
import subprocess
import sys

from tests.e2e.processes import REPOSITORY

COMMAND = [sys.executable, "-m", "localctl", "demo", "--plain"]
CLEAN = re.compile(r"^[\d,]+ messages, 0 lost, 0 altered", re.MULTILINE)


def test_a_short_demo_through_the_real_localctl_loses_nothing_and_keeps_every_limit():
    done = subprocess.run([*COMMAND, "--fast"], cwd=REPOSITORY, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert CLEAN.search(done.stdout)
    assert "12 of 12 stations came back" in done.stdout
    assert "; no fuse overdrawn, EMS 80 -> 40 A followed within " in done.stdout
    assert 'localctl: "station connected" station=DEMO-12 subprotocol=ocpp2.1' in done.stdout


def test_ctrl_c_ends_it_early_with_its_verdict():
    demo = subprocess.Popen([*COMMAND, "--duration", "60"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    with demo:
        seen = []
        for line in demo.stdout:
            seen.append(line)
            if "a car starts charging" in line:
                demo.send_signal(signal.SIGINT)
                break
        seen += demo.stdout.readlines()
        assert demo.wait(60) == 0, "".join(seen)
    assert CLEAN.search("".join(seen))
    assert "away" not in seen[-1]


def test_the_line_to_paste_turns_the_slider_holds_the_script_and_is_in_the_verdict():
    demo = subprocess.Popen([*COMMAND, "--duration", "60"], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    with demo:
        seen, line, pasted = [], "", None
        for told in demo.stdout:
            seen.append(told)
            line = told.partition("another terminal: ")[2].strip() if " limit set " in told else line
            if pasted is None and "a car starts charging" in told:
                pasted = subprocess.run(line, cwd=REPOSITORY, shell=True, capture_output=True, text=True, timeout=30)
            if "main at 40 A (EMS): " in told:
                demo.send_signal(signal.SIGINT)
                break
        seen += demo.stdout.readlines()
        assert demo.wait(60) == 0, "".join(seen)
    assert pasted.returncode == 0, pasted.stderr
    assert any("somebody else limits main to 40 A" in one for one in seen)
    assert any("the slider is yours: the script is held" in one for one in seen)
    assert re.search(r", by hand 80 -> 40 A followed within \d", seen[-1])
