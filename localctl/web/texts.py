"""Every text of the page in English and German, in one table together with the picture's sentences and the drawing's.

Braces are places for facts; whoever shows a text escapes it as a whole. A test holds that no key misses a language or a
fact.
"""

from typing import Final

from localctl.charging.showing.picture_words import LANGUAGES, SENTENCES, Language, Words
from localctl.web.texts_site import SITE

PAGE: Final[dict[str, Words]] = {
    "skip": ("Skip to the site", "Zur Anlage springen"),
    "nav": ("Sections", "Abschnitte"),
    "nav.site": ("Site", "Anlage"),
    "nav.plot": ("Timeline", "Verlauf"),
    "nav.stations": ("Stations", "Stationen"),
    "nav.limits": ("Limits", "Grenzen"),
    "nav.events": ("Events", "Ereignisse"),
    "nav.box": ("Box", "Box"),
    "nav.docs": ("Docs", "Handbuch (englisch)"),
    "language": ("Language", "Sprache"),
    "theme": ("Colours", "Farben"),
    "theme.auto": ("auto", "auto"),
    "theme.light": ("light", "hell"),
    "theme.dark": ("dark", "dunkel"),
    "live.on": ("live", "live"),
    "live.off": ("not live; trying again", "nicht live; neuer Versuch"),
    "live.none": ("reloads every 10 s", "lädt alle 10 s neu"),
    # The header.
    "mode": ("Mode", "Betrieb"),
    "mode.normal": ("normal", "normal"),
    "mode.starting": ("starting", "startet"),
    "mode.degraded": ("degraded", "eingeschränkt"),
    "mode.failsafe": ("failsafe", "Notbetrieb"),
    "csms": ("CSMS", "CSMS"),
    "csms.connected": ("connected for {here} of {all} stations", "verbunden für {here} von {all} Stationen"),
    "csms.away": ("away: no station has its CSMS", "nicht da: keine Station hat ihr CSMS"),
    "csms.none": ("no station has been here yet", "noch war keine Station hier"),
    "state": ("Box", "Box"),
    "state.starting": ("starting", "startet"),
    "state.ready": ("ready", "bereit"),
    "state.degraded": ("ready, with faults", "bereit, mit Störungen"),
    "state.stopping": ("stopping", "fährt herunter"),
    "now": ("Now", "Jetzt"),
    "now.router": (
        "This box only routes: its configuration has no panel, so it limits nothing.",
        "Diese Box leitet nur weiter: Ohne Verteiler in der Konfiguration begrenzt sie nichts.",
    ),
    "now.starting": (
        "The first control cycle has not finished yet.",
        "Der erste Regelzyklus ist noch nicht beendet.",
    ),
    "now.binds": (
        "{source} holds {place} at {amps} on {phases}{until}: {cars} for that.",
        "{source} hält {place} auf {amps} an {phases}{until}: {cars}.",
    ),
    "now.until": (" until {at}", " bis {at}"),
    "now.car": ("1 car gets less or waits", "1 Auto bekommt deshalb weniger oder wartet"),
    "now.cars": ("{count} cars get less or wait", "{count} Autos bekommen deshalb weniger oder warten"),
    "now.free": (
        "No limit of the site binds: {count} charging, each with what it takes.",
        "Keine Grenze der Anlage greift: {count} laden, jedes mit dem, was es nimmt.",
    ),
    "now.unsteered": (
        "Nobody can steer a station that has a car now: what they may still draw is kept for them.",
        "Keine Station mit Auto lässt sich jetzt steuern: Was sie noch ziehen dürfen, bleibt für sie frei.",
    ),
    "now.idle": ("No car is charging.", "Kein Auto lädt."),
    "now.stray": (
        "{amps} are measured, but no station tells of a car that charges.",
        "{amps} werden gemessen, aber keine Station meldet ein Auto, das lädt.",
    ),
    "now.start": (
        "Starting: {here} of {all} stations have been heard, {limited} have their limits.",
        "Start: {here} von {all} Stationen haben sich gemeldet, {limited} haben ihre Grenzen.",
    ),
    "now.over": (
        "Stations may still draw {amps} more than the limit of {place}, since {since}: who has not confirmed less "
        "counts in full.",
        "Stationen dürfen noch {amps} mehr ziehen, als an {place} erlaubt ist, seit {since}: Wer weniger nicht "
        "bestätigt hat, zählt voll.",
    ),
    "now.falls": (
        "The limit of {place} has just fallen: since {since} stations may draw {amps} more, until they have confirmed "
        "it.",
        "Die Grenze an {place} ist gerade gesunken: Seit {since} dürfen Stationen noch {amps} mehr ziehen, bis sie sie "
        "bestätigt haben.",
    ),
    "why.mode.fallback": (
        "{source} was not heard in time: its fallback holds at {place}.",
        "{source} hat sich nicht rechtzeitig gemeldet: An {place} gilt der Rückfallwert.",
    ),
    "why.mode.cycle": (
        "The last control cycle ended {age} ago: stations fall back by themselves.",
        "Der letzte Regelzyklus endete vor {age}: Die Stationen fallen von selbst zurück.",
    ),
    "why.mode.disobeys": (
        "{place} draws more than it was told; it is counted at its maximum.",
        "{place} zieht mehr als erlaubt; die Station zählt mit ihrem Höchstwert.",
    ),
    # The timeline.
    "plot.title": ("Timeline", "Verlauf"),
    "plot.panel": ("Panel", "Verteiler"),
    "plot.span": ("Time", "Zeit"),
    "plot.span.900": ("15 min", "15 min"),
    "plot.span.3600": ("1 h", "1 h"),
    "plot.span.21600": ("6 h", "6 h"),
    "plot.span.86400": ("24 h", "24 h"),
    "plot.limit": ("limit", "Grenze"),
    "plot.given": ("given out", "vergeben"),
    "plot.measured": ("measured", "gemessen"),
    "plot.time": ("time", "Zeit"),
    "plot.none": ("Nothing has been recorded yet.", "Noch ist nichts aufgezeichnet."),
    "plot.label": ("Amperes on {phase} over time", "Ampere auf {phase} über die Zeit"),
    "plot.failed": ("The history cannot be read now.", "Der Verlauf ist jetzt nicht lesbar."),
    "plot.noscript": (
        "The plots need JavaScript; the figures are at",
        "Die Kurven brauchen JavaScript; die Zahlen stehen unter",
    ),
    # Stations.
    "stations.title": ("Stations and why", "Stationen und warum"),
    "stations.none": ("No station has been here yet.", "Noch war keine Station hier."),
    "stations.adopted": (
        "Adopted: let in without being in the configuration, at a fixed current",
        "Aufgenommen: ohne Eintrag in der Konfiguration, mit festem Strom",
    ),
    "stations.unknown": (
        "Without a place on the site: connected through, not limited",
        "Ohne Platz in der Anlage: weitergeleitet, nicht begrenzt",
    ),
    "station": ("Station", "Station"),
    "station.link": ("Station side", "Stationsseite"),
    "station.upstream": ("CSMS side", "CSMS-Seite"),
    "station.version": ("OCPP", "OCPP"),
    "station.registration": ("Registration", "Anmeldung"),
    "station.since": ("Since", "Seit"),
    "station.loss": ("Last loss", "Letzter Abbruch"),
    "station.share": ("Share", "Anteil"),
    "station.draws": ("Draws", "Zieht"),
    "station.why": ("Why", "Warum"),
    "station.most": ("At most", "Höchstens"),
    "station.writes": (
        "Profiles written in the last day: {count}.",
        "Profile geschrieben am letzten Tag: {count}.",
    ),
    "station.overruled": (
        "A profile of its CSMS is stronger than ours: it may draw less than it is given.",
        "Ein Profil seines CSMS ist stärker als unseres: Es kann weniger fließen als zugeteilt.",
    ),
    "up": ("up", "da"),
    "away": ("away", "weg"),
    "unknown": ("not known", "nicht bekannt"),
    "of": ("{some} of {all}", "{some} von {all}"),
    "close": ("Close", "Schließen"),
    # Limits and where they come from.
    "limits.title": ("Limits of each panel", "Grenzen je Verteiler"),
    "limits.phase": ("Phase", "Phase"),
    "limits.limit": ("Limit for charging", "Grenze fürs Laden"),
    "limits.given": ("Given out", "Vergeben"),
    "limits.measured": ("Measured", "Gemessen"),
    "limits.others": ("Others draw", "Andere ziehen"),
    "limits.by": ("Set by", "Gesetzt von"),
    "limits.span": ("Holds", "Gilt"),
    "limits.next": ("Next would bind", "Als Nächstes"),
    "limits.reserve": ("{others} + {reserve} reserve", "{others} + {reserve} Reserve"),
    "limits.power": ("power", "Leistung"),
    "sources.title": ("Where limits come from", "Woher Grenzen kommen"),
    "sources.source": ("Source", "Quelle"),
    "sources.kind": ("Kind", "Art"),
    "sources.node": ("About", "Für"),
    "sources.value": ("Says", "Sagt"),
    "sources.state": ("Fresh?", "Frisch?"),
    "sources.heard": ("Last heard", "Zuletzt gehört"),
    "sources.until": ("Holds until", "Gilt bis"),
    "sources.never": ("never", "nie"),
    "sources.ago": ("{age} ago", "vor {age}"),
    "sources.meter": ("meter", "Zähler"),
    "sources.reserved": ("reserved", "reserviert"),
    "sources.none": (
        "Nothing from outside limits this site; fuses always do.",
        "Von außen begrenzt nichts diese Anlage; Sicherungen immer.",
    ),
    "sources.csms": ("profiles per station", "Profile je Station"),
    "kind.EMS": ("EMS", "EMS"),
    "kind.SO": ("grid operator", "Netzbetreiber"),
    "kind.Other": ("other", "andere"),
    "kind.CSO": ("CSMS", "CSMS"),
    "fresh.live": ("● live", "● aktuell"),
    "fresh.stale": ("▲ stale: fallback holds", "▲ veraltet: Rückfallwert gilt"),
    "fresh.ended": ("○ ended", "○ abgelaufen"),
    "known.nothing": ("nothing", "nichts"),
    "known.reserved": ("reserved", "reserviert"),
    "known.meter": ("meter", "Zähler"),
    "known.unheard": ("meter not heard: worst case", "Zähler nie gehört: schlimmster Fall"),
    "known.stale": ("meter stale: worst case", "Zähler veraltet: schlimmster Fall"),
    "panel.flow": (
        "{phase}: {measured} measured; at most {entitled} could flow by what was sent to stations.",
        "{phase}: {measured} gemessen; höchstens {entitled} könnten nach dem fließen, was Stationen geschickt wurde.",
    ),
    "panel.beyond": (
        "{phase}: what is given out or reserved beyond that is not sent yet, or is kept for stations nobody can steer.",
        "{phase}: Was darüber hinaus vergeben ist, ist noch nicht geschickt oder für Stationen reserviert, die niemand "
        "steuern kann.",
    ),
    "panel.less": (
        "{phase}: of {gross}, others take {others} and {reserve} are kept in reserve.",
        "{phase}: Von {gross} nehmen andere {others}, und {reserve} sind Reserve.",
    ),
    "panel.next": ("{phase}: next would bind {limit} by {source}.", "{phase}: als Nächstes {limit} von {source}."),
    # Events.
    "events.title": ("Events", "Ereignisse"),
    "events.none": ("Nothing has happened since the start.", "Seit dem Start ist nichts geschehen."),
    "events.times": ("{count} times", "{count}-mal"),
    "event.connected": ("{subject} connected ({version})", "{subject} verbunden ({version})"),
    "event.lost": ("{subject} lost: {cause}", "{subject} getrennt: {cause}"),
    "event.refused": (
        "{subject} refused: {cause}, HTTP {status} (“{reason}”)",
        "{subject} abgewiesen: {cause}, HTTP {status} („{reason}“)",
    ),
    "event.not_accepted": (
        "The CSMS does not accept {subject}: {registration}",
        "Das CSMS nimmt {subject} nicht an: {registration}",
    ),
    "event.password": (
        "The CSMS gave {subject} a new password",
        "Das CSMS hat {subject} ein neues Passwort gegeben",
    ),
    "event.moved": (
        "The CSMS gave {subject} another address: it may leave this box",
        "Das CSMS hat {subject} eine andere Adresse gegeben: Sie kann diese Box verlassen",
    ),
    "event.root": (
        "A CSMS root certificate was {change} at {subject}: it may stop trusting this box",
        "Ein CSMS-Wurzelzertifikat wurde an {subject} geändert ({change}): Sie kann dieser Box das Vertrauen entziehen",
    ),
    "event.limit": (
        "Panel {subject}: limit {before} → {limit} ({source}, {state})",
        "Verteiler {subject}: Grenze {before} → {limit} ({source}, {state})",
    ),
    "event.source": ("Source {subject} is {state}", "Quelle {subject} ist {state}"),
    "event.car": ("{subject}: a car starts", "{subject}: ein Auto beginnt"),
    "event.car_over": ("{subject}: the car is done", "{subject}: das Auto ist fertig"),
    "event.disobeys": (
        "{subject} draws more than it was told: it counts at its maximum",
        "{subject} zieht mehr als erlaubt: zählt mit dem Höchstwert",
    ),
    "event.disobeys_over": ("{subject} follows its limits again", "{subject} folgt wieder den Grenzen"),
    "event.over": (
        "{subject}: stations may draw more than the limit until they confirm less",
        "{subject}: Stationen dürfen mehr ziehen als erlaubt, bis sie weniger bestätigen",
    ),
    "event.over_over": (
        "{subject}: all stations have confirmed the limit",
        "{subject}: alle Stationen haben die Grenze bestätigt",
    ),
    "event.csms_away": (
        "The CSMS {subject} is away (connected stations without it: {stations})",
        "Das CSMS {subject} ist nicht da (verbundene Stationen ohne es: {stations})",
    ),
    "event.csms_back": ("The CSMS {subject} is back", "Das CSMS {subject} ist wieder da"),
    "event.fault": ("Fault: {reason}", "Störung: {reason}"),
    "event.fault_over": ("Over: {reason}", "Behoben: {reason}"),
    "change.installed": ("installed", "eingebaut"),
    "change.deleted": ("deleted", "gelöscht"),
    "registration.Accepted": ("accepted", "angenommen"),
    "registration.Pending": ("pending", "wartet"),
    "registration.Rejected": ("rejected", "abgelehnt"),
    "registration.Unknown": ("not heard yet", "noch nicht gehört"),
    "registration.kept": (
        "as before: no boot on this connection",
        "wie zuvor: kein Neustart auf dieser Verbindung",
    ),
    "cause.station_closed": ("the station closed", "die Station hat geschlossen"),
    "cause.csms_closed": ("the CSMS closed", "das CSMS hat geschlossen"),
    "cause.csms_refused": ("the CSMS refused it", "das CSMS hat abgelehnt"),
    "cause.replaced": ("a newer connection came", "eine neuere Verbindung kam"),
    "cause.half_dead": ("no sign of life", "kein Lebenszeichen"),
    "cause.overrun": ("it sent too much", "zu viel gesendet"),
    "cause.bug": ("a fault of this box", "ein Fehler dieser Box"),
    "cause.stopping": ("this box stops", "diese Box fährt herunter"),
    "cause.policy": ("not known here", "hier nicht bekannt"),
    "cause.csms": ("the CSMS said no", "das CSMS sagt nein"),
    "cause.csms_away": ("the CSMS is away", "das CSMS ist nicht da"),
    "cause.crowded": ("too many came at once", "zu viele kamen auf einmal"),
    "cause.subprotocol": ("no OCPP version in common", "keine gemeinsame OCPP-Version"),
    "cause.gone": ("it left before the answer", "vor der Antwort gegangen"),
    # Outbox and certificates.
    "outbox.title": ("Outbox", "Postausgang"),
    "outbox.none": ("Nothing waits for a CSMS.", "Nichts wartet auf ein CSMS."),
    "outbox.waiting": ("Waiting", "Wartend"),
    "outbox.oldest": ("Oldest since", "Ältestes seit"),
    "outbox.state": ("State", "Zustand"),
    "outbox.kept": ("kept until the CSMS is back", "aufbewahrt, bis das CSMS da ist"),
    "outbox.replaying": ("being sent", "wird gesendet"),
    "outbox.dead": ("Will not be sent: {count}", "Wird nicht gesendet: {count}"),
    "outbox.action": ("Message", "Nachricht"),
    "outbox.at": ("From", "Von"),
    "outbox.reason": ("Why", "Warum"),
    "certificates.title": ("Certificates", "Zertifikate"),
    "certificates.none": ("This box uses no certificate of its own.", "Diese Box hat kein eigenes Zertifikat."),
    "certificates.use": ("Used for", "Wofür"),
    "certificates.subject": ("Subject", "Inhaber"),
    "certificates.ends": ("Expires", "Läuft ab"),
    "certificates.state": ("State", "Zustand"),
    "certificates.server": ("stations, port {port}", "Stationen, Port {port}"),
    "certificates.upstream": ("to the CSMS {name}", "zum CSMS {name}"),
    "certificates.good": ("● {left} left", "● noch {left}"),
    "certificates.soon": ("▲ only {left} left", "▲ nur noch {left}"),
    "certificates.over": ("▲ expired", "▲ abgelaufen"),
    "certificates.unread": ("▲ cannot be read", "▲ nicht lesbar"),
    # The end of the page, and the docs.
    "more": ("For machines", "Für Maschinen"),
    "times": (
        "With JavaScript all times are this device's local time, else UTC.",
        "Mit JavaScript sind alle Zeiten Ortszeit dieses Geräts, sonst UTC.",
    ),
    "docs.title": ("Documentation", "Handbuch"),
    "docs.back": ("Back to the status page", "Zurück zur Statusseite"),
    "docs.language": (
        "These pages come with this version and need no network.",
        "Diese Seiten gehören zu dieser Version und brauchen kein Netz. Sie sind auf Englisch.",
    ),
    "age.s": ("{n} s", "{n} s"),
    "age.min": ("{n} min", "{n} min"),
    "age.h": ("{n} h", "{n} h"),
    "age.d": ("{n} days", "{n} Tagen"),
    "left.day": ("1 day", "1 Tag"),
    "left.days": ("{n} days", "{n} Tage"),
    "left.h": ("{n} h", "{n} h"),
}
TEXTS: Final[dict[str, Words]] = SENTENCES | SITE | PAGE


def text(lang: Language, key: str, **facts: object) -> str:
    """The text of that key with its facts in place. KeyError for a key that is not in the table."""
    return TEXTS[key][LANGUAGES.index(lang)].format(**facts)


def word(lang: Language, prefix: str, name: object) -> str:
    """The text of `prefix.name`, or the name itself where the table has none: peers and files bring their own."""
    key = f"{prefix}.{name}"
    return text(lang, key) if key in TEXTS else str(name)


def known(lang: Language, how: str) -> str:
    """How it is known what others draw: the picture's own words, several joined by a plus."""
    keys = {"meter not heard: worst case": "unheard"}
    parts = [keys.get(part, "stale" if part.startswith("meter stale") else part) for part in how.split(" + ")]
    return " + ".join(word(lang, "known", part) for part in parts)


def age(lang: Language, seconds: float) -> str:
    """A span of time in its largest whole unit: `40 s`, `3 min`, `5 h`, `12 days`."""
    for unit, size, most in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < most:
            return text(lang, f"age.{unit}", n=max(0, int(seconds // size)))
    return text(lang, "age.d", n=int(seconds // 86_400))
