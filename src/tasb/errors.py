"""The error for mistakes that the user can fix, and what others mean."""

import errno
import re
from pathlib import Path

ERROR = "error: "
LINE = re.compile(r"\n\d\d:\d\d:\d\d [^\n]*?: ")
"""How a line of a log begins."""
LONGEST = 500
"""Characters of a line of a message that are shown at either end."""


class TasbError(Exception):
    """A mistake in the config, the data or the environment.

    The message is complete for its reader: which file, line or config key, what was
    found there, and what to do. It is shown without a traceback, and its longest lines are cut
    in the middle: the bad field of a file may have any length.
    """

    def __init__(self, message: str) -> None:
        super().__init__("\n".join(map(_cut, message.split("\n"))))


def _cut(line: str) -> str:
    left_out = len(line) - 2 * LONGEST
    if left_out <= 0:
        return line
    return f"{line[:LONGEST]}… ({left_out:,} characters left out) …{line[-LONGEST:]}"


def explained(error: BaseException) -> str | None:
    """Return what an error means and what to do, or None if it is not one that a user can fix."""
    if isinstance(error, TasbError):
        return str(error)
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):
        return (
            f"the memory of the GPU is used up ({str(error).splitlines()[0]}): stop other programs "
            "that use it, or lower batch_tokens, gradient_cache or batch_size"
        )
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return (
            "memory is used up: run with a smaller --cores, so that fewer jobs are under way, or "
            "lower batch_tokens, gradient_cache or batch_size"
        )
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return f"{error.filename}: the file system is read-only; run where files can be written"
    if isinstance(error, PermissionError):
        return f"{error.filename}: no permission; change it with chmod, or run as its owner"
    return None


def last_errors(folder: str | Path, since: float) -> list[str]:
    """Return the errors that logs end with, of those that were written since a time."""
    found = []
    for path in sorted(Path(folder).rglob("*.log")):
        if path.stat().st_mtime >= since:
            *_, last = LINE.split("\n" + path.read_text(encoding="utf-8", errors="replace"))
            found += [f"{path}: {last.strip()}"] if last.startswith(ERROR) else []
    return found
