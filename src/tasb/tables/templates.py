"""The Jinja templates of tables and model cards."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

FOLDER = Path(__file__).parent / "templates"


def template(name: str, **options: Any) -> Template:
    """Return a template; a name that it does not get is an error.

    Args:
        name: its file.
        options: of Jinja's environment, such as ``finalize``.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    return environment.get_template(name)
