# SPDX-License-Identifier: GPL-2.0
"""Pack folders into the gzipped newc archive that the kernel boots from."""
import gzip
import os
import stat


def entry(name, mode, data=b"", number=0):
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields)
    block = head + name.encode() + b"\0"
    block += b"\0" * (-len(block) % 4)
    return block + data + b"\0" * (-len(data) % 4)


class Archive:
    """Files by their name in the guest."""

    def __init__(self):
        self.files = {}

    def add(self, name, path):
        name = name.strip("/")
        parent = os.path.dirname(name)
        while parent and parent not in self.files:
            self.files[parent] = None
            parent = os.path.dirname(parent)
        self.files[name] = path

    def add_tree(self, prefix, folder):
        for where, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(where, name)
                if not os.path.islink(path):
                    self.add(os.path.join(prefix, os.path.relpath(path, folder)), path)

    def write(self, target, level=1):
        with gzip.open(target, "wb", compresslevel=level) if level else open(target, "wb") as out:
            for number, name in enumerate(sorted(self.files), 1):
                path = self.files[name]
                if path is None:
                    out.write(entry(name, stat.S_IFDIR | 0o755, number=number))
                    continue
                with open(path, "rb") as file:
                    mode = stat.S_IFREG | (0o755 if os.access(path, os.X_OK) else 0o644)
                    out.write(entry(name, mode, file.read(), number))
            out.write(entry("TRAILER!!!", 0))
