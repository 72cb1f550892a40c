"""Units, instants, phases, steps over time and state tables: what every room of charging is built of."""
