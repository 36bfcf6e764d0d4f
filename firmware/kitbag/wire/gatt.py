"""The object's own GATT service: where the frames of a BLE host go in and come out.

Beside it stand Device Information (180A) and Battery (180F), which answer anybody.
"""

SERVICE = "6b697462-6167-4d01-9c5e-2f1f8a7d0e30"
FRAMES_IN = "6b697462-6167-4d01-9c5e-2f1f8a7d0e31"  # write: SLIP frames, cut anywhere
FRAMES_OUT = "6b697462-6167-4d01-9c5e-2f1f8a7d0e32"  # notify: SLIP frames, cut anywhere

NAME = "Kitbag"  # what is advertised; which object it is, only Device Information says

CHUNK_MAX = 244  # bytes: with the headers of ATT and L2CAP one whole packet on the air
MTU = CHUNK_MAX + 3
