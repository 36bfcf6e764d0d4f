# As memory_fakes.py, for link mode: `bluetooth`, which is C on the object.
import sys


class _Ble:
    def irq(self, _):
        pass

    def config(self, **_):
        pass

    def gatts_register_services(self, services):
        return tuple([tuple(range(len(rows))) for _, rows in services])

    def gatts_write(self, *_):
        pass

    gatts_set_buffer = gatts_write


class _Bluetooth:
    FLAG_READ, FLAG_WRITE, FLAG_NOTIFY = 2, 8, 16
    BLE, UUID = _Ble, str


sys.modules["bluetooth"] = _Bluetooth
