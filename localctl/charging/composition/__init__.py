"""Composite schedules (K08, R1 to R19): exact at every change, for an EVSE, a station, a node; also offline."""
