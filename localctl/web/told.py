"""Sentences that other parts of the box say in English, in the reader's language: faults, and what is being waited for.

Log, command line and API get such a sentence as it was said; only the page has readers of another language. A part says
its sentence with facts in it and may put several together, so what is known of it is replaced wherever it stands. What
nobody knows stays as it came: an operating system's words, a file's, a peer's.
"""

import re
from collections.abc import Iterator
from typing import Final

from localctl.charging.showing.picture_words import Language

GERMAN: Final[dict[str, str]] = {
    "waiting for listeners": "wartet auf die eigenen Ports",
    "waiting for limits": "wartet, bis alle Grenzen gelten",
    "stopping": "fährt herunter",
    "the HTTP port has stopped serving": "der HTTP-Port antwortet nicht mehr",
    "changed in the configuration, in force after a restart: ": "in der Konfiguration geändert, gilt nach einem "
    "Neustart: ",
    "the last reload was refused, the old configuration goes on: ": "die neue Konfiguration wurde abgelehnt, die alte "
    "gilt weiter: ",
    "the file has mistakes": "die Datei hat Fehler",
    "a bug of ours: ": "ein Fehler dieses Programms: ",
    "runs with the last good configuration, of {at}, because {file} has {count} mistake{s}; see `{check}`, then reload":
    "läuft mit der letzten guten Konfiguration, vom {at}, denn {file} hat {count} Fehler; siehe `{check}`, dann neu "
    "laden",
    "a control cycle failed: ": "ein Regelzyklus ist gescheitert: ",
    "charging state cannot be stored, nobody is given more": "der Stand des Ladens lässt sich nicht speichern, niemand "
    "bekommt mehr",
    "the disk is still busy with what it was given before": "der Datenträger ist noch mit dem Vorigen beschäftigt",
    "the disk takes longer than {time} s": "der Datenträger braucht länger als {time} s",
    "the state directory cannot be written: ": "das Zustandsverzeichnis ist nicht beschreibbar: ",
    "the journal {file} cannot be written: {error}; until it can, stations whose CSMS is away get no answer to what "
    "must not be lost.": "das Journal {file} ist nicht beschreibbar: {error}; bis dahin bekommen Stationen ohne CSMS "
    "keine Antwort auf das, was nicht verloren gehen darf.",
    "Free some space or replace the disk.": "Platz schaffen oder den Datenträger tauschen.",
    "Let the user that runs localctl write to {folder}, or name another `state_dir` in [controller].": "Den Benutzer, "
    "als der localctl läuft, nach {folder} schreiben lassen oder in [controller] ein anderes `state_dir` angeben.",
    "There is no folder {folder}: make it for the user that runs localctl, or name another `state_dir`.": "Den Ordner "
    "{folder} gibt es nicht: für den Benutzer anlegen, als der localctl läuft, oder ein anderes `state_dir` angeben.",
    "{count} messages for ": "{count} Nachrichten für ",
    "{count} bytes": "{count} Bytes",
    "The journal is at {part} % of the {most} it may hold; when it is full, every second meter update goes first. The "
    "CSMS has to come back.": "Das Journal ist zu {part} % voll ({most}); ist es ganz voll, fällt zuerst jede zweite "
    "Zwischenablesung weg. Das CSMS muss wieder erreichbar werden.",
    "Messages for {station} have waited {part} they may; then they go, but for begins and ends of transactions. The "
    "CSMS has to come back.": "Nachrichten für {station} warten seit {part}, die sie warten dürfen; dann fallen sie "
    "weg, nur Beginn und Ende von Ladevorgängen nicht. Das CSMS muss wieder erreichbar werden.",
    "{count} % of the {age} days": "{count} % der {age} Tage",
    "The journal was corrupt and a new one was begun; the old one is kept as ": "Das Journal war beschädigt, ein neues "
    "wurde begonnen; das alte liegt unter ",
}
"""Each sentence, or its beginning, with braces where its facts are; `count` is a number."""


def told(lang: Language, sentence: str) -> str:
    """The sentence in the reader's language, as far as it is known here."""
    if lang == "en":
        return sentence
    for pattern, german in _KNOWN:
        sentence = pattern.sub(german, sentence)
    return sentence


def _known() -> Iterator[tuple[re.Pattern[str], str]]:
    for english, german in GERMAN.items():
        pattern = re.escape(english).replace(r"\{count\}", r"(?P<count>\d+)")
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", pattern)
        bounded = rf"(?<!\w){pattern}" + (r"(?!\w)" if english[-1].isalnum() else "")
        yield re.compile(bounded), re.sub(r"{(\w+)}", r"\\g<\1>", german)


_KNOWN: Final = tuple(_known())
