"""The box's own HTTP port: metrics, health, status page and API, in a thread of its own.

Nothing here can end or stall routing and control. Requests are served by uvicorn on a loop of its own thread
(`server`), read one immutable snapshot and nothing else (`app`), and are bounded in size, time and number
(`protocol`). Whoever writes does it by posting a command to the control loop, never by touching its state.
"""
