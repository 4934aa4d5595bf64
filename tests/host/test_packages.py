# SPDX-License-Identifier: GPL-2.0
"""What happens when packages are missing."""
import os
import unittest
from unittest import mock

from lab import packages
from lab.say import Failure


class PackagesTest(unittest.TestCase):
    def test_nothing_to_do_when_all_are_there(self):
        with mock.patch.object(packages, "installed", return_value=True), \
                mock.patch.object(packages, "run") as run:
            packages.need("check")
        run.assert_not_called()

    def test_root_installs_just_what_is_missing(self):
        with mock.patch.object(packages, "installed", side_effect=lambda name: name != "sparse"), \
                mock.patch.object(os, "geteuid", return_value=0), \
                mock.patch.object(packages, "run") as run:
            packages.need("check")
        self.assertEqual(run.call_args_list[-1].args[0][-1], "sparse")
        self.assertNotIn("bison", run.call_args_list[-1].args[0])

    def test_others_are_told_the_command(self):
        with mock.patch.object(packages, "installed", side_effect=lambda name: name != "bison"), \
                mock.patch.object(os, "geteuid", return_value=1000), \
                mock.patch.object(packages, "run") as run, \
                self.assertRaisesRegex(Failure, "apt-get install .*bison"):
            packages.need("kunit")
        run.assert_not_called()


if __name__ == "__main__":
    unittest.main()
