"""What can be seen of the box from outside: metrics, log, health, and one snapshot that page, API and CLI read.

Two ways lead here. The router's observations go to whoever takes them with `observe(link, what, now)`: `Metrics`
counts, `LogObserver` writes a line, `StationBook` keeps the stations' state. Everything else is read when somebody
asks: a feed is a function that yields samples of rows of the catalogue, a `Snapshot` is an immutable value in a box.
Nothing in here decides anything, and nothing in here can hold up the control loop.
"""
