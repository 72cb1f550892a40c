"""Certificates and keys that a configuration names are tried before a station does."""

import pytest
import trustme

from localctl.config.problems import Severity
from tests.localctl.config.files import ROUTER, read, whats


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A folder with a CA, a certificate with its key, and the key of another one."""
    folder = tmp_path_factory.mktemp("pki")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.crt"))
    for name in ("box", "other"):
        cert = ca.issue_cert(f"{name}.example")
        cert.cert_chain_pems[0].write_to_path(str(folder / f"{name}.crt"))
        cert.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        (folder / f"{name}.key").chmod(0o600)
    (folder / "text.txt").write_text("no certificate")
    return folder


def tls(cert="box.crt", key="box.key", ca="ca.crt"):
    return (
        ROUTER
        + f"""
[[listen]]
port = 8443
security_profile = 3
certificates = [{{ cert_file = "{cert}", key_file = "{key}" }}]
client_ca_file = "{ca}"
"""
    )


def test_fitting_files_are_fine(pki):
    assert read(tls(), folder=pki).problems == ()


def test_a_key_of_another_certificate_is_named_with_both_places(pki):
    loaded = read(tls(key="other.key"), folder=pki)
    assert whats(loaded) == [f"{pki}/other.key is not the key of {pki}/box.crt"]
    assert loaded.problems[0].path == "listen[1].certificates[0].key_file"
    assert loaded.problems[0].other is not None


def test_what_is_no_certificate_or_no_key_is_an_error(pki):
    assert "cannot be used together" in whats(read(tls(cert="text.txt"), folder=pki))[0]
    assert "cannot be used together" in whats(read(tls(key="text.txt"), folder=pki))[0]
    assert whats(read(tls(ca="text.txt"), folder=pki)) == [f"{pki}/text.txt holds no certificate"]


def test_a_missing_file_and_a_folder_are_errors(pki):
    assert whats(read(tls(ca="none.crt"), folder=pki)) == [f"no such file: {pki}/none.crt"]
    assert whats(read(tls(ca="."), folder=pki)) == [f"{pki} is not a file"]
    assert whats(read(tls(ca="a\\u0000b"), folder=pki)) == ["is not a possible file name"]


def test_a_key_for_everybody_earns_a_warning(pki):
    (pki / "open.key").write_bytes((pki / "box.key").read_bytes())
    (pki / "open.key").chmod(0o644)
    loaded = read(tls(key="open.key"), folder=pki)
    assert whats(loaded) == [f"{pki}/open.key can be read by every user of this box"]
    assert loaded.config is not None


def test_the_box_s_own_client_certificate_is_tried_too(pki):
    text = ROUTER.replace(
        '"wss://csms.example"', '"wss://c.example"\nclient_cert_file = "box.crt"\nclient_key_file = "other.key"'
    )
    assert f"{pki}/other.key is not the key of {pki}/box.crt" in whats(read(text, folder=pki))
    assert not any("box.crt" in what for what in whats(read(text.replace("other.key", "box.key"), folder=pki)))


def test_users_and_groups_that_the_box_does_not_have_are_a_warning():
    text = ROUTER + '[http]\nsocket_users = ["root", "no-such-user"]\nsocket_groups = ["no-such-group"]\n'
    problems = {problem.path: problem for problem in read(text).problems}
    assert problems["http.socket_users[1]"].what == 'this box has no user "no-such-user"'
    assert problems["http.socket_groups[0]"].severity is Severity.WARNING
    assert "http.socket_users[0]" not in problems
