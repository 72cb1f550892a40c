"""Carrying on: what the box says and keeps for a station while its CSMS is away (Part 4 6.3, exception of 2025-02)."""
