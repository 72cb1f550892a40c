"""The installer's file: read, judged as a whole, explained with line and way out.

    load      a file to a `Config`, or to all its problems at once
    model     what may stand in it: typed tables whose docstrings are the reference
    locate    path of a key -> line and column
    explain, crosscheck, crosscheck_site, files, sources    the judges; each yields findings
    report    findings as text, JSON, workflow commands
    schema    JSON schema and Markdown reference; reload: what a changed file needs

Nothing here knows sockets, routing or charging; `localctl.plan_net`, `plan_site` and `plan_charging` turn a `Config`
into their values.
"""
