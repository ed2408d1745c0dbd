"""A placeholder."""


class Animation:
    """Comes next."""
