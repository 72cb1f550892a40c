"""The controller: one cycle from facts to orders, and everything it keeps in between."""
