"""Sockets to events, commands to sockets: the only package that touches WebSockets.

    wire ......... bytes: a non-blocking TCP or TLS connection whose writes never wait
    deflate ...... permessage-deflate (RFC 7692), strict and bounded
    upgrade ...... the HTTP half of a WebSocket, tolerant where stations need it
    sockets ...... messages: what the rest knows of a WebSocket
    engine, legs . the one adapter to trio-websocket behind these names; a station's leg and a CSMS's
    tls .......... server and client contexts, certificate facts
    credentials .. who may come in: security profiles, passwords, certificate names
    station_server listeners, the guarded accept path
    half_opens ... what connections cost that have not said yet what they want
    places ....... how many stations there may be, and that one which returns is not one more
    upstream ..... what a CSMS is asked on behalf of a station
    dials ........ the up legs, from the dial to the end of the leg
    links ........ what is kept of one link: its two sockets, and why each is held
    watch, timers  deadlines and pings of all legs, wake-ups of all links, on one clock
    keeping ...... what the router wants kept, handed to the journal, and the journal's news back
    own_calls .... who waits for the end of an own CALL, and for what it makes the station send
    wires, anew .. a connection tried out by the installer; links opened anew after a reload
    turns ........ events through a router one after the other; a bug costs one link
    pump ......... `Switchboard`: one router between all of them; it decides nothing

`settings` are the installer's decisions as values, `stats` plain counters that metrics read, `ration` and `blame` keep
the log short and free of secrets.

Each leg is one task: the one that reads it. A frame is read, routed and written by that task without waking another;
only what a peer does not take at once waits in its wire's backlog, and then the other leg is held until there is room.
"""
