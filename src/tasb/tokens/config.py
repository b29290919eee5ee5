"""Config of the tokens stage."""

from pydantic import Field

from tasb.settings import Settings


class Tokens(Settings):
    """How much of a text is tokenized and stored."""

    limit: int = Field(510, ge=1)
    """Token ids kept of a text, without special tokens; every model cuts to its own length."""
