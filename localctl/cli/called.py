"""How this program is called, for hints that are to be pasted into the reader's own shell."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

NAME: Final = "localctl"


def called() -> str:
    """`localctl` where a shell finds it by that name, else what was typed."""
    typed = sys.argv[0]
    if Path(typed).name != NAME:
        return f"{shlex.quote(sys.executable)} -m {NAME}"
    return NAME if shutil.which(NAME) else shlex.quote(typed)
