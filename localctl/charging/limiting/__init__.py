"""Limits over time and which source binds: fuses, timetables, an EMS or the grid, other loads."""
