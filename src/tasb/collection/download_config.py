"""Config of downloads: where a file comes from, and how it is known to be right."""

from pathlib import PurePosixPath
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
    local: str | None = None
    """A copy that is here already, in place of the network."""
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
    def file(self) -> str:
        """The name of the file."""
        return PurePosixPath(urlsplit(self.urls[0]).path).name
