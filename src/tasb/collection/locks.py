"""A lock file: digests of files whose publishers give none, as they came the first time.

Lines are those of ``sha256sum``, with the address in place of a path. Kept under version control,
it tells everyone who fetches the same file that it is the same.
"""

import fcntl
from pathlib import Path

LOCKS = Path("downloads.lock")


def locked(url: str, path: Path = LOCKS) -> str | None:
    """Return the sha256 that a file had when it was first fetched, if it was."""
    if not path.is_file():
        return None
    lines = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines())
    return {address: digest for digest, address in lines}.get(url)


def lock(url: str, digest: str, path: Path = LOCKS) -> None:
    """Add the digest of a file that was fetched for the first time; jobs add theirs in turn."""
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{digest}  {url}\n")
