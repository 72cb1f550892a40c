"""localctl: the OCPP Local Controller of a site gateway."""

__version__ = "0.1.0"
