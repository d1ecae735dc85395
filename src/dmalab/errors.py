"""What the person at the command line can put right, as opposed to a fault in dmalab. Each is ready to be shown."""


class OptionError(ValueError):
    """An option or a name that is wrong, alone or together with others. One line that says what was given and what is allowed."""


class CannotRunError(Exception):
    """The program can't be run: no compiler, a build that failed. A compiler's own messages may follow in more lines."""
