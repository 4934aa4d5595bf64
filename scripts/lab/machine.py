# SPDX-License-Identifier: GPL-2.0
"""One QEMU machine: its command line, its console in a log, its end."""
import os
import selectors
import subprocess
import time

from lab import places
from lab.say import Failure

QEMU = "qemu-system-aarch64"
UEFI = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
LIMIT = 180
SMALL = {"cpus": 1, "memory": "256M"}
# QEMU 7.2 lets a processor see a new memory map before it drops what it knows of the old one: an access to a device may
# reach another one, or none. Where devices come and go all the time the processors take turns.
TURNS = {"extra": ("-accel", "tcg,thread=single")}


def disk(name, mib):
    """A raw, sparse, empty disk image."""
    path = os.path.join(places.BUILD, "disks", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.truncate(mib << 20)
    return path


DRIVE = "if=none,format=raw,cache=unsafe"


def edu(slot, mask=None):
    return ["-device", f"edu,addr={slot}" + (f",dma_mask={mask:#x}" if mask else "")]


def few(tag, edu_mask=None):
    """A disk and an edu, at the addresses that the guest's scripts expect."""
    return ["-nic", "none",
            "-drive", f"{DRIVE},id=d0,file={disk(tag + '-nvme', 128)}",
            "-device", "nvme,serial=lab,drive=d0,addr=1",
            *edu(5, edu_mask)]


def masters(tag, edu_mask=None):
    """The devices that move data, each at the address that the guest's scripts expect."""
    virtio = "iommu_platform=on,disable-legacy=on"
    return [*few(tag, edu_mask),
            "-netdev", "user,id=n0,net=10.0.2.0/24", "-device", "e1000e,netdev=n0,addr=2",
            "-netdev", "user,id=n1,net=10.0.3.0/24",
            "-device", f"virtio-net-pci,netdev=n1,addr=3,romfile=,{virtio}",
            "-drive", f"{DRIVE},id=d1,file={disk(tag + '-vblk', 64)}",
            "-device", f"virtio-blk-pci,drive=d1,addr=4,{virtio}",
            *edu(6, edu_mask)]


def far(tag):
    """A root bus of its own with devices that move data, behind a virtio-iommu on a transport of the board."""
    ports = [word for port in (1, 2) for word in
             ("-device", f"pcie-root-port,id=port{port},bus=far,addr={port},chassis={port}")]
    return ["-global", "virtio-mmio.force-legacy=false", "-device", "pxb-pcie,id=far,bus_nr=64,addr=9",
            "-device", "virtio-iommu-device,primary-bus=far,bus=virtio-mmio-bus.0,boot-bypass=off", *ports,
            "-drive", f"{DRIVE},id=d2,file={disk(tag + '-far', 64)}",
            "-device", "nvme,serial=far,drive=d2,bus=port1", "-device", "edu,bus=port2"]


class Machine:
    """The virt board with an IOMMU, one of tests/boot/iommus.py."""

    def __init__(self, kernel, initrd, append, iommu, devices=(), cpus=2, memory="1G", extra=()):
        words = f"labiommu={iommu.kind}" + (f" labacpi={iommu.acpi}" if iommu.acpi else "")
        self.command = [
            QEMU, "-M", ",".join(["virt", "gic-version=3"] + ([iommu.board] if iommu.board else [])),
            "-cpu", "cortex-a57", "-smp", str(cpus), "-m", memory, "-nographic", "-no-reboot",
            *(["-bios", UEFI] if iommu.acpi else []), "-kernel", kernel, "-initrd", initrd,
            "-append", f"console=ttyAMA0 panic=-1 printk.devkmsg=on loglevel=7 {words} " + append,
            *extra, *iommu.devices, *devices]

    def interact(self):
        return subprocess.run(self.command, check=False).returncode

    def run(self, log, on_line, limit=LIMIT, monitor=None):
        """Run to the end; every line of the console goes to the log, to on_line and to the monitor, if there is one."""
        if monitor:
            self.command += monitor.words()
            with monitor:
                return self.follow_all(log, lambda text: (on_line(text), monitor.line(text)), limit, [monitor.theirs.fileno()])
        return self.follow_all(log, on_line, limit, [])

    def follow_all(self, log, on_line, limit, files):
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "w", errors="replace") as out:
            out.write("$ " + " ".join(self.command) + "\n")
            out.flush()
            process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, pass_fds=files,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            try:
                self.follow(process, out, on_line, time.monotonic() + limit, log)
            finally:
                process.kill()
                process.wait()

    def follow(self, process, out, on_line, deadline, log):
        rest = b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                if time.monotonic() > deadline:
                    raise Failure("the machine did not come to an end in time", log)
                if not selector.select(timeout=1):
                    continue
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    return
                lines = (rest + data).split(b"\n")
                rest = lines.pop()
                for line in lines:
                    text = line.decode(errors="replace").rstrip("\r")
                    out.write(text + "\n")
                    on_line(text)
                out.flush()
