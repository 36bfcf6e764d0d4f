# Starts the app. However it ends, the outputs end off and the object starts anew, without heat.
import sys

import board
import machine
from machine import Pin


def _outputs_off():
    for pin in board.OUTPUT_PINS:
        Pin(pin, Pin.OUT, value=0)


# The uptime at which the last run asked for a link window, or 0. Taken away before anything of it
# is begun: a crash in there is followed by a normal start.
def _link_from():
    from kitbag.memory import Memory

    memory = Memory()
    asked = memory.number("link")
    if not asked:
        return 0
    memory.forget("link")
    if memory.number("link") or machine.reset_cause() != machine.HARD_RESET:
        return 0
    return asked * 10


def _main():
    # The door for makers: held at reset, the button opens the REPL with every output off, and
    # nothing that could heat is loaded until the next normal boot.
    if Pin(board.PIN_BUTTON, Pin.IN, Pin.PULL_UP).value() == 0:
        print("Kitbag: maintenance. Outputs are off until the next reset.")
        return
    try:
        uptime_ms = _link_from()
        if uptime_ms:
            from kitbag.link import mode

            mode.run(board, uptime_ms)
        else:
            from kitbag import app

            app.run(board)
    except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt and SystemExit as well
        _outputs_off()
        sys.print_exception(error, sys.stderr)  # pyright: ignore[reportArgumentType]
    finally:
        _outputs_off()
        machine.reset()


_main()
