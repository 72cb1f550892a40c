"""The command line. `main` knows the commands and their options; each command is a module loaded when it is called.

Data goes to stdout, talk to stderr. Exit codes: 0 good; 1 ran and failed; 2 wrong usage; 3 warnings under `--strict`;
69 no running localctl; 78 the configuration is invalid.
"""

OK = 0
FAILED = 1
USAGE = 2
WARNINGS = 3
UNAVAILABLE = 69
BAD_CONFIG = 78
