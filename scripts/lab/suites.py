# SPDX-License-Identifier: GPL-2.0
"""What the sources say of themselves: which KUnit suites there are, so that none is
forgotten, and which functions are ours."""
import os
import re

from lab import places

SUITE = re.compile(r"struct\s+kunit_suite\s+(\w+)\s*=\s*\{(.*?)\};", re.S)
DEFINED = re.compile(r"^(?!\s|#|/|\*)[\w\s*]*?\b(\w+)\([^;]*$", re.M)
NAME = re.compile(r'\.name\s*=\s*"([^"]+)"')


def options():
    """The Kconfig symbols that build our suites."""
    found = []
    for folder, _, names in os.walk(places.repo("drivers", "iommu")):
        for name in sorted(names):
            if name.startswith("Kconfig"):
                found += re.findall(r"^config (\w+_KUNIT_TEST)$", places.read(os.path.join(folder, name)), re.M)
    return sorted(set(found))


def functions():
    """Names of the functions that our sources define."""
    found = set()
    for folder, _, names in os.walk(places.repo("drivers", "iommu")):
        for name in names:
            if name.endswith(".c"):
                found.update(DEFINED.findall(places.read(os.path.join(folder, name))))
    return found


# Files that only UML compiles, and suites that only it runs: none
UML_ONLY = set()

# Suites of buses that UML cannot have
ARM64_ONLY = {"iommu-core-order-amba", "iommu-core-order-fsl-mc"}


def expected():
    """Suite name -> file of every suite below drivers/iommu."""
    found = {}
    for folder, _, names in os.walk(places.repo("drivers", "iommu")):
        for name in sorted(names):
            if not name.endswith(".c"):
                continue
            path = os.path.join(folder, name)
            for suite in SUITE.finditer(places.read(path)):
                title = NAME.search(suite.group(2))
                if title:
                    found[title.group(1)] = os.path.relpath(path, places.REPO)
    return found
