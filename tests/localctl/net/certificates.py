"""Throw-away certificates of every kind the tests need."""

import trustme

from localctl.net.settings import CertificateFiles


class Pki:
    """One authority in a folder. `server` and `client` write a pair and say where."""

    def __init__(self, folder):
        self.folder, self.ca = folder, trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.ca_file))

    def pair(self, name, *sans, kind="ECDSA", cn=None):
        """A certificate for these names."""
        issued = self.ca.issue_cert(*sans, common_name=cn, key_type=trustme.KeyType[kind])
        cert_file, key_file = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        issued.private_key_pem.write_to_path(str(key_file))
        for at, blob in enumerate(issued.cert_chain_pems):
            blob.write_to_path(str(cert_file), append=bool(at))
        return CertificateFiles(cert_file=cert_file, key_file=key_file)
