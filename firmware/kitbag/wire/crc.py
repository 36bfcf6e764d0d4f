"""CRC-16/IBM-3740 ("CCITT-FALSE": poly 0x1021, init 0xFFFF) of records and sector headers."""

try:
    from binascii import crc_hqx as _crc_hqx  # pyright: ignore[reportAttributeAccessIssue]
except ImportError:  # MicroPython's binascii has only crc32
    _NIBBLES = (
        0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
        0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
    )  # fmt: skip

    # A table of 16 words instead of 256: half a kilobyte less to hold, twice the steps.
    def _crc_hqx(data, crc):
        nibbles = _NIBBLES
        for byte in data:
            crc = ((crc << 4) & 0xFFFF) ^ nibbles[(crc >> 12) ^ (byte >> 4)]
            crc = ((crc << 4) & 0xFFFF) ^ nibbles[(crc >> 12) ^ (byte & 15)]
        return crc


def crc16(data, crc=0xFFFF):
    """CRC-16 of `data` (bytes-like), continuing from `crc`.

    Source: the "CRC-16/IBM-3740" entry of the RevEng catalogue; check value 0x29B1.
    """
    return _crc_hqx(data, crc)
