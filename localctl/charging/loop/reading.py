"""What was installed on a station before this box came: asked for once, when its ledger knows nothing (K09).

A profile of the CSMS that is older than the box may silence ours, or allow less. So on a station's first link, and
after the box has lost its state, it is asked for all its profiles: once, not at each link, and after what it has to be
told. Until the first reading has ended, a station of which nothing was ever confirmed counts at its rating, whatever it
takes: nobody knows yet whether our profile bears on it (P2). That ends soon in any case:

    unasked --ask--> asked --all is reported, or NoProfiles--> known, for good
                       |--no answer, link lost, no report--> unasked, again later each time
                       |--"I do not do that"---------------> unasked, again in a day

1.6 has nothing to ask with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from localctl.charging.dispatching.answers import PLAIN_REFUSALS, Outcome, Verdict
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.orders import Order, Outbox, text_of
from localctl.charging.loop.roster import Roster
from localctl.charging.profile.own_ids import OURS_FROM
from localctl.charging.profile.profiles import Protocol

TIMEOUT_S: Final = 5.0
"""A station that does not answer holds up a car's order no longer than that."""
REPORT_S: Final = 30.0
"""So long every next part of a report may take."""
MOST_S: Final = 120.0
"""So long a whole report may take."""
MOST_AT_ONCE: Final = 50
MOST_DOUBTED: Final = 3
"""After so many readings that came to nothing a station is taken at its word."""
RETRY_S: Final = 10.0
DAY_S: Final = 86_400.0
IDS: Final = 100_000_000


@dataclass(slots=True, kw_only=True)
class _Case:
    """One station that is not known yet. `request_id` while a reading is under way.

    It has until `until_at` for the next part of its report, until `ends_at` for all of it.
    """

    new: bool
    tries: int = 0
    next_at: float = 0.0
    token: int = 0
    request_id: int | None = None
    until_at: float = 0.0
    ends_at: float = 0.0

    @property
    def doubted(self) -> bool:
        """True while it must not be taken at its word."""
        return self.new and self.tries < MOST_DOUBTED


class Reading:
    """The readings of a site. `doubt` before each plan, `ask` after it."""

    def __init__(self, roster: Roster, desks: Mapping[str, Desk], outbox: Outbox) -> None:
        self._roster, self._desks, self._outbox = roster, desks, outbox
        self._cases: dict[str, _Case] = {}

    def doubt(self, names: Iterable[str], now: float) -> None:
        """Before a plan: who of these stations is not known yet is not taken at its word."""
        for name in names:
            case = self._case(name, now)
            self._desks[name].unread = case is not None and case.doubted

    def ask(self, names: Iterable[str], now: float) -> list[Order]:
        """After a plan: the readings that begin now, where no order is under way that would have to wait for them."""
        orders = []
        under_way = sum(case.request_id is not None for case in self._cases.values())
        for name in names if self._cases else ():
            case = self._cases.get(name)
            ready = case is not None and case.request_id is None and now >= case.next_at
            if case is not None and ready and under_way < MOST_AT_ONCE and self._desks[name].busy is None:
                orders.append(self._ask(name, case, now))
                under_way += 1
        return orders

    def answered(self, name: str, token: int, outcome: Outcome, now: float) -> None:
        """A reading was answered: its reports follow, or there is nothing, or nothing came of it."""
        case = self._cases.get(name)
        if case is None or case.token != token or case.request_id is None:
            return
        if outcome.verdict is Verdict.REFUSED and outcome.status == "NoProfiles":
            self._roster.read_ends(name, case.request_id, empty=True)
        elif outcome.verdict is Verdict.REFUSED and outcome.reason in PLAIN_REFUSALS:
            self._failed(name, case, now)
            case.tries, case.next_at = MOST_DOUBTED, now + DAY_S
        elif outcome.verdict is not Verdict.ACCEPTED:
            self._failed(name, case, now)

    def reported(self, name: str, now: float) -> None:
        """One part of a report came: the next one has its time."""
        case = self._cases.get(name)
        if case is not None and case.request_id is not None:
            case.until_at = min(now + REPORT_S, case.ends_at)

    def unlinked(self, name: str, now: float) -> None:
        """The station is away: what it reports on another link belongs to nothing."""
        case = self._cases.get(name)
        if case is not None and case.request_id is not None:
            self._failed(name, case, now)

    def unsent(self, token: int) -> None:
        """The order of a reading surely never left the box."""
        for name, case in self._cases.items():
            if case.token == token and case.request_id is not None:
                self._roster.read_ends(name, case.request_id)
                case.request_id = None

    def _case(self, name: str, now: float) -> _Case | None:
        """What is known of a station's reading; None where there is nothing to read, or nothing left to read."""
        if self._roster.ledgers[name].known or self._roster.station(name).protocol is Protocol.V16:
            self._cases.pop(name, None)
            return None
        if not self._roster.is_steerable(name):
            return None
        case = self._cases.get(name)
        if case is None:
            slots = self._desks[name].slots.values()
            case = self._cases[name] = _Case(new=all(slot.confirmed is None for slot in slots))
        elif case.request_id is not None and now >= case.until_at:
            self._failed(name, case, now)
        return case

    def _ask(self, name: str, case: _Case, now: float) -> Order:
        token = self._outbox.number()
        case.token, case.request_id = token, OURS_FROM + token % IDS
        case.until_at, case.ends_at = now + TIMEOUT_S + REPORT_S, now + MOST_S
        self._roster.read_begins(name, case.request_id)
        text = text_of({"requestId": case.request_id, "chargingProfile": {"chargingLimitSource": ["CSO"]}})
        return self._outbox.order(
            name, token, "GetChargingProfiles", text, why="read", timeout_s=TIMEOUT_S, reports=case.request_id
        )

    def _failed(self, name: str, case: _Case, now: float) -> None:
        """Nothing came of it; the next one is later each time, at most a day."""
        if case.request_id is not None:
            self._roster.read_ends(name, case.request_id)
        case.request_id, case.tries = None, case.tries + 1
        case.next_at = now + min(DAY_S, RETRY_S * 2.0 ** min(case.tries - 1, 16))
