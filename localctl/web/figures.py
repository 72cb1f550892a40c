"""Figures and instants as the page writes them: in the reader's language, unknown ones as a dash, never as 0."""

from collections.abc import Iterable, Mapping

from localctl.charging.showing.picture_words import Language, number


def amps(lang: Language, value: float | None, *, unit: bool = True) -> str:
    """`13.0 A`, or `–` where it is not known."""
    return "–" if value is None else number(lang, value, "A" if unit else "")


def watts(lang: Language, value: float | None) -> str:
    """`12.4 kW`, or `–` where it is not known."""
    return "–" if value is None else number(lang, value / 1000, "kW")


def per_phase(lang: Language, values: Iterable[float | None]) -> str:
    """One figure where all are alike (`16.0 A`), else one per phase (`16.0 / 6.0 / 0.0 A`)."""
    shown = [amps(lang, value, unit=False) for value in values]
    if not shown:
        return "–"
    text = shown[0] if len(set(shown)) == 1 else " / ".join(shown)
    return text if set(shown) == {"–"} else f"{text} A"


def drawn(lang: Language, measured: Mapping[str, float] | None, unknown: str) -> str:
    """What an EVSE's conductors carry, by conductor."""
    return unknown if not measured else per_phase(lang, (amps for _, amps in sorted(measured.items())))
