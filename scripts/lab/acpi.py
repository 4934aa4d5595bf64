# SPDX-License-Identifier: GPL-2.0
"""ACPI tables that the kernel takes in place of the machine's."""
import os
import shutil
import struct

from lab import initramfs, places

# IO Remapping Table (Arm DEN 0049), revision E.d: nodes by type, with the sizes of what is common to all
ITS, ROOT_COMPLEX, SMMUV3, RMR = 0, 2, 4, 6
TABLE_HEADER, IORT_HEADER, NODE_HEADER, MAPPING = 36, 12, 16, 20
REVISION = 5        # of the table; the first that knows RMR
SINGLE_MAPPING = 1

# QEMU's "virt" board: the SMMU, its interrupts (event, PRI, error, sync), and the buses that it translates
SMMU_BASE = 0x9050000
SMMU_INTERRUPTS = (106, 107, 109, 108)
COHERENT = 1
LAST_ID = 0xffff
BEHIND = 0x100      # ids behind the SMMU, less one

# Memory that the device in slot 5 goes on using until its driver comes
USED = (0x60000000, 0x10000)
USER = 5 << 3


def mapping(first, count, output, node, flags=0):
    return struct.pack("<IIIII", first, count, output, node, flags)


def node(kind, revision, number, data, mappings=()):
    size = NODE_HEADER + len(data)
    return struct.pack("<BHBIII", kind, size + MAPPING * len(mappings), revision, number, len(mappings),
                       size if mappings else 0) + data + b"".join(mappings)


def iort_with_memory():
    """The machine's own IORT, and a reserved memory region (RMR) of one stream."""
    its_at = TABLE_HEADER + IORT_HEADER
    its = node(ITS, 1, 0, struct.pack("<II", 1, 0))
    smmu_at = its_at + len(its)
    smmu = node(SMMUV3, 4, 1, struct.pack("<QIIQIIIIIII", SMMU_BASE, COHERENT, 0, 0, 0, *SMMU_INTERRUPTS, 0, 0),
                [mapping(0, LAST_ID, 0, its_at)])
    root = node(ROOT_COMPLEX, 3, 2, struct.pack("<IBHBIIB3x", COHERENT, 0, 0, 3, 0, 0, 64),
                [mapping(0, BEHIND, 0, smmu_at),
                 mapping(BEHIND, LAST_ID - BEHIND, BEHIND, its_at)])
    # Its one range follows what every RMR node has; the mapping stands behind both.
    ranges = struct.pack("<QQI", *USED, 0)
    memory = node(RMR, 3, 3, struct.pack("<III", 0, 1, NODE_HEADER + 12) + ranges,
                  [mapping(0, 0, USER, smmu_at, SINGLE_MAPPING)])
    nodes = [its, smmu, root, memory]
    body = struct.pack("<III", len(nodes), its_at, 0) + b"".join(nodes)
    head = struct.pack("<4sIBB6s8sI4sI", b"IORT", TABLE_HEADER + len(body), REVISION, 0, b"BOCHS ", b"BXPC    ",
                       2, b"BXPC", 1)  # OEM revision: newer than the machine's, which is 1
    table = bytearray(head + body)
    table[9] = -sum(table) & 0xff
    return bytes(table)


TABLES = {"rmr": ("iort", iort_with_memory)}


def ahead_of(initrd, which):
    """An archive with the tables in front of the initramfs, where the kernel looks for them before all else."""
    name, table = TABLES[which]
    target = os.path.join(places.BUILD, f"initramfs-{which}.gz")
    with open(target, "wb") as out:
        out.write(initramfs.entry(f"kernel/firmware/acpi/{name}.aml", 0o100644, table(), 1))
        out.write(initramfs.entry("TRAILER!!!", 0))
        out.write(b"\0" * (-out.tell() % 512))
        with open(initrd, "rb") as file:
            shutil.copyfileobj(file, out)
    return target
