"""What several commands take alike."""

from pathlib import Path

from localctl.cli.options import at


def test_the_socket_option_goes_before_the_address():
    assert at("http://x", Path("/a/b.sock")) == "unix:/a/b.sock"
    assert (at("http://x", None), at("", None)) == ("http://x", "")
