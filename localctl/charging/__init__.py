"""Smart charging, pure: what is known of a site in, orders to its stations out; no I/O, no clock, no configuration.

Rooms, each knowing only those below it (a contract that CI checks):

    showing ....... one picture of all of it, for page, API, command line and metrics
    loop .......... the controller: one cycle from facts to orders
    commissioning . an installer tries one station out: what it takes, follows and ignores
    dispatching ... orders that no lost message can make dangerous: envelope, leases, actuators, pace
    allocation .... who gets how much: admission, turns, exact max-min over the tree, and why
    knowing ....... what stations told: readings, transactions, clocks, phases, installed profiles
    limiting ...... limits over time and which source binds: fuses, timetables, EMS, other loads
    composition ... composite schedules (K08, R1 to R19), also as an offline calculator
    tree .......... the topology graph, its checks, its drawings, its rows
    profile ....... charging profiles of OCPP 1.6, 2.0.1 and 2.1: read, judged, written
    base .......... units, instants, phases, steps over time, state tables, answers that may be given again

The way of an ampere: `limiting.limits_effective` says what every row may carry, `loop.demands` what every EVSE asks,
`allocation.allocator` shares out, `dispatching.dispatch` turns shares into orders, `showing.picture` shows it.
"""
