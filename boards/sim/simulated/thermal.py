"""The heat: pad, fabric, skin, stuffing, the bladder's air and what the sensors have of it.

The plant in PLANT: 150 cm2 of pad, 2 mm of skin under it (a lumped model, not a bench
measurement). The body's core is a source at a fixed temperature behind the skin; nobody there,
the skin goes back to it and the fabric faces the room.
"""

import math

# The world's settings of these names replace them, one by one
PLANT = {
    "pad_j_per_k": 35.0,
    "fabric_j_per_k": 25.0,
    "skin_j_per_k": 100.0,
    "stuffing_j_per_k": 40.0,
    "pad_fabric_k_per_w": 1.5,
    "fabric_skin_k_per_w": 1.5,
    "skin_core_k_per_w": 3.3,
    "pad_stuffing_k_per_w": 10.0,
    "stuffing_room_k_per_w": 20.0,
    "fabric_room_k_per_w": 8.3,  # nobody there
    "pad_sensor_lag_s": 10.0,
    "face_sensor_lag_s": 15.0,
}

AIR_LAG_S = 60.0  # the bladder's air behind the stuffing
CHIP_LAG_S = 20.0  # the pressure sensor's own temperature behind the air

STEP_S = 0.5  # longest Euler step; the shortest time constant is 7 s (pressed: fabric)
# A plant of others takes steps of at most this share of its shortest time constant
_STEP_SHARE = 0.25


class Thermal:
    """State in degrees C: pad_c, fabric_c, skin_c, stuffing_c, air_c, chip_c, and the two
    thermistors pad_sensor_c and face_sensor_c. `given_j` is the energy the heater put in.

    `settle` reads room_c, body_c, insulation, fabric, perfusion and the keys of PLANT from the
    world's settings.
    """

    def __init__(self, world):
        room_c = float(world["room_c"])
        self.pad_c = self.fabric_c = self.stuffing_c = self.air_c = self.chip_c = room_c
        self.pad_sensor_c = self.face_sensor_c = room_c
        self.skin_c = float(world["body_c"])
        self.given_j = 0.0
        self.cem43 = 0.0
        self.peak_pad_c = self.pad_c
        self.peak_skin_c = None
        self.contact = False
        self.pad_sensor_bond = (1.0, 0.0)  # share of the node, the rest of the other temperature
        self.face_sensor_bond = (1.0, 0.0)
        self.settle(world)

    def settle(self, world):
        """Take over changed conditions: from now on, not from the last step."""
        insulation = world["insulation"]
        fabric = world["fabric"]
        plant = {key: world.get(key, PLANT[key]) for key in PLANT}
        self._room_c = float(world["room_c"])
        self._core_c = float(world["body_c"])
        self._g_front = front = 1 / (plant["pad_fabric_k_per_w"] * fabric)
        self._g_skin = skin = 1 / (plant["fabric_skin_k_per_w"] * fabric)
        self._g_core = core = world["perfusion"] / plant["skin_core_k_per_w"]
        self._g_back = back = 1 / (plant["pad_stuffing_k_per_w"] * insulation)
        self._g_room = room = 1 / (plant["stuffing_room_k_per_w"] * insulation)
        self._g_air = air = 1 / (plant["fabric_room_k_per_w"] * insulation)
        self._per_pad_j = 1 / plant["pad_j_per_k"]
        self._per_fabric_j = 1 / plant["fabric_j_per_k"]
        self._per_skin_j = 1 / plant["skin_j_per_k"]
        self._per_stuffing_j = 1 / plant["stuffing_j_per_k"]
        self._per_pad_lag = 1 / plant["pad_sensor_lag_s"]
        self._per_face_lag = 1 / plant["face_sensor_lag_s"]
        fastest = max(
            (front + back) * self._per_pad_j,
            (front + max(skin, air)) * self._per_fabric_j,
            (skin + core) * self._per_skin_j,
            (back + room) * self._per_stuffing_j,
            self._per_pad_lag,
            self._per_face_lag,
        )
        self._step_s = min(STEP_S, _STEP_SHARE / fastest)

    def step(self, dt, watts):
        """Let `dt` seconds pass with `watts` going into the pad all the time."""
        step_s = self._step_s
        while dt > step_s:
            self._euler(step_s, watts)
            dt -= step_s
        if dt > 0:
            self._euler(dt, watts)

    def _euler(self, h, watts):
        pad = self.pad_c
        fabric = self.fabric_c
        skin = self.skin_c
        stuffing = self.stuffing_c
        air = self.air_c
        front = (pad - fabric) * self._g_front
        back = (pad - stuffing) * self._g_back
        # The sensors first: they follow what was
        share, rest = self.pad_sensor_bond
        self.pad_sensor_c += (share * pad + rest - self.pad_sensor_c) * h * self._per_pad_lag
        share, rest = self.face_sensor_bond
        self.face_sensor_c += (share * fabric + rest - self.face_sensor_c) * h * self._per_face_lag
        self.chip_c += (air - self.chip_c) * h / CHIP_LAG_S
        self.air_c = air + (stuffing - air) * h / AIR_LAG_S
        self.stuffing_c = stuffing + (back - (stuffing - self._room_c) * self._g_room) * h * (
            self._per_stuffing_j
        )
        if self.contact:
            out = (fabric - skin) * self._g_skin
            skin += (out - (skin - self._core_c) * self._g_core) * h * self._per_skin_j
            self.cem43 += (
                math.exp((skin - 43) * (1.3862943611198906 if skin < 43 else 0.6931471805599453))
                * h
                / 60
            )
            if self.peak_skin_c is None or skin > self.peak_skin_c:
                self.peak_skin_c = skin
        else:
            out = (fabric - self._room_c) * self._g_air
            skin -= (skin - self._core_c) * self._g_core * h * self._per_skin_j
        self.skin_c = skin
        self.fabric_c = fabric + (front - out) * h * self._per_fabric_j
        self.pad_c = pad = pad + (watts - front - back) * h * self._per_pad_j
        if pad > self.peak_pad_c:
            self.peak_pad_c = pad
        self.given_j += watts * h

    KEPT = (
        "pad_c",
        "fabric_c",
        "skin_c",
        "stuffing_c",
        "air_c",
        "chip_c",
        "pad_sensor_c",
        "face_sensor_c",
        "given_j",
        "cem43",
        "peak_pad_c",
        "peak_skin_c",
        "contact",
        "pad_sensor_bond",
        "face_sensor_bond",
    )
