"""Sockets to events, commands to sockets: the only package that touches WebSockets.

    wire ......... bytes: a non-blocking TCP or TLS connection whose writes never wait
    deflate ...... permessage-deflate (RFC 7692), strict and bounded
    upgrade ...... the HTTP half of a WebSocket, tolerant where stations need it
    sockets ...... messages: the one adapter to trio-websocket
    tls .......... server and client contexts, certificate facts
    credentials .. who may come in: security profiles, passwords, certificate names
    station_server listeners, the guarded accept path
    half_opens ... what connections cost that have not said yet what they want
    places ....... how many stations there may be, and that one which returns is not one more
    upstream ..... dials to the CSMSs
    keeping ...... what the router wants kept, handed to the journal, and the journal's news back
    wires, anew .. a link tried out by the installer; links opened anew after a reload
    timers ....... one clock for wake-ups, pings and deadlines of all links
    pump ......... `Switchboard`: one router between all of them; it decides nothing

Each leg is one task: the one that reads it. A frame is read, routed and written by that task without waking another;
only what a peer does not take at once waits in its wire's backlog, and then the other leg is held until there is room.
"""
