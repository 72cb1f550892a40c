"""What stations told: readings, transactions, clocks, phases in use, profiles installed."""
