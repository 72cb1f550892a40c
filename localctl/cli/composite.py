"""`localctl composite [FILE]`: composite schedules for profiles in a file, without a station.

Reads one request or an array of requests (the format is in `charging.composition.composite_request`) from FILE or from
standard input and prints one JSON line for each. A request that is wrong gets a line with "error"; the others are
answered all the same.
"""

import json
import sys
from pathlib import Path
from typing import Final

from localctl.charging.composition.composite_request import calculate
from localctl.cli import OK, USAGE
from localctl.cli.render import talk

EXPECTED: Final = "expected one request object or an array of them; `localctl docs cli` shows one"
READABLE: Final = "name a JSON file that is there and that you may read, or pipe one into `localctl composite`"


def run(path: Path | None) -> int:
    """Answer every request in the file, or on standard input where path is None or "-".

    Returns 0 when every request has its line (of periods or of an error), 2 when the input cannot be read or is no
    JSON; then standard error says what and where.
    """
    from_file = path if path is not None and str(path) != "-" else None
    source = "standard input" if from_file is None else str(from_file)
    try:
        raw = sys.stdin.buffer.read() if from_file is None else from_file.read_bytes()
        requests = json.loads(raw.decode("utf-8-sig"), parse_int=integer)
    except OSError as problem:
        return refuse(source, problem.strerror or str(problem), READABLE)
    except json.JSONDecodeError as problem:
        return refuse(source, f"line {problem.lineno}, column {problem.colno}: not JSON: {problem.msg}")
    except UnicodeDecodeError as problem:
        return refuse(source, f"byte {problem.start}: not UTF-8 text")
    except RecursionError as problem:
        return refuse(source, f"not JSON anybody can use: {problem}")
    for request in requests if isinstance(requests, list) else [requests]:
        sys.stdout.write(json.dumps(calculate(request), allow_nan=False) + "\n")
    return OK


def integer(digits: str) -> int | float:
    """An integer of JSON; one too long to be read counts as infinite, which is wrong in its own request only."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def refuse(source: str, what: str, hint: str = EXPECTED) -> int:
    """Say why there is no answer at all."""
    talk(f"localctl composite: {source}: {what}\nhint: {hint}")
    return USAGE
