"""What pytest.raises is, for tests that also run on the MicroPython VM."""


def raises(kind, call, *arguments):
    """The exception of `kind` that `call(*arguments)` raises; AssertionError if it does not."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError("nothing was raised")
