"""How a demo went, for people and for the exit code."""

from dataclasses import dataclass

from localctl.demo.power import Judge
from localctl.demo.tape import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went. `good` is what the exit code tells."""

    verdict: Verdict
    stations: int
    back: int
    """Stations on the line at the end."""
    away_s: float
    power: Judge | None = None
    """None: nobody was there to keep limits."""
    disobedient: str = ""
    """What became of the station that disobeys, in words."""
    metrics_url: str | None = None

    @property
    def good(self) -> bool:
        """Every message arrived as it was sent, every station is back, and nothing was overdrawn."""
        return self.verdict.good and self.back == self.stations and (self.power is None or self.power.good)

    def sentence(self) -> str:
        """The outcome for people."""
        verdict, parts = self.verdict, []
        parts.append(f"{verdict.messages:,} messages, {verdict.lost:,} lost, {verdict.altered:,} altered")
        if verdict.own:
            parts.append(f"{verdict.own:,} more were localctl's own")
        if self.away_s:
            again = f", {verdict.again} sent again" if verdict.again else ""
            parts.append(f"CSMS was away {self.away_s:.0f} s{again}, {self.back} of {self.stations} stations came back")
        parts += [] if self.power is None else [self.power.sentence()]
        parts += [self.disobedient] if self.disobedient else []
        if self.metrics_url is not None:
            parts.append(f"metrics were at {self.metrics_url}")
        return "; ".join(parts)
