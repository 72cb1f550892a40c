"""The picture in words (P5): why an EVSE has its amperes, which limit binds, since when, until when, what comes next.

`localctl explain`, the page and the API all say these sentences. They are made of the picture alone, so they can be
made anywhere, also from an answer of the API. The words themselves are in `picture_words`.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localctl.charging.showing.picture_words import SENTENCES, Language, number, say

Json = Mapping[str, Any]

WHY: Final = {key.removeprefix("why."): words[0] for key, words in SENTENCES.items() if key.startswith("why.")}
"""A sentence for every reason an EVSE can have."""
COUNTED: Final = frozenset({"away", "unheard", "uncontrolled", "reserved"})
"""Reasons of EVSEs to which nothing is given: what they may take is kept free."""


def find(picture: Json, identity: str) -> Json | None:
    """The station in the picture, upper and lower case alike; None where it is not in it."""
    wanted = identity.casefold()
    return next((one for one in picture["stations"] if one["identity"].casefold() == wanted), None)


def explain(station: Json, evse_id: int | None = None, lang: Language = "en") -> list[str]:
    """One station, or one EVSE of it, in plain sentences. LookupError when it has no such EVSE."""
    evses = [evse for evse in station["evses"] if evse_id in (None, evse["id"])]
    if not evses:
        known = ", ".join(str(evse["id"]) for evse in station["evses"])
        raise LookupError(f"{station['identity']} has no EVSE {evse_id}; it has {known}")
    return [*_station(station, lang), *(line for evse in evses for line in _evse(station["identity"], evse, lang))]


def why(evse: Json, lang: Language = "en") -> str:
    """The reason of one EVSE in one short sentence, with the limit that binds."""
    text = _reason(evse, lang)
    return text if evse["binding"] is None else f"{text}: {limit(evse['binding'], lang)}"


def limit(found: Json, lang: Language = "en") -> str:
    """A limit in a few words: `panel main L1, 15.0 A for charging by ems (20.0 A)`."""
    unit, net, gross = found["unit"], found["net"], found["gross"]
    where = f"{place(found['node'], lang)} {phase(found['phase'], lang)}"
    if net is None:
        return say(lang, "limit.none", place=where)
    if found["source"] == "imbalance":
        return say(lang, "limit.apart", place=where, gross=number(lang, gross, unit))
    text = say(lang, "limit.net", place=where, net=number(lang, net, unit), source=source(found["source"], lang))
    if gross is not None and gross != net:
        text += say(lang, "limit.gross", gross=number(lang, gross, unit))
    return text if found["state"] == "live" else text + say(lang, "limit.fallback", state=state(found["state"], lang))


def place(node: str, lang: Language = "en") -> str:
    """`panel:main` as people say it: `panel main`, `Verteiler main`."""
    kind, colon, name = node.partition(":")
    known = colon and f"node.{kind}" in SENTENCES
    return say(lang, f"node.{kind}", name=name.replace(":", " ")) if known else node.replace(":", " ")


def phase(name: str, lang: Language = "en") -> str:
    """`L1` is `L1` everywhere; the row of watts has a word."""
    return say(lang, f"phase.{name}") if f"phase.{name}" in SENTENCES else name


def state(name: str, lang: Language = "en") -> str:
    """Whether a source's own word holds, in one word."""
    return say(lang, f"state.{name}") if f"state.{name}" in SENTENCES else name


def source(name: str, lang: Language = "en") -> str:
    """Who limits: a fuse has a word, all others their name from the configuration."""
    return say(lang, f"source.{name}") if f"source.{name}" in SENTENCES else name


def when(instant: float | None, shape: str = "%Y-%m-%d %H:%M:%S UTC", lang: Language = "en") -> str:
    """An instant as people read it, in UTC; those that no calendar knows are told as such."""
    if instant is None:
        return "–"
    try:
        return datetime.fromtimestamp(instant, tz=UTC).strftime(shape)
    except (ValueError, OverflowError, OSError):
        return say(lang, "when.far")


def span(found: Json, lang: Language = "en") -> str:
    """Since when and until when a limit holds."""
    since, until = found["since"], found["until"]
    begins = say(lang, "span.ever") if since is None else say(lang, "span.since", at=when(since, lang=lang))
    ends = say(lang, "span.endless") if until is None else say(lang, "span.until", at=when(until, lang=lang))
    return f"{begins}, {ends}"


def _station(station: Json, lang: Language) -> Iterator[str]:
    link = "away" if not station["online"] else "connected" if station["accepted"] else "unaccepted"
    actuator, trial = _word("actuator", station["actuator"], lang), _word("trial", station["trial"], lang)
    how = say(lang, "station.limited", actuator=actuator, trial=trial)
    if not station["controllable"] or station["actuator"] == "uncontrolled":
        how = say(lang, "station.unlimited")
    unheard = not station["online"] and any(evse["reason"] == "unheard" for evse in station["evses"])
    yield say(
        lang,
        "station.unheard" if unheard else "station.line",
        name=station["identity"],
        panel=station["panel"],
        link=say(lang, f"station.{link}"),
        protocol=station["protocol"],
        how=how,
    )
    if station["clock_off_s"] is not None and abs(station["clock_off_s"]) >= 5:
        yield say(lang, "station.clock", off=f"{station['clock_off_s']:+.0f}")


def _evse(identity: str, evse: Json, lang: Language) -> Iterator[str]:
    verb = "evse.counted" if evse["reason"] in COUNTED else "evse.gets"
    name = f"{identity}/{evse['id']}"
    yield say(lang, verb, place=name, amps=_amps(evse["share_a"], lang), why=_reason(evse, lang))
    if (found := evse["binding"]) is not None:
        yield say(lang, "evse.limit", limit=limit(found, lang), span=span(found, lang), given=_given(found, lang))
        yield from (_taken(taker, found["unit"], lang) for taker in evse["in_the_way"])
    if (found := evse["urgency"]) is not None:
        missing, times = number(lang, found["missing_wh"] / 1000, "kWh"), number(lang, found["times"], places=2)
        yield say(lang, "evse.urgency", missing=missing, at=when(found["departure_at"], lang=lang), times=times)
    if (found := evse["csms"]) is not None:
        until = "" if found["until"] is None else say(lang, "evse.csms_until", at=when(found["until"], lang=lang))
        yield say(lang, "evse.csms", amps=_amps(found["a"], lang), until=until, name=identity)
    if (found := evse["next"]) is not None:
        yield say(lang, "evse.next", limit=limit(found, lang), given=_given(found, lang))
    if evse["waiting"] and evse["reason"] != "no_room":
        turn_at = evse["turn_at"]
        known = "evse.turn_unknown" if turn_at is None else "evse.turn_at"
        yield say(lang, "evse.turn", turn=say(lang, known, at=when(turn_at, lang=lang)))
    yield _draws(evse, lang)
    if evse["lease_until"] is not None:
        failsafe = _amps(evse["failsafe_a"], lang)
        yield say(lang, "evse.falls", amps=failsafe, at=when(evse["lease_until"], lang=lang))
    if evse["distrusted"] and evse["reason"] != "uncontrolled":
        yield say(lang, "evse.distrusted", amps=_amps(evse["rating_a"], lang))


def _taken(taker: Json, unit: str, lang: Language) -> str:
    """Who takes how much of a limit, and why."""
    names = ", ".join(taker["stations"])
    if (more := taker["count"] - len(taker["stations"])) > 0:
        names = say(lang, "way.more", names=names, count=more)
    way = say(lang, f"way.{taker['why']}", names=names)
    return say(lang, "evse.taken", load=number(lang, taker["load"], unit), way=way)


def _word(kind: str, name: str, lang: Language) -> str:
    return say(lang, f"{kind}.{name}") if f"{kind}.{name}" in SENTENCES else name


def _reason(evse: Json, lang: Language) -> str:
    key = f"why.{evse['reason']}"
    return say(lang, key) if key in SENTENCES else str(evse["reason"])


def _draws(evse: Json, lang: Language) -> str:
    measured = evse["measured_a"]
    flow = say(lang, "evse.flow_unknown")
    if measured is not None:
        parts = [
            say(lang, "evse.flow_part", amps=_amps(amps, lang), number=line) for line, amps in sorted(measured.items())
        ]
        flow = say(lang, "evse.flow", parts=", ".join(parts))
    return say(lang, "evse.draws", entitled=_amps(evse["entitled_a"], lang), flow=flow)


def _given(found: Json, lang: Language) -> str:
    return say(lang, "evse.given", load=number(lang, found["load"], found["unit"]))


def _amps(amps: float | None, lang: Language) -> str:
    return say(lang, "amps.unknown") if amps is None else number(lang, amps, "A")
