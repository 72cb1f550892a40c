"""The command line. `main` knows the commands and their options; each command is a module loaded when it is called.

Data goes to stdout, talk to stderr. How a command ends is one of few exit codes, the same for all (`EXIT_CODES`).
"""

from collections.abc import Mapping
from typing import Final

OK = 0
FAILED = 1
USAGE = 2
WARNINGS = 3
UNAVAILABLE = 69
BAD_CONFIG = 78
INTERRUPTED = 130

EXIT_CODES: Final[Mapping[int, str]] = {
    OK: "Done, and all is well.",
    FAILED: "It ran and failed, was refused, or `doctor` found a fault.",
    USAGE: "Wrong usage.",
    WARNINGS: "Warnings and no error, under `check --strict`.",
    UNAVAILABLE: "No running localctl answers.",
    BAD_CONFIG: "The configuration is invalid.",
    INTERRUPTED: "Ended by Ctrl-C.",
}
"""Each exit code and what it means, for `--help`, the manual page and the documentation."""
