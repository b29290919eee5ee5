"""Config of downloads: where a file comes from, and how it is known to be right."""

from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from tasb.settings import Distinct, Settings

PREFIX = "download:"
"""What a file's name begins with in the config, where it is one of `downloads`."""


class Download(Settings):
    """A file from the network; ``download:NAME`` stands for it wherever a file is named."""

    urls: Distinct[str] = Field(min_length=1)
    """Where it is; the ones behind the first are mirrors."""
    md5: str | None = Field(None, pattern=r"^[0-9a-f]{32}$")
    """Its published digest; without one of either kind, that of the first download is kept in
    `downloads.lock`."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """The same, of this kind."""
    bytes: int | None = Field(None, ge=1)
    """Its size."""
    gigabytes: float | None = Field(None, gt=0)
    """Its size, about, where `bytes` is not published; for `preflight` alone."""
    local: str | None = None
    """In place of the network, a copy that is here already: the file, or a folder that has it."""
    licence: str | None = None
    """What its publisher says, such as ``cc-by-4.0``."""

    @field_validator("urls")
    @classmethod
    def _http(cls, urls: list[str]) -> list[str]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not PurePosixPath(parts.path).name:
                raise ValueError(f"'{url}' is no http address of a file")
        return urls

    @property
    def copy_here(self) -> Path | None:
        """The copy that is here, where `local` says so."""
        if self.local is None:
            return None
        path = Path(self.local).expanduser()
        return path / self.file if path.is_dir() else path

    @property
    def size(self) -> float:
        """Bytes, as far as they are declared; else 0."""
        return self.bytes or 1e9 * (self.gigabytes or 0.0)

    @property
    def file(self) -> str:
        """The name of the file."""
        return PurePosixPath(urlsplit(self.urls[0]).path).name
