"""What the box remembers over a restart.

- `documents`, `keeper`: small documents, written whole or not at all. `history`: a day of every panel, for people.
- `journal`: what stations were told is delivered, on disk before they are told; begin there. Its thread is
  `journal_writer` (with `journal_jobs` and `journal_debts`), what the loop knows without asking is `journal_board`
  (with `journal_alarm`), operators have `journal_operators`, its settings and figures are `journal_values`.
- On the journal's disk: the file in `journal_schema` and `journal_salvage`, transactions in `journal_disk` with the
  figures of `journal_tally`, and what is done in them in `journal_lines`, `journal_room` (with `shedding`),
  `journal_known` and `journal_letters`.
"""
