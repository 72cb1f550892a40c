"""Carrying on: what the box says and keeps for a station while its CSMS is away (Part 4 6.3, exception of 2025-02).

`carry` answers the station in the CSMS's place and has what matters stored first; `replay` hands the CSMS what was kept
once it is there again. The answers are a table (`rules`, read by `answers`), tokens are judged by what the CSMS said of
them before (`authorizations`), connectors of which it may have lost sight are told again (`states`), and payloads are
changed in no byte but the one that must change (`splice`).
"""
