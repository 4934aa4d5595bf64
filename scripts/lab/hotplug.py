# SPDX-License-Identifier: GPL-2.0
"""Slots of a machine that devices leave and come back to while it runs, when its guest asks for that.

The guest writes "lab: HOST plug NAME" or "lab: HOST unplug NAME" to its console.
"""
import json
import queue
import re
import socket
import threading
import time

from lab import machine

FIRST_ADDRESS = 0xa  # of the ports on the root bus
PATIENCE = 30  # seconds until a device that was there before has gone for good


def plugs(tag):
    """What is in the slots, by name: block devices, and what device_add takes."""
    file = {"driver": "file"}
    raw = {"driver": "raw", "cache": {"no-flush": True}}
    blocks = [{**raw, "node-name": f"hot{number}", "file": {**file, "filename": machine.disk(f"{tag}-hot{number}", 64)}}
              for number in (1, 2)]
    # Shared, as QEMU may never let go of what was pulled out in the middle of a transfer.
    devices = [{"driver": "nvme", "serial": "hot", "drive": "hot1", "share-rw": True},
               {"driver": "virtio-blk-pci", "drive": "hot2", "iommu_platform": True, "disable-legacy": "on", "share-rw": True},
               {"driver": "edu"}, {"driver": "e1000e", "netdev": "hotnet"}]
    return blocks, {f"hot{number}": {**words, "id": f"hot{number}", "bus": f"slot{number}"}
                    for number, words in enumerate(devices, 1)}


class Monitor:
    """Does with QEMU's monitor what the guest asks for."""
    ASKED = re.compile(r"lab: HOST (plug|unplug) (\w+)$")

    def __init__(self, tag):
        self.blocks, self.devices = plugs(tag)
        self.ours, self.theirs = socket.socketpair()
        self.asked = queue.Queue()
        self.failed = []
        self.worker = threading.Thread(target=self.work, daemon=True)

    def words(self):
        """For QEMU's command line: the monitor, the slots and what is in them at first."""
        words = ["-chardev", f"socket,id=qmp,fd={self.theirs.fileno()}", "-mon", "chardev=qmp,mode=control",
                 "-netdev", "user,id=hotnet,net=10.0.4.0/24"]
        for block in self.blocks:
            words += ["-blockdev", json.dumps(block)]
        for number, device in enumerate(self.devices.values(), 1):
            words += ["-device", f"pcie-root-port,id=slot{number},addr={FIRST_ADDRESS + number - 1:x},"
                                 f"chassis={number},slot={number}", "-device", json.dumps(device)]
        return words

    def line(self, text):
        found = self.ASKED.search(text)
        if found:
            self.asked.put(found.groups())

    def __enter__(self):
        self.worker.start()
        return self

    def __exit__(self, *_):
        self.asked.put(None)
        for end in (self.theirs, self.ours):
            end.close()

    def work(self):
        try:
            with self.ours.makefile("rw") as qmp:
                qmp.readline()
                self.ask(qmp, "qmp_capabilities")
                for what, name in iter(self.asked.get, None):
                    self.plug(qmp, name) if what == "plug" else self.ask(qmp, "device_del", id=name)
        except (OSError, ValueError) as error:
            self.failed.append(f"QEMU's monitor: {error}")

    def plug(self, qmp, name):
        """The device that has the name and the slot may be on its way out still."""
        deadline = time.monotonic() + PATIENCE
        while self.ask(qmp, "device_add", quiet=time.monotonic() < deadline, **self.devices[name]):
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)

    def ask(self, qmp, what, quiet=False, **words):
        """One command; its error, if it has one."""
        qmp.write(json.dumps({"execute": what, "arguments": words}) + "\n")
        qmp.flush()
        for line in qmp:
            answer = json.loads(line)
            if "return" in answer:
                return None
            if "error" in answer:
                if not quiet:
                    self.failed.append(f"{what} {words.get('id', '')}: {answer['error']['desc']}")
                return answer["error"]
        raise OSError("no answer")
