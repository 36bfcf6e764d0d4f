"""An update of the firmware that stops half-way: the object's files, one of them not whole.

The object gets a copy of its image to itself, so that nobody else's is touched.
"""

import os

FOLDER = "/update"  # inside the object's own folder
# Rarely loaded, and it still does what it should: only who looks at the bytes can tell
DAMAGED = "kitbag/comfort/routines.mpy"

_FOLDER_KIND = 0x4000
_PIECE = 4096


def interrupt(image, folder):
    """Leave in `folder` what an update of the whole `image` had written when it stopped."""
    _copy(image, folder + FOLDER)
    with open(folder + FOLDER + "/" + DAMAGED, "ab") as file:
        file.write(b"another version's")


def _copy(source, target):
    try:
        os.mkdir(target)
    except OSError:  # there from an earlier update
        pass
    piece = bytearray(_PIECE)
    for entry in os.ilistdir(source):
        one, other = source + "/" + entry[0], target + "/" + entry[0]
        if entry[1] == _FOLDER_KIND:
            _copy(one, other)
            continue
        with open(one, "rb") as read, open(other, "wb") as written:
            size = read.readinto(piece)
            while size:
                written.write(memoryview(piece)[:size])
                size = read.readinto(piece)
