# SPDX-License-Identifier: GPL-2.0
"""Laying our tree over a kernel tree, on a kernel tree of a few files."""
import os
import subprocess
import tempfile
import unittest
from unittest import mock

from lab import overlay, places

MAKEFILE = "VERSION = 6\nPATCHLEVEL = {}\nSUBLEVEL = 9\n"
HUNK = """Subject: change

--- a/kernel/base.c
+++ b/kernel/base.c
@@ -1,2 +1,2 @@
 first
-second
+ours
"""


class OverlayTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.repo = os.path.join(self.folder.name, "repo")
        self.tree = os.path.join(self.folder.name, "linux")
        patcher = mock.patch.object(places, "REPO", self.repo)
        patcher.start()
        self.addCleanup(patcher.stop)
        self.put(self.repo, "scripts/dropped-files", "drivers/iommu/old.c\n")
        self.put(self.repo, "drivers/iommu/core/new.c", "new\n")
        self.put(self.repo, "include/linux/iommu.h", "ours\n")
        self.put(self.repo, "patches/0001-change.patch", HUNK)
        self.put(self.tree, "Makefile", MAKEFILE.format(12))
        self.put(self.tree, "include/linux/iommu.h", "base\n")
        self.put(self.tree, "drivers/iommu/old.c", "old\n")
        self.put(self.tree, "kernel/base.c", "first\nsecond\n")

    @staticmethod
    def put(top, path, text):
        target = os.path.join(top, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="ascii") as file:
            file.write(text)

    def text(self, path):
        target = os.path.join(self.tree, path)
        return places.read(target) if os.path.exists(target) else None

    def commit(self):
        for words in (["init", "-q"], ["add", "-A"],
                      ["-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "base"]):
            subprocess.run(["git", *words], cwd=self.tree, check=True)

    def lay(self):
        return overlay.Overlay(self.tree).lay()

    def test_lays_replaces_drops_and_patches(self):
        self.assertEqual(self.lay(), 4)
        self.assertEqual(self.text("drivers/iommu/core/new.c"), "new\n")
        self.assertEqual(self.text("include/linux/iommu.h"), "ours\n")
        self.assertIsNone(self.text("drivers/iommu/old.c"))
        self.assertEqual(self.text("kernel/base.c"), "first\nours\n")

    def test_second_time_touches_nothing(self):
        self.lay()
        before = os.stat(os.path.join(self.tree, "include/linux/iommu.h")).st_mtime_ns
        self.assertEqual(self.lay(), 0)
        self.assertEqual(os.stat(os.path.join(self.tree, "include/linux/iommu.h")).st_mtime_ns, before)

    def test_one_change_writes_one_file(self):
        self.lay()
        self.put(self.repo, "drivers/iommu/core/new.c", "newer\n")
        self.assertEqual(self.lay(), 1)
        self.assertEqual(self.text("drivers/iommu/core/new.c"), "newer\n")

    def test_what_leaves_our_tree_brings_the_base_back(self):
        self.lay()
        os.remove(os.path.join(self.repo, "include/linux/iommu.h"))
        os.remove(os.path.join(self.repo, "drivers/iommu/core/new.c"))
        os.remove(os.path.join(self.repo, "patches/0001-change.patch"))
        self.put(self.repo, "scripts/dropped-files", "")
        self.lay()
        self.assertEqual(self.text("include/linux/iommu.h"), "base\n")
        self.assertEqual(self.text("drivers/iommu/old.c"), "old\n")
        self.assertEqual(self.text("kernel/base.c"), "first\nsecond\n")
        self.assertFalse(os.path.exists(os.path.join(self.tree, "drivers/iommu/core")))

    def test_taking_off_leaves_the_base(self):
        self.commit()
        self.lay()
        overlay.Overlay(self.tree).take_off()
        status = subprocess.run(["git", "status", "--porcelain"], cwd=self.tree,
                                capture_output=True, text=True, check=True)
        self.assertEqual(status.stdout, "")

    def test_clean_git_tree_is_taken(self):
        self.commit()
        self.assertEqual(overlay.Overlay(self.tree).refusals(), [])
        self.lay()
        self.assertEqual(overlay.Overlay(self.tree).refusals(), [])

    def test_other_release_is_refused(self):
        self.put(self.tree, "Makefile", MAKEFILE.format(13))
        self.assertIn("Linux 6.13.9, not 6.12.y", overlay.Overlay(self.tree).refusals()[0])

    def test_no_kernel_is_refused(self):
        os.remove(os.path.join(self.tree, "Makefile"))
        self.assertIn("is not a kernel tree", overlay.Overlay(self.tree).refusals()[0])

    def test_local_change_is_refused(self):
        self.commit()
        self.put(self.tree, "include/linux/iommu.h", "mine\n")
        self.assertIn("include/linux/iommu.h has local changes", overlay.Overlay(self.tree).refusals()[0])

    def test_change_after_laying_is_refused(self):
        self.commit()
        self.lay()
        self.put(self.tree, "include/linux/iommu.h", "mine\n")
        self.assertIn("changed after our files were laid", overlay.Overlay(self.tree).refusals()[0])

    def test_hunk_that_does_not_apply_stops(self):
        self.put(self.tree, "kernel/base.c", "other\n")
        with self.assertRaisesRegex(Exception, "does not apply"):
            self.lay()
        self.assertEqual(self.text("include/linux/iommu.h"), "base\n")


if __name__ == "__main__":
    unittest.main()
