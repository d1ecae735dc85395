"""The one way a chip can be wrong."""


class ChipError(ValueError):
    """A chip that is unknown, a chip file that can't be used, or an option the chip lacks. One line, ready to be shown."""
