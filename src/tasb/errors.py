"""The error for mistakes that the user can fix."""

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
