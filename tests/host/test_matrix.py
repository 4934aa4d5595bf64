# SPDX-License-Identifier: GPL-2.0
"""The order of lines on a console, and that the matrix of boots has all of its cells."""
import contextlib
import io
import itertools
import unittest

from lab import boot, say
from boot import matrix  # lab.boot knows where it is

LINES = ["[    1.0] lab: PASS one: it is so", "[    2.0] first", "[    3.0] second", "[    4.0] first again"]


class ConsoleTest(unittest.TestCase):
    def judged(self, judge):
        """Did what was judged pass?"""
        results = say.Results()
        console = boot.Console("cell", "matrix", results)
        with contextlib.redirect_stdout(io.StringIO()):
            for text in LINES:
                console.line(text)
            judge(console)
        self.assertEqual(results.passed + results.failed, 2)
        return not results.failed

    def test_order(self):
        for patterns, right in ((["first", "second"], True), (["second", "first"], True), (["second", "first", "second"], False),
                                (["PASS one", "second"], True), (["second", "PASS one"], False), (["third"], False),
                                (["first", "first", "first"], False)):
            with self.subTest(patterns=patterns):
                self.assertEqual(self.judged(lambda console, patterns=patterns: console.judge_order("x", patterns)), right)

    def test_never(self):
        self.assertTrue(self.judged(lambda console: console.judge_never(["third", "fourth"])))
        self.assertFalse(self.judged(lambda console: console.judge_never(["third", "second"])))


class MatrixTest(unittest.TestCase):
    def test_all_cells(self):
        wanted = {"-".join(words) for words in itertools.product(
            ("smmuv3", "virtio"), ("module", "builtin"), ("first", "late", "absent", "disabled", "failing"), ("defer", "bypass", "fail"))}
        names = [plan.name for plan in boot.EVERY]
        self.assertEqual(len(wanted), 60)
        self.assertLessEqual(wanted, set(names))
        self.assertEqual(len(names), len(set(names)))

    def test_cells_differ_by_policy(self):
        """What is expected of a missing IOMMU is another thing with each policy."""
        for (kind, form), states in matrix.WAYS.items():
            for state in states:
                expected = [(tuple(plan.checks), tuple(map(tuple, plan.order.values()))) for plan in
                            (matrix.cell(kind, form, state, missing) for missing in matrix.MISSING)]
                self.assertEqual(len(set(expected)), 1 if state in ("first", "disabled") else 3)


if __name__ == "__main__":
    unittest.main()
