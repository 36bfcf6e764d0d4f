"""`esp32` of the simulated chip: raw flash partitions and the NVS."""

import board as _board
from simulated import flash as _flash
from simulated import parts as _parts

_ESP_ERR_NVS_NOT_FOUND = -0x1102


class Partition:
    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, label):
        if label != _board.JOURNAL_LABEL:
            raise OSError(2)
        self._chip = _parts.flash

    @staticmethod
    def find(type=0, subtype=255, label=None, block_size=None):
        if type != Partition.TYPE_DATA or label not in (None, _board.JOURNAL_LABEL):
            return []
        return [Partition(_board.JOURNAL_LABEL)]

    def info(self):
        size = _flash.BLOCK * self._chip.blocks
        return (Partition.TYPE_DATA, 129, 0x300000, size, _board.JOURNAL_LABEL, False)

    def readblocks(self, block, buffer, offset=0):
        self._chip.read(self._place(block, offset, len(buffer)), buffer)

    # Without an offset the port erases first; with one it only programs
    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            for i in range(len(buffer) // _flash.BLOCK):
                self._chip.erase(block + i)
            offset = 0
        self._chip.program(self._place(block, offset, len(buffer)), buffer)

    def ioctl(self, operation, argument=0):
        if operation == 4:
            return self._chip.blocks
        if operation == 5:
            return _flash.BLOCK
        if operation == 6:
            if not 0 <= argument < self._chip.blocks:
                raise OSError(22)
            self._chip.erase(argument)
        return 0

    def _place(self, block, offset, size):
        address = block * _flash.BLOCK + offset
        if address < 0 or address + size > _flash.BLOCK * self._chip.blocks:
            raise OSError(22)
        return address


class NVS:
    def __init__(self, namespace):
        self._space = _name(namespace)

    def get_i32(self, key):
        return self._get(key, "i32")

    def set_i32(self, key, value):
        if not -(1 << 31) <= value < 1 << 31:
            raise OverflowError("overflow converting long int to machine word")
        _parts.settings.set(self._space, _name(key), "i32", value)

    # The size of the blob; OSError where the buffer is too small for it
    def get_blob(self, key, buffer):
        value = self._get(key, "blob")
        if len(value) > len(buffer):
            raise OSError(-0x110C)
        buffer[: len(value)] = value
        return len(value)

    def set_blob(self, key, value):
        _parts.settings.set(self._space, _name(key), "blob", value)

    def erase_key(self, key):
        if not _parts.settings.erase(self._space, _name(key)):
            raise OSError(_ESP_ERR_NVS_NOT_FOUND)

    def commit(self):
        _parts.settings.commit()

    def _get(self, key, kind):
        found = _parts.settings.get(self._space, _name(key))
        if found is None or found[0] != kind:
            raise OSError(_ESP_ERR_NVS_NOT_FOUND)
        return found[1]


def _name(text):
    if len(text) > 15:
        raise OSError(-0x1109)
    return text
