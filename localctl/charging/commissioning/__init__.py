"""Commissioning: an installer tries one station out, and what it can do and will not do ends up on a card.

    stages ...... the words: steps with their stages (a table), what a step asks for, what came of it
    levers ...... the charging profile that a step holds a station with, where it is not the one in daily use
    known ....... what a trial knows of the station, and by what it is held best
    plans ....... which step comes next: two tables, the probe and the dead man's test
    trial ....... the machine that walks a plan: what is seen goes in, deeds and holds come out
    rotation .... which phases moved at the station and at the site's meter, and what wiring that means
    card ........ what was found, in words and as TOML to paste

Safety (P2). A step never asks for more than the station's share at that moment. Most steps only lower the share that
dispatch writes anyway, so leases, headroom and envelope are dispatch's own. Where another kind of profile is tried, it
carries no more than the share and no more than the failsafe or a car's minimum, ends by itself after `LIFE_S`, and
counts in the station's envelope from before it is sent until it is surely gone. Every step has its time. Whoever stops
it, the installer, a limit that falls or a watcher who goes away, brings ordinary control back at once.
"""
