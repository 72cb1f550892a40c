"""Orders that no lost message can make dangerous: envelope, leases, actuators, pace (P2, P3)."""
