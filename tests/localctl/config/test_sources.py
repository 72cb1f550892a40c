"""Where a secret comes from: file, then systemd credential, then environment, then the text itself."""

from pathlib import Path

import pytest

from tests.localctl.config.files import ROUTER, read, whats

GOOD = "0123456789abcdef"


@pytest.fixture
def folder(tmp_path):
    """A folder with a token file and a credentials folder beside it."""
    token = tmp_path / "token"
    token.write_text(f"{GOOD}-file\nanother line\n")
    token.chmod(0o600)
    (tmp_path / "credentials").mkdir()
    return tmp_path


def token_of(loaded):
    return loaded.config.http.token.reveal()


def test_a_file_wins_over_everything_and_its_first_line_counts(folder):
    (folder / "credentials" / "http.token").write_text(f"{GOOD}-credential")
    environ = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    loaded = read(ROUTER + f'[http]\ntoken = "{GOOD}-inline"\ntoken_file = "token"\n', folder=folder, environ=environ)
    assert token_of(loaded) == f"{GOOD}-file"
    assert whats(loaded) == ["`token_file` is there too and is used instead"]


def test_a_systemd_credential_with_the_name_of_the_key_wins_over_the_file_s_own_text(folder):
    (folder / "credentials" / "http.token").write_text(f"{GOOD}-credential\n")
    (folder / "credentials" / "station.CP-1.password").write_text("pass")
    environ = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    text = ROUTER + f'[http]\ntoken = "{GOOD}-inline"\n[[station]]\nidentity = "CP-1"\nverify = "local"\n'
    loaded = read(text, folder=folder, environ=environ)
    assert token_of(loaded) == f"{GOOD}-credential"
    assert loaded.config.station_of("CP-1").password.reveal() == "pass"
    assert loaded.problems == ()


def test_an_identity_cannot_reach_out_of_the_credentials_folder(folder):
    (folder / "credentials" / "station.").mkdir()
    (folder / "x.password").write_text("pass")
    environ = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    loaded = read(ROUTER + '[[station]]\nidentity = "/../../x"\n', folder=folder, environ=environ)
    assert loaded.config.station[0].password is None


def test_a_credential_that_is_closed_to_this_user_is_an_error_that_says_so(folder, monkeypatch):
    """systemd 252 hides credentials from the commands of ExecReload=."""

    def closed(path, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", closed)
    loaded = read(ROUTER, environ={"CREDENTIALS_DIRECTORY": str(folder / "credentials")})
    assert whats(loaded) == [f"{folder}/credentials/http.token may not be read by this user"]


def test_an_identity_too_long_for_a_file_name_has_no_credential(folder):
    environ = {"CREDENTIALS_DIRECTORY": str(folder / "credentials")}
    loaded = read(ROUTER + f'[[station]]\nidentity = "{"x" * 255}"\n', folder=folder, environ=environ)
    assert loaded.config.station[0].password is None


def test_the_environment_is_used_where_the_file_names_it(folder):
    loaded = read(ROUTER + '[http]\ntoken = "${TOKEN}"\n', environ={"TOKEN": f"{GOOD}-environment"})
    assert token_of(loaded) == f"{GOOD}-environment"
    assert loaded.problems == ()


def test_an_unset_variable_is_an_error_that_names_it():
    assert whats(read(ROUTER + '[http]\ntoken = "${TOKEN}"\n')) == ["the environment variable TOKEN is not set"]


def test_the_text_itself_works_and_earns_a_warning():
    loaded = read(ROUTER + f'[http]\ntoken = "{GOOD}"\n')
    assert token_of(loaded) == GOOD
    assert whats(loaded) == ["is written in the file itself"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\nx", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * 5000, "is longer than 4096 bytes"),
    ],
)
def test_a_secret_file_that_holds_no_password_is_an_error(folder, content, what):
    (folder / "token").write_bytes(content)
    loaded = read(ROUTER + '[http]\ntoken_file = "token"\n', folder=folder)
    assert what in whats(loaded)[0]
    assert loaded.config is None


def test_a_secret_file_for_everybody_earns_a_warning(folder):
    (folder / "token").chmod(0o644)
    loaded = read(ROUTER + '[http]\ntoken_file = "token"\n', folder=folder)
    assert whats(loaded) == [f"{folder}/token can be read by every user of this box"]


def test_the_password_for_the_csms_comes_from_the_same_places(folder):
    files = 'password_file = "token"\nupstream_password_file = "token"\n'
    loaded = read(f'{ROUTER}[[station]]\nidentity = "CP1"\n{files}', folder=folder)
    assert loaded.config.station[0].upstream_password.reveal() == f"{GOOD}-file"
