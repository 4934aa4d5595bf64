# SPDX-License-Identifier: GPL-2.0
"""What make compat reads out of headers and objects."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from lab import symbols, users

HEADER = """
#ifndef __LINUX_THING_H
#define __LINUX_THING_H
/* struct not_me { */
#define THING_FLAG\t(1 << 3)
#define thing_each(x)\t\\
\tinner_of_macro(x)
struct thing_ops;
struct thing_domain {
\tint (*attach)(struct thing_domain *domain);
};
enum thing_cap {
\tTHING_CAP_ONE,\t/* IGNORED */
\tTHING_CAP_TWO = 5,
};
typedef unsigned int thingid_t;
typedef int (*thing_handler_t)(struct thing_domain *, void *);
extern bool thing_forced;
struct thing_domain *thing_alloc(struct device *dev,
\t\t\t\t unsigned int flags);
static inline void thing_free(struct thing_domain *domain)
{
\tkfree_of_body(domain);
}
#endif
"""


class HeaderTest(unittest.TestCase):
    def test_names(self):
        names, types = users.declared(HEADER)
        self.assertEqual(names, {"THING_FLAG", "thing_each", "THING_CAP_ONE", "THING_CAP_TWO", "thingid_t",
                                 "thing_handler_t", "thing_forced", "thing_alloc", "thing_free"})
        self.assertEqual(types, {("struct", "thing_domain"), ("enum", "thing_cap")})

    def test_includes(self):
        for line in ("#include <linux/iommu.h>", '# include "iommu-priv.h"', '#include "../../dma-iommu.h"'):
            self.assertTrue(re.search(users.INCLUDES, line), line)
        for line in ("#include <linux/iommu-helper.h>", "#include <asm/iommu.h>", '#include "my-iommu-priv.h"',
                     "/* <linux/iommu.h> */"):
            self.assertFalse(re.search(users.INCLUDES, line), line)


SYMVERS = """0x0\tfor_all\tvmlinux\tEXPORT_SYMBOL\t
0x0\tfor_gpl\tvmlinux\tEXPORT_SYMBOL_GPL\t
0x0\tin_space\tvmlinux\tEXPORT_SYMBOL_GPL\tSPACE
"""
SOURCE = """
void %s(void);
void user(void) { %s(); }
static const char license[] __attribute__((section(".modinfo"), used, aligned(1))) = "license=%s";
static const char space[] __attribute__((section(".modinfo"), used, aligned(1))) = "import_ns=%s";
"""


@unittest.skipUnless(shutil.which("gcc"), "no compiler")
class LinkTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        table = os.path.join(self.folder, "Module.symvers")
        with open(table, "w") as file:
            file.write(SYMVERS)
        self.exports = symbols.exports(table)

    def refused(self, name, license_, space="", module="module"):
        source = os.path.join(self.folder, "user.c")
        with open(source, "w") as file:
            file.write(SOURCE % (name, name, license_, space))
        target = source[:-1] + "o"
        subprocess.run(["gcc", "-c", "-o", target, source], check=True)
        taken, reasons = symbols.refusals(module, "", [target], self.exports,
                                          {"for_all", "for_gpl", "in_space", "missing"})
        self.assertEqual(taken, {name})
        return reasons

    def test_good(self):
        self.assertEqual(self.refused("for_all", "Proprietary"), [])
        self.assertEqual(self.refused("for_gpl", "Dual MIT/GPL"), [])
        self.assertEqual(self.refused("in_space", "GPL", "SPACE"), [])
        self.assertEqual(self.refused("missing", "GPL", module=""), [])

    def test_refused(self):
        self.assertIn("is not exported", self.refused("missing", "GPL")[0])
        self.assertIn("under the GPL", self.refused("for_gpl", "Proprietary")[0])
        self.assertIn("namespace SPACE", self.refused("in_space", "GPL", "OTHER")[0])


if __name__ == "__main__":
    unittest.main()
