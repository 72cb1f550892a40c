"""The support bundle has what helps and no secret (P7)."""

import base64
import json
import stat
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.cli import bundle
from localctl.cli.new_file import NotWritten
from tests.localctl.boxes import config

CANARY = "canary-7f3a-hunter2-xyz"
SECRETS = f"""
[[station]]
identity = "CP1"
password = "{CANARY}"
upstream_password = "{CANARY}-up"
"""


def pages_of(file: Path) -> dict[str, str]:
    with tarfile.open(file) as tar:
        return {member.name: tar.extractfile(member).read().decode() for member in tar.getmembers()}


def test_the_bundle_is_for_its_owner_and_never_replaces_a_file(tmp_path):
    file = tmp_path / "b.tar.gz"
    bundle.write(file, {"a.txt": f"x {CANARY} y"}, [CANARY])
    assert pages_of(file) == {"localctl-support/a.txt": "x [hidden] y"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(NotWritten):
        bundle.write(file, {}, [])


@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_p7_a_secret_inside_base64_is_found_wherever_it_begins(before: bytes, after: bytes):
    coded = base64.b64encode(before + CANARY.encode() + after).decode()
    left = bundle.Scrubber([CANARY])(coded)
    assert "[hidden]" in left
    # At each end of it a character or two are made of the neighbours' bits as well.
    assert len(left.replace("[hidden]", "")) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 8


def test_p7_hexadecimal_too_and_short_secrets_do_not_eat_the_text():
    assert bundle.Scrubber([CANARY])(CANARY.encode().hex()) == "[hidden]"
    assert bundle.Scrubber(["a", ""])("a cat") == "a cat"


def test_p7_every_secret_of_the_configuration_is_masked(tmp_path):
    one = config(tmp_path, more=SECRETS).model_copy()
    page = bundle.config_page(one)
    assert CANARY not in page
    assert json.loads(page)["station"][0]["identity"] == "CP1"
    assert json.loads(page)["http"]["port"] == one.http.port
    assert set(bundle.secrets_of(one)) == {CANARY, f"{CANARY}-up"}


def test_a_hash_is_a_secret_too():
    assert bundle.masked({"password_hash": "scrypt$x", "evses": [{"id": 1}], "token": None}) == {
        "password_hash": "(hidden)",
        "evses": [{"id": 1}],
        "token": None,
    }


def test_state_and_log_pass_the_redaction():
    assert CANARY not in bundle.state_page({"idToken": CANARY, "a": [{"password": CANARY}]})
    assert bundle.log_page([f"x Authorization: Basic {CANARY}", "y"]) == "x Authorization: [hidden]\ny\n"


def test_versions_name_the_program_and_its_packages():
    page = bundle.versions_page()
    assert page.startswith("localctl ")
    assert "trio " in page


def test_files_are_told_by_name_and_size_only(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "security.json").write_text(CANARY)
    page = bundle.files_page(tmp_path)
    assert str(len(CANARY)) in page
    assert "sub/security.json" in page
    assert CANARY not in page
    assert bundle.files_page(tmp_path / "nope") == ""


def test_where_the_service_cannot_be_asked_journald_is():
    assert bundle.journal(("printf", "one\\ntwo\\n")) == ["one", "two"]
    assert bundle.journal(("/nonexistent/journalctl",)) == []
