# SPDX-License-Identifier: GPL-2.0
"""What modules may take from the kernel: modpost's rules, for objects of modules that are not linked."""
import os
import re
import subprocess

from lab import places
from lab.say import Failure

# license_is_gpl_compatible() of include/linux/license.h
GPL_LICENSES = {"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"}


class Export:
    """One line of Module.symvers."""

    def __init__(self, kind, namespace):
        self.gpl_only = kind == "EXPORT_SYMBOL_GPL"
        self.namespace = namespace

    def words(self):
        return " ".join(["GPL" if self.gpl_only else "any", self.namespace]).strip()


def exports(path):
    """name -> Export of a Module.symvers."""
    found = {}
    for line in places.read(path).splitlines():
        _crc, name, _owner, kind, namespace = (line.split("\t") + [""])[:5]
        found[name] = Export(kind, namespace)
    return found


def nm(prefix, option, objects):
    """The names that nm lists for each object: path -> set."""
    found = {}
    for path in objects:
        done = subprocess.run([prefix + "nm", "-g", option, path], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failure(f"nm {path}: {done.stderr.strip()}")
        found[path] = {line.split()[-1] for line in done.stdout.splitlines() if line.strip()}
    return found


def modinfo(prefix, objects):
    """(licences, imported namespaces) that objects of one module state."""
    licenses, namespaces = set(), set()
    for path in objects:
        copy = path + ".modinfo"
        subprocess.run([prefix + "objcopy", "-O", "binary", "--only-section=.modinfo", path, copy],
                       capture_output=True, check=False)
        if os.path.exists(copy):
            text = places.read(copy)
            os.remove(copy)
            licenses |= set(re.findall(r"(?:^|\0)[\w.-]*license=([^\0]*)", text))
            namespaces |= set(re.findall(r"(?:^|\0)[\w.-]*import_ns=([^\0]*)", text))
    return licenses, namespaces


def refusals(module, prefix, objects, exported, concerned):
    """(symbols of concern that a module's objects take, reasons for which modpost would refuse them)."""
    taken = set().union(*nm(prefix, "-u", objects).values()) & concerned
    if not module:
        return taken, []  # in vmlinux, where no export is needed
    licenses, namespaces = modinfo(prefix, objects)
    reasons = [] if licenses else [f"{module}: none of its objects here states a licence"]
    for name in sorted(taken):
        export = exported.get(name)
        if not export:
            reasons.append(f"{module}: {name} is not exported")
        elif export.gpl_only and not licenses & GPL_LICENSES:
            reasons.append(f"{module}: {name} is for modules under the GPL, not {', '.join(licenses)}")
        elif export.namespace and export.namespace not in namespaces:
            reasons.append(f"{module}: {name} is in namespace {export.namespace}, which is not imported")
    return taken, reasons
