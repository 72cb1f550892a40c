"""A bug of ours as log fields: where it happened, and nothing of what was in the variables.

Tracebacks with values, and most exception texts, would put payloads and credentials into the log.
"""

import traceback
from pathlib import Path

from routing.errors import OurBug


def blame(error: BaseException) -> dict[str, str]:
    """Fields `error` (its kind; the text only of our own OurBug) and `trace` (innermost place first)."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    kind = type(error).__name__
    places = [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return {"error": f"{kind}: {error}" if isinstance(error, OurBug) else kind, "trace": " < ".join(reversed(places))}
