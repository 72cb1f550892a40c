"""Every metric of the box in one table: `ROWS`.

A row says what a metric is called, what it counts and which promise of the design an operator watches with it. Nothing
else in the program names a metric: whoever has figures yields samples `(row, label values, figure)` from a feed, and
`observe.metrics` puts them in the order of this table. A new part of the box adds a module of rows, a section here and
one feed (`Metrics.add_feed`).

Labels are closed sets where they can be, so that every series exists from the start and an alert never meets a missing
one. Tokens, transactions, message ids, addresses and error texts are never labels: they have no bound and some are
secret.
"""

from localctl.observe import rows_box, rows_charging, rows_net, rows_routing

SECTIONS = {
    "Routing": rows_routing.ROWS,
    "Connections": rows_net.ROWS,
    "Charging": rows_charging.ROWS,
    "The box": rows_box.ROWS,
}
ROWS = tuple(row for section in SECTIONS.values() for row in section)
