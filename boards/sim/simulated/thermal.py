"""The heat: pad, fabric, skin, stuffing, the bladder's air and what the sensors have of it.

Constants: 150 cm2 of pad, 2 mm of skin under it (a lumped model, not a bench measurement). The
body's core is a source at a fixed temperature behind the skin; nobody there, the skin goes back
to it and the fabric faces the room.
"""

import math

PAD_J_PER_K = 35.0
FABRIC_J_PER_K = 25.0
SKIN_J_PER_K = 100.0
STUFFING_J_PER_K = 40.0
PAD_FABRIC_K_PER_W = 1.5
FABRIC_SKIN_K_PER_W = 1.5
SKIN_CORE_K_PER_W = 3.3
PAD_STUFFING_K_PER_W = 10.0
STUFFING_ROOM_K_PER_W = 20.0
FABRIC_ROOM_K_PER_W = 8.3  # nobody there

PAD_SENSOR_LAG_S = 10.0
FACE_SENSOR_LAG_S = 15.0
AIR_LAG_S = 60.0  # the bladder's air behind the stuffing
CHIP_LAG_S = 20.0  # the pressure sensor's own temperature behind the air

STEP_S = 0.5  # longest Euler step; the shortest time constant is 7 s (pressed: fabric)


class Thermal:
    """State in degrees C: pad_c, fabric_c, skin_c, stuffing_c, air_c, chip_c, and the two
    thermistors pad_sensor_c and face_sensor_c. `given_j` is the energy the heater put in.

    `settle` reads room_c, body_c, insulation, fabric and perfusion from the world's settings.
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
        self._room_c = float(world["room_c"])
        self._core_c = float(world["body_c"])
        self._g_front = 1 / (PAD_FABRIC_K_PER_W * world["fabric"])
        self._g_skin = 1 / (FABRIC_SKIN_K_PER_W * world["fabric"])
        self._g_core = world["perfusion"] / SKIN_CORE_K_PER_W
        self._g_back = 1 / (PAD_STUFFING_K_PER_W * insulation)
        self._g_room = 1 / (STUFFING_ROOM_K_PER_W * insulation)
        self._g_air = 1 / (FABRIC_ROOM_K_PER_W * insulation)

    def step(self, dt, watts):
        """Let `dt` seconds pass with `watts` going into the pad all the time."""
        while dt > STEP_S:
            self._euler(STEP_S, watts)
            dt -= STEP_S
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
        self.pad_sensor_c += (share * pad + rest - self.pad_sensor_c) * h / PAD_SENSOR_LAG_S
        share, rest = self.face_sensor_bond
        self.face_sensor_c += (share * fabric + rest - self.face_sensor_c) * h / FACE_SENSOR_LAG_S
        self.chip_c += (air - self.chip_c) * h / CHIP_LAG_S
        self.air_c = air + (stuffing - air) * h / AIR_LAG_S
        self.stuffing_c = stuffing + (back - (stuffing - self._room_c) * self._g_room) * h / (
            STUFFING_J_PER_K
        )
        if self.contact:
            out = (fabric - skin) * self._g_skin
            skin += (out - (skin - self._core_c) * self._g_core) * h / SKIN_J_PER_K
            self.cem43 += (
                math.exp((skin - 43) * (1.3862943611198906 if skin < 43 else 0.6931471805599453))
                * h
                / 60
            )
            if self.peak_skin_c is None or skin > self.peak_skin_c:
                self.peak_skin_c = skin
        else:
            out = (fabric - self._room_c) * self._g_air
            skin -= (skin - self._core_c) * self._g_core * h / SKIN_J_PER_K
        self.skin_c = skin
        self.fabric_c = fabric + (front - out) * h / FABRIC_J_PER_K
        self.pad_c = pad = pad + (watts - front - back) * h / PAD_J_PER_K
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
