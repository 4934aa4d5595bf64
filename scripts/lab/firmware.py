# SPDX-License-Identifier: GPL-2.0
"""The machine's device tree with a change in it."""
import os
import subprocess

from lab import places
from lab.say import Failure

SMMU = "/smmuv3@9050000"
BRIDGE = "/pcie@10000000"
PCI_MEMORY = "2000000"  # first cell of a PCI address: 32-bit memory space


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


def direct(blob):
    """The device in slot 5 needs 64 KiB of memory at the same address, always: what a display left on has."""
    region, device = "/reserved-memory/lab@7f000000", BRIDGE + "/edu@5,0"
    tool("fdtput", "-c", "-p", blob, region)
    for name in ("#address-cells", "#size-cells"):
        tool("fdtput", "-t", "x", blob, "/reserved-memory", name, "2")
    tool("fdtput", blob, "/reserved-memory", "ranges")
    tool("fdtput", "-t", "x", blob, region, "reg", "0", "7f000000", "0", "10000")
    tool("fdtput", "-t", "x", blob, region, "phandle", "7001")
    tool("fdtput", "-t", "x", blob, region, "iommu-addresses",
         "7002", PCI_MEMORY, "0", "7f000000", "0", "10000")
    tool("fdtput", "-c", blob, device)
    tool("fdtput", "-t", "x", blob, device, "reg", "2800", "0", "0", "0", "0")
    tool("fdtput", "-t", "x", blob, device, "phandle", "7002")
    tool("fdtput", "-t", "x", blob, device, "memory-region", "7001")


CHANGES = {"direct": direct, "disabled": disabled, "beyond": beyond, "silent": silent}


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
