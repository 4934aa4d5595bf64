# SPDX-License-Identifier: GPL-2.0
"""Which KUnit suites there are: read from the sources, so that none is forgotten."""
import os
import re

from lab import places

SUITE = re.compile(r"struct\s+kunit_suite\s+(\w+)\s*=\s*\{(.*?)\};", re.S)
NAME = re.compile(r'\.name\s*=\s*"([^"]+)"')


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
