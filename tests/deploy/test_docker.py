"""The Dockerfile, which is built where there is a Docker: the rules that can be held against its text."""

import json
import re
import tomllib
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from localctl.cli.main import app
from tests.repo.tree import ROOT

FOLDER = ROOT / "deploy" / "docker"
SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")


@dataclass(frozen=True)
class Line:
    """One instruction, its continuation lines joined."""

    word: str
    rest: str

    @property
    def command(self) -> list[str]:
        """The words of an instruction in exec form; a shell form is no JSON and fails here."""
        words = json.loads(self.rest[self.rest.index("[") :])
        assert all(isinstance(word, str) for word in words)
        return words


def instructions() -> list[Line]:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", text)
    return [Line(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def stages() -> list[list[Line]]:
    found: list[list[Line]] = []
    for line in instructions():
        if line.word == "FROM":
            found.append([])
        found[-1].append(line)
    return found


def only(word: str) -> Line:
    """The one such instruction of the image that is kept."""
    (line,) = (line for line in stages()[-1] if line.word == word)
    return line


def test_every_stage_has_the_same_base_pinned_to_a_patch_release():
    bases = {stage[0].rest.split(" AS ")[0] for stage in stages()}
    (base,) = bases
    assert re.fullmatch(r"python:\d+\.\d+\.\d+-slim-[a-z]+", base)


def test_the_base_has_a_python_that_the_project_runs_on():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    release = stages()[0][0].rest.split(":")[1].split("-")[0].rsplit(".", 1)[0]
    assert wanted == f">={release}"


def test_nothing_names_an_architecture_so_that_it_builds_for_all():
    text = " ".join(f"{line.word} {line.rest}" for line in instructions())
    assert not re.search(r"amd64|arm64|x86_64|aarch64|--platform", text)


def test_packages_are_taken_by_their_hash_and_as_wheels_alone():
    installs = [line.rest for line in instructions() if "pip install" in line.rest]
    locked = [line for line in installs if "requirements.lock" in line]
    assert len(locked) == 1
    assert "--require-hashes" in locked[0]
    assert "--only-binary :all:" in locked[0]
    assert all("--no-deps" in line and "--no-cache-dir" in line for line in installs)


def test_nothing_is_fetched_from_anywhere_else():
    assert not [line for line in instructions() if line.word == "ADD" or re.search(r"curl|wget|apt|https?:", line.rest)]


def test_it_runs_as_a_user_with_a_number_and_never_as_root():
    last = stages()[-1]
    user = only("USER").rest
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert f"--uid {user.split(':')[0]} " in next(line.rest for line in last if "useradd" in line.rest)
    words = [line.word for line in last]
    assert not {"RUN", "COPY"} & set(words[words.index("USER") :])


@pytest.mark.parametrize("word", ["ENTRYPOINT", "CMD", "HEALTHCHECK"])
def test_commands_are_in_exec_form_so_that_signals_reach_localctl(word: str):
    assert only(word).command[0] not in SHELLS


def test_the_health_check_asks_localctl_itself():
    assert only("HEALTHCHECK").command == [*only("ENTRYPOINT").command, "status"]


def test_what_it_starts_are_commands_and_options_that_exist():
    command, *options = only("CMD").command
    assert command == "run"
    shown = CliRunner().invoke(app, [command, "--help"], env={"NO_COLOR": "1", "COLUMNS": "200"}).output
    assert all(option in shown for option in options if option.startswith("-"))


def test_everything_that_is_copied_exists_and_is_let_through_to_the_builder():
    kept = {
        line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }  # fmt: skip
    copied = {
        source
        for line in instructions()
        if line.word == "COPY" and "--from" not in line.rest
        for source in line.rest.split()[:-1]
    }
    assert copied == kept
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_secrets_and_history_never_go_to_the_builder():
    lines = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"


def test_the_state_outlives_the_container_and_belongs_to_its_user():
    assert only("VOLUME").rest == "/var/lib/localctl"
    assert any("--owner=localctl" in line.rest and "/var/lib/localctl" in line.rest for line in stages()[-1])
