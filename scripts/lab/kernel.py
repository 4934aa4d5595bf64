# SPDX-License-Identifier: GPL-2.0
"""Configure and build a kernel in a folder inside its tree, which keeps every path
relative, so that ccache serves any checkout."""
import glob
import os
import re
import shutil

from lab import overlay, places, suites
from lab.say import Failure, note, run, step

CROSS = {"arm64": "aarch64-linux-gnu-", "x86_64": "x86_64-linux-gnu-"}
GUEST_MODULES = places.repo("tests", "guest", "modules")


def requested(texts):
    """Option -> value that configuration texts ask for; the last word counts."""
    want = {}
    for text in texts:
        for line in text.splitlines():
            off = re.match(r"# (CONFIG_\w+) is not set", line)
            if off:
                want[off.group(1)] = "n"
            elif line.startswith("CONFIG_"):
                name, value = line.split("=", 1)
                want[name] = value
    return want


def options(path):
    got = {}
    for line in places.read(path).splitlines():
        if line.startswith("CONFIG_"):
            name, value = line.split("=", 1)
            got[name] = value
    return got


def met(got, value):
    """Is an option as it was asked for? What depends on a module may be one."""
    return got == value or (value == "y" and got == "m")


class Kernel:
    """One configuration of one tree: tree/out-NAME. Ours has all of our suites in it unless told otherwise."""

    def __init__(self, tree, name, fragments, ours=True, arch="arm64", with_suites=True):
        self.tree = tree
        self.arch = arch
        self.name = name
        self.label = f"{os.path.basename(tree)}-{name}"
        self.out = os.path.join(tree, "out-" + name)
        self.fragments = [places.repo("configs", fragment) for fragment in fragments]
        self.ours = ours
        self.with_suites = ours and with_suites
        self.root = os.path.join(places.BUILD, "root-" + self.label)

    @property
    def image(self):
        """What boots: an Image, or UML's program."""
        return os.path.join(self.out, "linux" if self.arch == "um" else "arch/arm64/boot/Image")

    def release(self):
        return places.read(os.path.join(self.out, "include/config/kernel.release")).strip()

    def make(self, *targets):
        words = ["make", "-C", self.tree, f"ARCH={self.arch}", f"O=out-{self.name}", f"-j{places.JOBS}"]
        compiler, prefix = "gcc", CROSS.get(self.arch)
        if prefix and not prefix.startswith(os.uname().machine):
            words.append("CROSS_COMPILE=" + prefix)
            compiler = prefix + "gcc"
        if shutil.which("ccache"):
            words.append("CC=ccache " + compiler)
        return words + list(targets)

    def configure(self):
        """allnoconfig with the first fragment; the others on top; all that was asked for must be there."""
        texts = [places.read(fragment) for fragment in self.fragments]
        if self.with_suites:
            texts.append("".join(f"CONFIG_{name}=y\n" for name in suites.options()))
        log = places.log(f"config-{self.label}")
        fragment = os.path.join(self.out, ".fragment")
        os.makedirs(self.out, exist_ok=True)
        places.write_if_changed(fragment, texts[0])
        run(self.make(f"KCONFIG_ALLCONFIG={fragment}", "allnoconfig"), log, "kernel configuration")
        if texts[1:]:
            with open(os.path.join(self.out, ".config"), "a") as config:
                config.write("".join(texts[1:]))
            run(self.make("olddefconfig"), log, "kernel configuration")
        got = options(os.path.join(self.out, ".config"))
        lost = [f"{name}={value}" for name, value in requested(texts).items()
                if not met(got.get(name, "n"), value)]
        if lost:
            raise Failure(f"the kernel's configuration lacks {' '.join(lost)}", log)

    def build(self):
        step(f"building the {self.arch} kernel in {os.path.relpath(self.out, places.BUILD)} ({places.JOBS} jobs)")
        self.configure()
        targets = ["linux"] if self.arch == "um" else ["Image"]
        if "CONFIG_MODULES=y" in places.read(os.path.join(self.out, ".config")):
            targets.append("modules")
        run(self.make(*targets), places.log(f"kernel-{self.label}"), "kernel build")
        if self.ours:
            check_objects(self.out)

    def install_modules(self):
        """The kernel's and the tests' modules below self.root."""
        source = os.path.join(places.BUILD, "modules-" + self.label)
        for path in glob.glob(os.path.join(GUEST_MODULES, "*")):
            with open(path, "rb") as file:
                places.write_if_changed(os.path.join(source, os.path.basename(path)), file.read())
        log = places.log(f"modules-{self.label}")
        run(self.make(f"M={source}", "modules"), log, "test modules")
        shutil.rmtree(self.root, ignore_errors=True)
        where = f"INSTALL_MOD_PATH={self.root}"
        run(self.make(where, "modules_install"), log, "modules_install")
        run(self.make(where, f"M={source}", "modules_install"), log, "modules_install of the tests")
        links = os.path.join(self.root, "lib/modules", self.release())
        for name in ("build", "source"):
            if os.path.islink(os.path.join(links, name)):
                os.remove(os.path.join(links, name))


def check_objects(out):
    """Fail if an object in a build was made from a file that ours replace."""
    gone = set(overlay.dropped_files())
    count = 0
    for path in glob.iglob(os.path.join(out, "drivers/iommu/**/.*.cmd"), recursive=True):
        text = places.read(path)
        count += 1
        for word in re.findall(r"[\w./-]+\.[ch]\b", text):
            name = word[word.index("drivers/iommu/"):] if "drivers/iommu/" in word else word
            if name in gone:
                raise Failure(f"{os.path.relpath(path, out)} comes from {name}, a file of the base that is dropped")
    note(f"{count} build records below drivers/iommu: none comes from a dropped file of the base")
