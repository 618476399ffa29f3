#!/usr/bin/env python3
"""Works RIMs and REMs out from the text of the specification, step by step.

DEN0137 1.0-rel0: B4.3.9.4 (initial RIM), B4.3.18.4 (RIPAS), B4.3.1.4 (data), B4.3.12.4 (REC),
C1.11 to C1.13 (descriptors), B4.4.12 and B4.4.19 (parameter structures), A7.1.2 (REM).
It shares no code with the program and knows nothing of hosts: each list below is the sequence of
measured RMM operations of one launch, written down by hand.

    python3 derive.py > expected.json
"""
import hashlib
import json
import struct

MEASURE_CONTENT = 1


class Realm:
    def __init__(self, algo, s2sz, num_bps, num_wps, flags=0, sve_vl=0, pmu_num_ctrs=0):
        self.h = lambda data: hashlib.new(algo, data).digest()
        params = bytearray(4096)
        struct.pack_into("<Q", params, 0x0, flags)
        struct.pack_into("<B", params, 0x8, s2sz)
        struct.pack_into("<B", params, 0x10, sve_vl)
        struct.pack_into("<B", params, 0x18, num_bps)
        struct.pack_into("<B", params, 0x20, num_wps)
        struct.pack_into("<B", params, 0x28, pmu_num_ctrs)
        struct.pack_into("<B", params, 0x30, {"sha256": 0, "sha512": 1}[algo])
        self.rim = self.h(bytes(params))
        self.rem = [bytes(len(self.rim)) for _ in range(4)]

    def _extend(self, desc_type, at_0x50):
        desc = bytearray(0x100)
        desc[0x0] = desc_type
        struct.pack_into("<Q", desc, 0x8, 0x100)
        desc[0x10 : 0x10 + len(self.rim)] = self.rim
        desc[0x50 : 0x50 + len(at_0x50)] = at_0x50
        self.rim = self.h(bytes(desc))

    def data(self, ipa, page, flags=MEASURE_CONTENT):
        content = self.h(page) if flags == MEASURE_CONTENT else b""
        self._extend(0, struct.pack("<QQ", ipa, flags) + content)

    def rec(self, pc, gprs):
        params = bytearray(4096)
        struct.pack_into("<Q", params, 0x0, 1)
        struct.pack_into("<Q", params, 0x200, pc)
        struct.pack_into("<8Q", params, 0x300, *(gprs + [0] * (8 - len(gprs))))
        self._extend(1, self.h(bytes(params)))

    def ripas(self, base, top):
        self._extend(2, struct.pack("<QQ", base, top))

    def extend_rem(self, register, value):
        self.rem[register] = self.h(self.rem[register] + value)


MIB = 1 << 20
RAM = 0x8000_0000


def empty(algo):
    """A Realm that was created and nothing else."""
    return Realm(algo, 33, 1, 1)


def small(algo):
    """4 MiB + 8 KiB of RAM as two 2 MiB entries and two pages, two pages of data, one REC."""
    realm = Realm(algo, 33, 5, 3)
    realm.ripas(RAM, RAM + 2 * MIB)
    realm.ripas(RAM + 2 * MIB, RAM + 4 * MIB)
    realm.ripas(RAM + 4 * MIB, RAM + 4 * MIB + 0x1000)
    realm.ripas(RAM + 4 * MIB + 0x1000, RAM + 4 * MIB + 0x2000)
    realm.data(RAM, b"\x5a" * 4096)
    realm.data(RAM + 0x1000, b"\xa5" * 4096)
    realm.rec(RAM, [RAM + 0x1000])
    realm.extend_rem(0, bytes(range(32)))
    realm.extend_rem(0, b"\xff")
    realm.extend_rem(3, b"")
    return realm


def unmeasured(algo):
    """A page whose content is not measured still extends the RIM; only REC 0 is runnable."""
    realm = Realm(algo, 40, 1, 1)
    realm.data(0, b"\x00" * 4096)
    realm.data(0x1000, b"\x77" * 4096, flags=0)
    realm.rec(0x1234, [1, 2, 3, 4, 5, 6, 7, (1 << 64) - 1])
    return realm


def gigabyte(algo):
    """1 GiB of RAM on a 1 GiB boundary is one entry at level 1."""
    realm = Realm(algo, 40, 1, 1)
    realm.ripas(0x4000_0000, 0x8000_0000)
    return realm


print(
    json.dumps(
        [
            {
                "launch": launch.__name__,
                "hashAlgo": algo.replace("sha", "sha-"),
                "rim": realm.rim.hex(),
                "rem": [rem.hex() for rem in realm.rem],
            }
            for launch in (empty, small, unmeasured, gigabyte)
            for algo in ("sha256", "sha512")
            for realm in [launch(algo)]
        ],
        indent=2,
    )
)
