"""Config of the teachers."""

from typing import Annotated, Literal

from pydantic import Field

from tasb.settings import Settings
from tasb.students.config import Training


class Trained(Training):
    """A teacher that is trained here, like a run."""

    kind: Literal["trained"]


class Published(Settings):
    """Pair scores that came with the collection's training pairs."""

    kind: Literal["published"]


Teacher = Annotated[Trained | Published, Field(discriminator="kind")]
