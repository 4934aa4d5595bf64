# SPDX-License-Identifier: GPL-2.0
"""The reader of the iommufd selftests' results."""
import unittest

from lab.iommufd import Console

LOG = """\
[    4.100000] lab: tap iommufd 1..3
[    4.100001] lab: tap iommufd # Starting 3 tests from 1 test cases.
[    4.100002] lab: tap iommufd ok 1 iommufd_ioas.mock_domain.ioas_iova_alloc
[    4.100003] lab: tap iommufd # iommufd.c:675:area:Expected 0 (0) == ret (-1)
[    4.100004] lab: tap iommufd not ok 2 iommufd_ioas.mock_domain.area
[    4.100005] lab: tap iommufd ok 3 vfio_compat_mock_domain.type1.get_info # SKIP no hugepages
[    4.100006] lab: tap iommufd_fail_nth ok 1 basic_fail_nth.map_domain
[    4.100007] WARNING: possible circular locking dependency detected
[    4.100008] lab: end iommufd
"""


class ConsoleTest(unittest.TestCase):
    def setUp(self):
        self.console = Console()
        for line in LOG.splitlines():
            self.console.line(line)

    def test_results(self):
        self.assertEqual(self.console.results, {
            "iommufd iommufd_ioas.mock_domain.ioas_iova_alloc": "passed",
            "iommufd iommufd_ioas.mock_domain.area": "failed",
            "iommufd vfio_compat_mock_domain.type1.get_info": "skipped",
            "iommufd_fail_nth basic_fail_nth.map_domain": "passed"})

    def test_skipped_is_not_passed(self):
        self.assertNotIn("iommufd vfio_compat_mock_domain.type1.get_info", self.console.passed())

    def test_reasons_and_trouble(self):
        self.assertEqual(self.console.why, ["iommufd.c:675:area:Expected 0 (0) == ret (-1)"])
        self.assertEqual(len(self.console.trouble), 1)
        self.assertTrue(self.console.ended)


if __name__ == "__main__":
    unittest.main()
