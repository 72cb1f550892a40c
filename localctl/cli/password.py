"""`localctl password hash`: turns a station's password into what the configuration may hold.

The password is typed without echo, or is one line of standard input; it is never an argument, where every user of the
machine could read it.
"""

import sys
from getpass import getpass

from localctl.cli import OK, USAGE
from localctl.cli.render import talk


def run() -> int:
    """Print the scrypt hash of one password on stdout (A01)."""
    from localctl.net.credentials import hash_password

    try:
        password = getpass("Password of the station: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    except EOFError:
        password = ""
    if not password:
        talk("no password given\nhint: type one, or pipe one line into `localctl password hash`")
        return USAGE
    print(hash_password(password.encode()))
    return OK
