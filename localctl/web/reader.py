"""Who reads: language, theme and width of the drawing, from the address, a cookie or what the browser says of itself.

A choice made with `?lang=de`, `?theme=dark` or `?w=360` is remembered in a cookie. Whatever is not one of the few known
values counts as not said.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from localctl.charging.showing.picture_words import LANGUAGES, Language

THEMES: Final = ("auto", "light", "dark")
WIDTHS: Final = (360, 720, 1120)
"""Units the drawing of the site is wide: for a phone, a tablet, a laptop."""
YEAR_S: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader's choices."""

    lang: Language = "en"
    theme: str = "auto"
    width: int = WIDTHS[-1]


def reader_of(request: Request) -> Reader:
    """The choices that go with a request."""
    return Reader(lang=_language(request), theme=_chosen(request, "theme", THEMES) or "auto", width=_width(request))


def remember(request: Request, response: Response) -> None:
    """Set a cookie for every choice that is in the address."""
    known = {"lang": LANGUAGES, "theme": THEMES, "w": tuple(map(str, WIDTHS))}
    for name, values in known.items():
        value = request.query_params.get(name)
        if value in values:
            response.set_cookie(name, value, max_age=YEAR_S, httponly=True, samesite="lax", path="/")


def _chosen(request: Request, name: str, values: tuple[str, ...]) -> str | None:
    for said in (request.query_params.get(name), request.cookies.get(name)):
        if said in values:
            return said
    return None


def _language(request: Request) -> Language:
    chosen = _chosen(request, "lang", LANGUAGES)
    return next((lang for lang in LANGUAGES if lang == chosen), None) or _accepted(
        request.headers.get("accept-language", "")
    )


def _accepted(header: str) -> Language:
    """The known language with the highest weight; the first one where nothing fits."""
    weights: dict[str, float] = {}
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";q=")
        name = tag.strip().lower().split("-")[0]
        try:
            weights.setdefault(name, float(weight) if weight else 1.0)
        except ValueError:
            continue
    best = max(LANGUAGES, key=lambda lang: weights.get(lang, 0.0))  # the first of equals
    return best


def _width(request: Request) -> int:
    chosen = _chosen(request, "w", tuple(map(str, WIDTHS)))
    if chosen is not None:
        return int(chosen)
    return WIDTHS[0] if "Mobi" in request.headers.get("user-agent", "") else WIDTHS[-1]
