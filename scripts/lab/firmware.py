# SPDX-License-Identifier: GPL-2.0
"""The machine's device tree with a change in it."""
import os
import subprocess

from lab import places
from lab.say import Failure

SMMU = "/smmuv3@9050000"
BRIDGE = "/pcie@10000000"


def tool(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{' '.join(words[:2])}: {done.stderr.strip()}")
    return done.stdout.split()


def disabled(blob):
    """The firmware says that the SMMU is not to be used."""
    tool("fdtput", "-t", "s", blob, SMMU, "status", "disabled")


def beyond(blob):
    """The StreamIDs of all PCI devices are beyond what the SMMU has a table for."""
    first, phandle, _, count = tool("fdtget", "-t", "x", blob, BRIDGE, "iommu-map")
    tool("fdtput", "-t", "x", blob, BRIDGE, "iommu-map", first, phandle, "1000000", count)


def silent(blob):
    """The SMMU has no interrupts."""
    for name in ("interrupts", "interrupt-names"):
        tool("fdtput", "-d", blob, SMMU, name)


CHANGES = {"disabled": disabled, "beyond": beyond, "silent": silent}


def changed(command, change, name):
    """QEMU's tree for a command line, changed; the words that boot with it."""
    blob = os.path.join(places.BUILD, "dtb", name + ".dtb")
    os.makedirs(os.path.dirname(blob), exist_ok=True)
    dump = list(command)
    at = dump.index("-M") + 1
    dump[at] += f",dumpdtb={blob}"
    tool(*dump)
    CHANGES[change](blob)
    return ["-dtb", blob]
