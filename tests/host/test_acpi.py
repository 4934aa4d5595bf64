# SPDX-License-Identifier: GPL-2.0
"""The tables that the kernel takes in place of the machine's are well formed."""
import struct
import unittest

from lab import acpi

NODES_AT = 48


def nodes(table):
    """Offset, type and mappings of each node."""
    at = NODES_AT
    while at < len(table):
        kind, size, _, _, count, first = struct.unpack_from("<BHBIII", table, at)
        yield at, kind, [struct.unpack_from("<IIIII", table, at + first + nr * 20) for nr in range(count)]
        at += size
    assert at == len(table), "the last node ends where the table does"


class IortTest(unittest.TestCase):
    def setUp(self):
        self.table = acpi.iort_with_memory()
        self.nodes = {kind: (at, mappings) for at, kind, mappings in nodes(self.table)}

    def test_header(self):
        signature, size, revision = struct.unpack_from("<4sIB", self.table)
        self.assertEqual((signature, size, revision), (b"IORT", len(self.table), 5))
        self.assertEqual(sum(self.table) % 256, 0)
        self.assertEqual(struct.unpack_from("<II", self.table, 36), (len(self.nodes), NODES_AT))

    def test_references(self):
        its, smmu = self.nodes[acpi.ITS][0], self.nodes[acpi.SMMUV3][0]
        self.assertEqual([entry[3] for entry in self.nodes[acpi.SMMUV3][1]], [its])
        self.assertEqual([entry[3] for entry in self.nodes[acpi.ROOT_COMPLEX][1]], [smmu, its])

    def test_memory(self):
        at, mappings = self.nodes[acpi.RMR]
        self.assertEqual(mappings, [(0, 0, acpi.USER, self.nodes[acpi.SMMUV3][0], acpi.SINGLE_MAPPING)])
        count, first = struct.unpack_from("<II", self.table, at + 20)
        self.assertEqual(count, 1)
        self.assertEqual(struct.unpack_from("<QQ", self.table, at + first), acpi.USED)


if __name__ == "__main__":
    unittest.main()
