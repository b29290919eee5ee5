"""What is wrong with a file, told all at once, and what the config lets pass and counts."""

from collections import Counter
from collections.abc import Mapping

from tasb.errors import TasbError
from tasb.jobs import log

SHOWN = 20
"""Faults of a file that are told one by one."""
STRICT: dict[str, str] = {}
"""Nothing is let pass."""


class Faults:
    """The faults of one file or dataset.

    They are gathered while it is read, so that one run tells all of them. A kind that the
    config names is no fault: it is kept or left out, and counted.
    """

    def __init__(
        self,
        where: str,
        ways: Mapping[str, str] = STRICT,
        numbered: bool = True,
        hint: str = "see '{key}' of the collection",
    ) -> None:
        """Take the place and what is let pass.

        Args:
            where: the file or dataset.
            ways: ``refuse``, ``keep`` or ``drop`` by the config key of a kind; refused if absent.
            numbered: whether a place in it is a line.
            hint: how the ``{key}`` lets a kind pass.
        """
        self.where, self.ways, self.numbered, self.hint = where, ways, numbered, hint
        self.counts: Counter[str] = Counter()
        """How many of each kind were let pass."""
        self._told: list[str] = []
        self._count = 0
        self._left_out: list[int] = []

    def refuse(self, line: int | None, what: str) -> None:
        """Note a fault."""
        self._count += 1
        if self._count <= SHOWN:
            place = f"{self.where}:{line}" if self.numbered and line else self.where
            self._told.append(f"{place}: {what}")

    def keeps(self, key: str, line: int, what: str, kind: str) -> bool:
        """Return whether a line is kept that has a fault of a kind that may be let pass.

        Args:
            key: of the config, such as ``empty_texts``.
            line: its number.
            what: the fault.
            kind: what the lines are called where they are counted.
        """
        way = self.ways.get(key, "refuse")
        if way == "refuse":
            self.refuse(line, f"{what}; correct it, or {self.hint.format(key=key)}")
        else:
            self.counts[f"{kind} {'kept' if way == 'keep' else 'left out'}"] += 1
        if way == "drop":
            self._left_out.append(line)
        return way == "keep"

    def line_of(self, position: int) -> int:
        """Return the line of a text by its position among those that were kept."""
        line = position + 1
        for left_out in self._left_out:
            line += left_out <= line
        return line

    def close(self) -> None:
        """End the reading: the counts go to the log.

        Raises:
            TasbError: a line for each fault.
        """
        if self._count:
            more = self._count - SHOWN
            rest = [f"{self.where}: {more:,} further lines are wrong"] if more > 0 else []
            raise TasbError("\n".join([*self._told, *rest]))
        for kind, count in self.counts.items():
            log.warning("%s: %d %s", self.where, count, kind)
