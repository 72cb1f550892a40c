"""Both ends of a cable that remember what they hear."""

import trio

from localctl.simulate.cable import Cable, Lag
from localctl.simulate.mail import Mail


class Ear:
    """A box or a peer: what it heard and how it ended, each with its moment."""

    def __init__(self):
        self.texts, self.ends = [], []

    def hear(self, text):
        self.texts.append((trio.current_time(), text))

    heard = hear

    def over(self, why):
        self.ends.append(why)

    def lost(self, reason, code):
        self.ends.append((reason, code))


def joined(nursery, lag=None, tamper=None):
    """A cable with an ear at each end."""
    mail = Mail()
    nursery.start_soon(mail.run)
    box, peer = Ear(), Ear()
    return Cable(mail, lag or Lag(to_peer_s=1.0, to_box_s=2.0), box=box, peer=peer, tamper=tamper), box, peer
