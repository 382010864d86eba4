"""Parameters of the parts, taken from environment variables."""

import os


def number(name, default):
    """Returns an integer parameter."""
    return int(os.environ.get(name, default))
