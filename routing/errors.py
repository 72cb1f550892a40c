"""The two blames: the peer's (an OCPP error goes back) or ours. Nothing else leaves this package."""


class PeerFault(Exception):
    """A peer sent what cannot be routed: carries the OCPP error to answer with (Part 4 table 4.2.3).

    `call_id` is the id to answer to, "-1" when it could not be read, None when no answer may be given (the frame was an
    answer itself, or a SEND).
    """

    def __init__(self, code: str, text: str, *, call_id: str | None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.call_id = call_id


class OurBug(Exception):
    """The box broke one of its own rules. The edge reports it and ends that link with `ReadingStopped`."""
