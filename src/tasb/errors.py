"""The error for mistakes that the user can fix."""


class TasbError(Exception):
    """A mistake in the config, the data or the environment.

    The message is complete for its reader: which file, line or config key, what was
    found there, and what to do. It is shown without a traceback.
    """
