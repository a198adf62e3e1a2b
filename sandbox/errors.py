"""What a user is told when the sandbox cannot go on."""


class SandboxError(Exception):
    """The message says in one line what stopped and what to do; it is shown without a traceback."""


class Unavailable(SandboxError):
    """An executable is not installed, and what it is built from cannot be fetched."""
