"""Config of pre-trained encoders."""

from typing import Self

from pydantic import Field, model_validator

from tasb.settings import Settings


class Encoder(Settings):
    """Weights and tokenizer of a pre-trained encoder: from one of three sources."""

    package: str | None = None
    """A Python package that carries the model folder."""
    hub: str | None = None
    """A Hugging Face model id, with its `revision`."""
    revision: str | None = None
    """The commit of the hub model."""
    folder: str | None = None
    """A folder with config.json, model.safetensors and tokenizer.json, such as that of a run;
    its card.json, if there is one, says how texts become vectors."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """Digest that model.safetensors must have, from whichever source."""

    licence: str | None = None
    """What the model cards say of it, such as ``apache-2.0``."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.package, self.hub, self.folder)) != 1:
            raise ValueError("give exactly one of 'package', 'hub' and 'folder'")
        if self.hub is not None and self.revision is None:
            raise ValueError("give the 'revision' of the hub model, so that it cannot change")
        return self
