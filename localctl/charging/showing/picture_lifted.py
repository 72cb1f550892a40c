"""What an EVSE would get without the limit that binds it: the cycle solved once more, when somebody asks (P5).

Takes frozen values only, so it can be worked out in any thread.
"""

from typing import Any

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.allocation.explain import what_if
from localctl.charging.allocation.waterfill import FREE
from localctl.charging.loop.controller import Round
from localctl.charging.showing.picture_account import limit_told
from localctl.charging.showing.picture_rows import rounded
from localctl.charging.showing.picture_text import limit
from localctl.charging.showing.picture_words import Language, number, say
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]


def lifted(last: Round, evse: EvseId, policy: Policy) -> Json | None:
    """Its share in amperes if that source no longer limited that node, and what would stop it then.

    None where no limit of the site binds the EVSE, or the cycle did not ask about it.
    """
    verdict = last.allocation.verdicts.get(evse)
    if verdict is None or verdict.row == FREE or verdict.reason is Reason.IMBALANCE:
        return None
    found = what_if(last.allocation, evse, last.demands, last.at, policy)
    return {
        "gain_a": rounded(found.gain_a),
        "share_a": rounded(found.then.amps),
        "reason": found.then.reason.name.lower(),
        "binding": limit_told(found.then.binding),
    }


def in_words(told: Json, lang: Language = "en") -> str:
    """The same in a sentence."""
    why = say(lang, f"why.{told['reason']}")
    if told["binding"] is not None:
        why += f" ({limit(told['binding'], lang)})"
    return say(lang, "evse.lifted", amps=number(lang, told["share_a"], "A"), why=why)
