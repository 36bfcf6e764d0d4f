"""Healthy objects that differ: every constant of the model spread, rooms from 8 to 28 °C.

Log-normal about the nominal value, cut at 2.5 sigma, so that no capacity or resistance is ever
zero or negative. Runs on CPython and on the VM and gives the same there.
"""

import math

from simulated.noise import Noise
from simulated.thermal import PLANT

# Sigma of the logarithm: what is made (pad, thermistors) varies less than what is worn and held
SPREAD = {
    "pad_j_per_k": 0.15,
    "fabric_j_per_k": 0.25,
    "skin_j_per_k": 0.25,
    "stuffing_j_per_k": 0.30,
    "pad_fabric_k_per_w": 0.25,
    "fabric_skin_k_per_w": 0.40,
    "skin_core_k_per_w": 0.30,
    "pad_stuffing_k_per_w": 0.30,
    "stuffing_room_k_per_w": 0.40,
    "fabric_room_k_per_w": 0.30,
    "pad_sensor_lag_s": 0.25,
    "face_sensor_lag_s": 0.25,
}
ROOM_C = (8.0, 28.0)
_CUT = 2.5


def plant(number):
    """World settings of random plant `number`."""
    noise = Noise(7001 + number)
    settings = {"room_c": ROOM_C[0] + (ROOM_C[1] - ROOM_C[0]) * noise.uniform()}
    for name in sorted(SPREAD):
        z = max(-_CUT, min(_CUT, noise.normal()))
        settings[name] = PLANT[name] * math.exp(SPREAD[name] * z)
    return settings
