"""The limits of one station as its own profiles make them: who leads, what is left, what comes next.

Rules of OCPP 2.0.1 Part 2 section 3.5 in the smallest form: per purpose the highest level that says something leads, a
TxProfile replaces the default, the lowest of what remains holds.
"""

from localctl.demo.car import NOMINAL_V
from localctl.demo.profiles import FOREVER, STATION_MAX, TX, TX_DEFAULT, BadProfile, Profile, Session


class Profiles:
    """What is installed on one station, and what it comes to."""

    def __init__(self) -> None:
        self._installed: dict[int, Profile] = {}

    def installed(self) -> list[Profile]:
        """Everything installed now."""
        return list(self._installed.values())

    def install(self, profile: Profile, *, replace_like: bool = False) -> None:
        """Install, replacing one of the same id (K01.FR.05); with `replace_like` (1.6) also its equals.

        Raises `BadProfile` for a second profile of the same purpose, level and EVSE (K01.FR.06, FR.39).
        """
        for other in list(self._installed.values()):
            alike = (other.purpose, other.level, other.evse) == (profile.purpose, profile.level, profile.evse)
            if other.id != profile.id and alike and other.transaction_id == profile.transaction_id:
                if not replace_like:
                    raise BadProfile("DuplicateProfile")
                del self._installed[other.id]
        self._installed[profile.id] = profile

    def update(self, profile_id: int, limit: float, at: float) -> bool:
        """Give a Dynamic profile a new limit that counts from now (K28); False when there is no such profile."""
        profile = self._installed.get(profile_id)
        if profile is None or profile.kind != "Dynamic":
            return False
        profile.start_at, profile.periods = at, ((0.0, limit, profile.periods[0][2]),)
        return True

    def clear(self, *, profile_id: int | None, evse: int | None, purpose: str | None, level: int | None) -> bool:
        """Remove what fits every given criterion; False when nothing does (K10)."""
        fits = [
            profile.id
            for profile in self._installed.values()
            if profile_id in (None, profile.id)
            and (profile_id is not None or evse in (None, profile.evse))
            and purpose in (None, profile.purpose)
            and level in (None, profile.level)
        ]
        for one in fits:
            del self._installed[one]
        return bool(fits)

    def forget_transaction(self, transaction_id: str) -> None:
        """A transaction ended, and its profiles with it (K02.FR.05)."""
        gone = [one.id for one in self._installed.values() if one.transaction_id == transaction_id]
        for one in gone:
            del self._installed[one]

    def limit_a(self, evse: int, at: float, session: Session | None, *, sharing: int = 1) -> float | None:
        """Amperes per phase that profiles allow this EVSE, `sharing` of them under the station's own limit; None: any.

        Per purpose the highest level that says something leads; a TxProfile replaces the default; the lowest of what
        is left holds (3.5). Watts are divided by the phases of the result (K01.FR.50).
        """
        session_leader = self._leader(TX, evse, at, session) or self._leader(TX_DEFAULT, evse, at, session)
        station_leader = self._leader(STATION_MAX, 0, at, None)
        leaders = [(one, n) for one, n in ((session_leader, 1), (station_leader, max(sharing, 1))) if one is not None]
        phases = min((phases for (_, _, phases), _ in leaders), default=3)
        return min((_amperes(unit, limit, phases) / n for (unit, limit, _), n in leaders), default=None)

    def next_change_at(self, at: float, sessions: dict[int, Session]) -> float:
        """The next moment at which any limit may change; never, when nothing is planned."""
        return min(
            (
                change
                for profile in self._installed.values()
                for change in profile.changes(at, sessions.get(profile.evse))
                if change > at
            ),
            default=FOREVER,
        )

    def station_limit_a(self, at: float) -> float | None:
        """Amperes per phase that the whole station may take; None: any."""
        leader = self._leader(STATION_MAX, 0, at, None)
        return None if leader is None else _amperes(*leader)

    def _leader(self, purpose: str, evse: int, at: float, session: Session | None) -> tuple[str, float, int] | None:
        best: tuple[int, str, float, int] | None = None
        for profile in self._installed.values():
            if profile.purpose != purpose or profile.evse not in (0, evse):
                continue
            if purpose == TX and (session is None or profile.transaction_id != session.transaction_id):
                continue
            said = profile.at(at, session)
            if said is not None and (best is None or profile.level > best[0]):
                best = (profile.level, profile.unit, *said)
        return None if best is None else best[1:]


def _amperes(unit: str, limit: float, phases: int) -> float:
    return limit if unit == "A" else limit / (NOMINAL_V * phases)
