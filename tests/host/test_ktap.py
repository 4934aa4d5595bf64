# SPDX-License-Identifier: GPL-2.0
"""Reading KTAP as the console of a kernel shows it."""
import unittest

from lab import ktap

GOOD = """
[    1.000000] KTAP version 1
[    1.000001] 1..2
[    1.000002]     KTAP version 1
[    1.000003]     # Subtest: first
[    1.000004]     1..3
[    1.000005]     ok 1 one
[    1.000005]         KTAP version 1
[    1.000005]         # Subtest: two
[    1.000006]         ok 1 parameter
[    1.000006]     ok 2 two
[    1.000007]     ok 3 three # SKIP not here
[    1.000008] # first: pass:2 fail:0 skip:1 total:3
[    1.000009] ok 1 first
"""
BAD = """
    KTAP version 1
    # Subtest: second
    1..2
    # wrong: EXPECTATION FAILED at x_test.c:5
    not ok 1 wrong
    ok 2 right
not ok 2 second
    KTAP version 1
    # Subtest: third
    1..2
    ok 1 begun
"""


class KtapTest(unittest.TestCase):
    def read(self, text):
        reader = ktap.Reader()
        for line in text.splitlines():
            reader.line(line)
        return reader

    def test_counts_cases_not_parameters(self):
        reader = self.read(GOOD)
        self.assertEqual(reader.count(), (2, 0, 1))
        self.assertEqual(reader.suites, {"first": True})

    def test_failures_have_names(self):
        reader = self.read(BAD)
        self.assertEqual(reader.failures(), [("second.wrong", "EXPECTATION FAILED at x_test.c:5")])
        self.assertFalse(reader.suites["second"])

    def test_suite_without_an_end_has_not_run(self):
        self.assertNotIn("third", self.read(BAD).suites)

    def test_sanitizers_are_heard(self):
        for word in ("BUG: KASAN: use-after-free in f", "BUG: KCSAN: data-race in f / g",
                     "UBSAN: shift-out-of-bounds in x.c", "WARNING: possible circular locking dependency detected"):
            self.assertEqual(len(self.read(f"[    1.0] {word}").trouble), 1, word)
        self.assertEqual(self.read("[    1.0] WARNING: CPU: 0 PID: 1 at x.c:1 f").trouble, [])

    def test_races_of_the_base_are_not_ours(self):
        reader = ktap.Reader({"mine"})
        reader.line("[    1.0] BUG: KCSAN: data-race in theirs / other")
        self.assertEqual(reader.trouble, [])
        reader.line("[    1.0] BUG: KCSAN: data-race in theirs+0x10/0x20 / mine+0x4/0x8")
        reader.line("[    1.0] BUG: KCSAN: data-race in mine.part.0+0x4/0x8")
        self.assertEqual(len(reader.trouble), 2)


if __name__ == "__main__":
    unittest.main()
