"""Charging profiles of OCPP 1.6, 2.0.1 and 2.1: values, reading and writing, and the rules they must keep."""
