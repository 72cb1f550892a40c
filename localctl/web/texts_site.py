"""The words of the drawing in English and German: on cards of panels and stations, in its legend, and beside it.

A station's card has room for some twenty letters; a test holds that what begins with `short.` fits.
"""

from typing import Final

from localctl.charging.showing.picture_words import Words

SITE: Final[dict[str, Words]] = {
    "site.title": ("The site now", "Die Anlage jetzt"),
    "site.hint": (
        "Touch a panel or station to read why it has its amperes.",
        "Verteiler oder Station antippen: dann steht da, warum sie ihre Ampere haben.",
    ),
    "site.label": (
        "The site: {panels} panels, {stations} stations",
        "Die Anlage: {panels} Verteiler, {stations} Stationen",
    ),
    "site.feeder": ("Grid", "Netz"),
    "site.fuse": ("fuse {amps}", "Sicherung {amps}"),
    "site.power": ("power: {given} of {limit} given out", "Leistung: {given} von {limit} vergeben"),
    "site.by": ("limit by {source}", "Grenze: {source}"),
    "site.reserve": ("less {amps} reserve", "abzüglich {amps} Reserve"),
    "site.others": ("others draw {amps} ({how})", "andere ziehen {amps} ({how})"),
    "site.bar": (
        "{measured} measured · {given} given · limit {limit}",
        "{measured} gemessen · {given} vergeben · Grenze {limit}",
    ),
    "site.bar_over": (
        "{measured} measured · ▲ may draw {given} · limit {limit}",
        "{measured} gemessen · ▲ darf ziehen {given} · Grenze {limit}",
    ),
    "site.bar_falling": (
        "{measured} measured · falls from {given} · limit {limit}",
        "{measured} gemessen · sinkt von {given} · Grenze {limit}",
    ),
    "site.bar_reserved": (
        "{measured} measured · ▲ {given} reserved · limit {limit}",
        "{measured} gemessen · ▲ {given} reserviert · Grenze {limit}",
    ),
    "site.falling": (
        "may draw {amps} too much until it has followed",
        "darf {amps} zu viel ziehen, bis sie gefolgt sind",
    ),
    "site.over": ("▲ may draw {amps} too much", "▲ darf {amps} zu viel ziehen"),
    "site.away": ("away", "nicht da"),
    "site.unaccepted": ("not accepted", "nicht angenommen"),
    "site.load": ("{amps} ({how})", "{amps} ({how})"),
    "site.more_evses": ("+ {count} more", "+ {count} weitere"),
    "legend.measured": ("measured", "gemessen"),
    "legend.given": ("given out", "vergeben"),
    "legend.limit": ("limit for charging", "Grenze fürs Laden"),
    "legend.fuse": ("fuse", "Sicherung"),
    "legend.others": ("others and reserve", "andere und Reserve"),
    "legend.car": ("a charging session runs", "ein Ladevorgang läuft"),
    "legend.figures": ("6.6 / 13.3 A: draws / may draw", "6,6 / 13,3 A: zieht / darf ziehen"),
    "short.row": ("limited: {limit}", "Grenze: {limit}"),
    "short.rating": ("at its maximum", "am Maximum"),
    "short.csms": ("limited: CSMS profile", "begrenzt: CSMS-Profil"),
    "short.appetite": ("car takes no more", "Auto nimmt nicht mehr"),
    "short.target": ("as planned", "nach Plan"),
    "short.held": ("rise would be small", "Anstieg wäre klein"),
    "short.imbalance": ("phases uneven", "begrenzt: Schieflast"),
    "short.waiting": ("waits for its turn", "ist noch nicht dran"),
    "short.no_room": ("too little room", "zu wenig Platz"),
    "short.squeezed": ("waits for others", "wartet auf andere"),
    "short.taken": ("{name} takes {amps}", "{name} nimmt {amps}"),
    "short.taken_by": ("{count} take {amps}", "{count} nehmen {amps}"),
    "short.stray": ("draws, no session", "zieht ohne Vorgang"),
    "short.probation": ("low until it follows", "niedrig, bis es folgt"),
    "short.doubted": ("low until it follows", "niedrig, bis es folgt"),
    "short.unread": ("low until it is known", "niedrig, bis bekannt"),
    "short.unheard": ("not here yet, counted", "noch nicht da, zählt"),
    "short.pausing": ("pauses", "pausiert"),
    "short.below_min": ("CSMS below minimum", "CSMS unter Minimum"),
    "short.idle": ("car asks for nothing", "Auto verlangt nichts"),
    "short.empty": ("not in use, kept free", "frei, bleibt bereit"),
    "short.yielding": ("not in use", "nicht in Gebrauch"),
    "short.full_yielding": ("car is full", "Auto ist voll"),
    "short.full": ("car is full", "Auto ist voll"),
    "short.reserved": ("reserved", "reserviert"),
    "short.away": ("away, reserved", "nicht da, reserviert"),
    "short.uncontrolled": ("not limited", "nicht begrenzt"),
    "short.invalid": ("figures make no sense", "Werte ohne Sinn"),
    "disobeys": ("▲ draws too much", "▲ zieht zu viel"),
}
