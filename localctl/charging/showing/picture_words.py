"""What the picture says in words, in every language people read it in: one table, English and German side by side."""

from typing import Final, Literal

Language = Literal["en", "de"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "de")
Words = tuple[str, str]
"""One text per language, in the order of LANGUAGES; braces are places for facts."""

SENTENCES: Final[dict[str, Words]] = {
    # Why an EVSE has the amperes it has; `why.` and the picture's reason.
    "why.row": ("a limit of the site is used up", "eine Grenze der Anlage ist ausgeschöpft"),
    "why.rating": ("that is the EVSE's own maximum", "mehr kann der Ladepunkt nicht"),
    "why.csms": (
        "the CSMS's charging profile allows no more",
        "das Ladeprofil des CSMS erlaubt nicht mehr",
    ),
    "why.appetite": ("the car takes no more", "das Auto nimmt nicht mehr"),
    "why.target": ("its plan asks for no more now", "sein Plan verlangt jetzt nicht mehr"),
    "why.held": (
        "a rise would be too small to be worth a message",
        "ein Anstieg wäre zu klein für eine Nachricht",
    ),
    "why.imbalance": (
        "more would make the phases of its panel uneven",
        "mehr würde die Phasen seines Verteilers ungleich belasten",
    ),
    "why.waiting": (
        "it waits for its turn, because not every car can have its minimum at once",
        "er wartet, bis er an der Reihe ist, weil nicht jedes Auto zugleich sein Minimum haben kann",
    ),
    "why.no_room": ("less than its minimum is left there", "dort ist weniger als sein Minimum übrig"),
    "why.squeezed": (
        "others there may draw more than their shares, so it is told less than its own",
        "andere dort können mehr als ihren Anteil ziehen, darum wird ihm weniger als seiner gesagt",
    ),
    "why.probation": (
        "it drew more than it was told, and gets no more than this until it follows again",
        "er hat mehr gezogen, als ihm gesagt wurde, und bekommt nicht mehr, bis er wieder folgt",
    ),
    "why.unread": (
        "what else is installed at the station is not known yet; it gets no more than this until then",
        "was sonst in der Station installiert ist, ist noch nicht bekannt; bis dahin bekommt er nicht mehr",
    ),
    "why.pausing": ("it is in its minimum pause", "er ist in seiner Mindestpause"),
    "why.below_min": (
        "what the CSMS allows is below the car's minimum",
        "was das CSMS erlaubt, liegt unter dem Minimum des Autos",
    ),
    "why.idle": ("no car asks for current", "kein Auto verlangt Strom"),
    "why.empty": (
        "no transaction runs; this much is kept so that a new car can start",
        "kein Ladevorgang läuft; so viel bleibt frei, damit ein neues Auto beginnen kann",
    ),
    "why.yielding": (
        "no transaction runs; there is no room now to keep something for a new car",
        "kein Ladevorgang läuft; gerade ist kein Platz, etwas für ein neues Auto freizuhalten",
    ),
    "why.full": (
        "the car has stopped by itself; this much is kept for it",
        "das Auto hat von selbst aufgehört; so viel bleibt für es frei",
    ),
    "why.full_yielding": (
        "the car has stopped by itself; there is no room now to keep something for it",
        "das Auto hat von selbst aufgehört; gerade ist kein Platz, etwas für es freizuhalten",
    ),
    "why.reserved": ("this much is reserved for it", "so viel ist für ihn reserviert"),
    "why.away": (
        "nobody can steer the station now; what it may still draw is reserved for it",
        "niemand kann die Station jetzt steuern; was sie noch ziehen darf, ist für sie reserviert",
    ),
    "why.unheard": (
        "the station has never connected, so it is counted at its rating: nobody knows what it draws",
        "die Station war noch nie da und zählt deshalb mit ihrem Nennstrom: Niemand weiß, was sie zieht",
    ),
    "why.doubted": (
        "no limit worked at the station before; it gets no more than this until it is seen to follow one",
        "bisher hat bei der Station keine Grenze gewirkt; bis sie nachweislich folgt, bekommt er nicht mehr",
    ),
    "why.uncontrolled": (
        "nothing limits this station; it is counted at what it can draw",
        "nichts begrenzt diese Station; sie zählt mit dem, was sie ziehen kann",
    ),
    "why.invalid": ("the figures it gave make no sense", "die Angaben der Station ergeben keinen Sinn"),
    # A limit in a few words.
    "limit.none": ("{place}, no limit", "{place}, keine Grenze"),
    "limit.net": ("{place}, {net} for charging by {source}", "{place}, {net} fürs Laden laut {source}"),
    "limit.gross": (
        " ({gross} less other loads and reserve)",
        " ({gross} abzüglich anderer Verbraucher und Reserve)",
    ),
    "limit.apart": (
        "{place}, at most {gross} above another phase",
        "{place}, höchstens {gross} über einer anderen Phase",
    ),
    "limit.fallback": (" [{state}: fallback]", " [{state}: Rückfallwert]"),
    "state.live": ("live", "aktuell"),
    "state.stale": ("stale", "veraltet"),
    "state.ended": ("ended", "abgelaufen"),
    "node.panel": ("panel {name}", "Verteiler {name}"),
    "node.station": ("station {name}", "Station {name}"),
    "node.evse": ("evse {name}", "Ladepunkt {name}"),
    "source.fuse": ("fuse", "Sicherung"),
    "phase.power": ("power", "Leistung"),
    "when.far": ("far away", "in weiter Ferne"),
    # A station and its EVSEs.
    "station.line": (
        "{name} on panel {panel} is {link}, speaks {protocol}, {how}.",
        "{name} an Verteiler {panel} ist {link}, spricht {protocol}, {how}.",
    ),
    "station.unheard": (
        "{name} on panel {panel} has not connected yet.",
        "{name} an Verteiler {panel} war noch nicht da.",
    ),
    "station.away": ("away", "nicht da"),
    "station.connected": ("connected", "verbunden"),
    "station.unaccepted": ("not accepted by its CSMS", "von ihrem CSMS nicht angenommen"),
    "station.limited": ("limited by {actuator} ({trial})", "begrenzt durch {actuator} ({trial})"),
    "actuator.max_profile": (
        "max_profile, one limit for the whole station",
        "max_profile, eine Grenze für die ganze Station",
    ),
    "actuator.tx_profile": (
        "tx_profile, a limit for each session",
        "tx_profile, eine Grenze für jeden Ladevorgang",
    ),
    "actuator.tx_default": (
        "tx_default, one limit for all sessions",
        "tx_default, eine Grenze für alle Ladevorgänge",
    ),
    "actuator.dynamic": (
        "dynamic, a limit that is changed as it runs",
        "dynamic, eine Grenze, die im Betrieb geändert wird",
    ),
    "trial.untried": ("untried", "noch nicht erprobt"),
    "trial.taken": ("accepted, not yet seen to work", "angenommen, aber noch nicht bewährt"),
    "trial.proven": ("seen to work", "bewährt"),
    "trial.failed": ("failed", "gescheitert"),
    "station.unlimited": ("not limited by anything", "durch nichts begrenzt"),
    "station.clock": ("Its clock is off by {off} s.", "Ihre Uhr geht {off} s falsch."),
    "evse.gets": ("{place} gets {amps} per phase: {why}.", "{place} bekommt {amps} je Phase: {why}."),
    "evse.counted": ("{place} is counted at {amps} per phase: {why}.", "{place} zählt mit {amps} je Phase: {why}."),
    "evse.limit": ("Limit: {limit}, {span}; {given}.", "Grenze: {limit}, {span}; {given}."),
    "evse.next": ("Next would bind: {limit}; {given}.", "Als Nächstes würde begrenzen: {limit}; {given}."),
    "evse.urgency": (
        "Its car needs {missing} more by {at}, so its share counts {times} times.",
        "Sein Auto braucht noch {missing} bis {at}, darum zählt sein Anteil {times}-fach.",
    ),
    "evse.csms": (
        "The CSMS's profiles allow it {amps}{until}; `localctl profiles {name}` shows them.",
        "Die Profile des CSMS erlauben ihm {amps}{until}; `localctl profiles {name}` zeigt sie.",
    ),
    "evse.csms_until": (" until {at}", " bis {at}"),
    "evse.taken": ("{load} of that {way}", "{load} davon {way}"),
    # Who takes the room; after "of that".
    "way.unheard": (
        "are kept for {names}: never connected, so counted at full rating. Bring in those that are there, and take the "
        "others out of the file.",
        "sind freigehalten für {names}: nie da gewesen, mit Nennstrom gezählt. Was da ist, verbinden, den Rest aus der "
        "Datei nehmen.",
    ),
    "way.away": (
        "are kept for {names}: out of reach, may still draw so much.",
        "sind freigehalten für {names}: außer Reichweite, noch so viel erlaubt.",
    ),
    "way.uncontrolled": (
        "are kept for {names}: limited by nothing.",
        "sind freigehalten für {names}: durch nichts begrenzt.",
    ),
    "way.disobeys": (
        "are kept for {names}: drew more than told.",
        "sind freigehalten für {names}: mehr gezogen als erlaubt.",
    ),
    "way.doubted": (
        "are kept for {names}: no limit has worked there yet.",
        "sind freigehalten für {names}: Dort hat noch keine Grenze gewirkt.",
    ),
    "way.unread": (
        "are kept for {names}: what is installed there is not known yet.",
        "sind freigehalten für {names}: Was dort installiert ist, ist noch nicht bekannt.",
    ),
    "way.failing": (
        "are kept for {names}: no answer, or a refusal, to the last orders.",
        "sind freigehalten für {names}: die letzten Anweisungen ohne Antwort oder abgelehnt.",
    ),
    "way.more": ("{names} and {count} more", "{names} und {count} weitere"),
    "evse.lifted": (
        "Without that limit it would get {amps} per phase: {why}.",
        "Ohne diese Grenze bekäme er {amps} je Phase: {why}.",
    ),
    "evse.turn": ("Its turn: {turn}.", "An der Reihe: {turn}."),
    "evse.turn_unknown": ("nobody can say when", "niemand weiß, wann"),
    "evse.turn_at": ("at about {at}", "ungefähr um {at}"),
    "evse.falls": (
        "Without another word from this box it falls back to {amps} by itself by {at}.",
        "Hört er nichts mehr von dieser Box, fällt er bis {at} von selbst auf {amps} zurück.",
    ),
    "evse.distrusted": (
        "It draws more than it was told, or has yet to show that it obeys: it is counted at {amps} until it does.",
        "Er zieht mehr, als ihm gesagt wurde, oder hat noch nicht gezeigt, dass er folgt: Er zählt mit {amps}, "
        "bis er es tut.",
    ),
    "evse.draws": (
        "At most {entitled} could flow by what was sent to it; {flow}.",
        "Höchstens {entitled} könnten nach dem fließen, was ihm geschickt wurde; {flow}.",
    ),
    "evse.flow_unknown": ("what it draws is not known", "was er zieht, ist nicht bekannt"),
    "evse.flow": ("it draws {parts}", "er zieht {parts}"),
    "evse.flow_part": ("{amps} on its L{number}", "{amps} auf seinem L{number}"),
    "evse.given": ("{load} are given out or reserved there", "{load} sind dort vergeben oder reserviert"),
    "span.ever": ("since ever", "seit jeher"),
    "span.since": ("since {at}", "seit {at}"),
    "span.endless": ("without an end", "ohne Ende"),
    "span.until": ("until {at}", "bis {at}"),
    "amps.unknown": ("an unknown current", "unbekanntem Strom"),
}


def say(lang: Language, key: str, **facts: object) -> str:
    """The text of that key with its facts in place. KeyError for a key that is not in the table."""
    return SENTENCES[key][LANGUAGES.index(lang)].format(**facts)


def number(lang: Language, value: float, unit: str = "", places: int = 1) -> str:
    """A figure as the language writes it: `13.0 A`, `13,0 A`."""
    text = f"{value:.{places}f}"
    return (text.replace(".", ",") if lang == "de" else text) + (f" {unit}" if unit else "")
