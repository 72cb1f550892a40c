"""What every answer of the HTTP port says about itself: not to be cached, guessed, framed, or to load anything else."""

from typing import Final

HEADERS: Final = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
PAGE_HEADERS: Final = {
    **HEADERS,
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "vary": "accept-language, cookie, user-agent",
}
"""Pages for people: scripts, styles and pictures come from here and nowhere else, and nothing inline runs."""
PICTURE_HEADERS: Final = {
    **HEADERS,
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""Pictures of the manual: a drawing may bring its own colours, for light and dark, and nothing else."""
