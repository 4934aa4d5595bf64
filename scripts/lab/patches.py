# SPDX-License-Identifier: GPL-2.0
"""Our tree as a series for "git am" on Linux 6.12.y, every step of which builds.

New files come first, a patch a folder: nothing compiles them yet. Then the hunks
in base files that need nothing of ours, a patch a purpose. The switch is made at
once: headers, Makefile and Kconfig that replace the base's, and what replaces a
file of the base under its own name. The hunks that call what is ours follow. The
last patch removes the base's files that are dropped.
"""
import os
import shutil
import subprocess

from lab import base, overlay, packages, places
from lab.say import Failure, note, step

WORK = os.path.join(places.BUILD, "series")
OUT = os.path.join(places.BUILD, "patches")

SUBJECTS = {
    "drivers/iommu/core": ("iommu: add the core", "Instances, devices, groups, domains, mappings and faults."),
    "drivers/iommu/dma": ("iommu/dma: add the DMA API on an IOMMU", "Every call of <linux/iommu-dma.h>."),
    "drivers/iommu/iova": ("iommu/iova: add the allocator of I/O addresses",
                           "Bounded steps for every allocation, whatever the history."),
    "drivers/iommu/pgtable": ("iommu/pgtable: add page tables", "The io-pgtable framework and the LPAE formats."),
    "drivers/iommu/arm-smmu-v3": ("iommu/arm-smmu-v3: add the driver", "The Arm SMMUv3."),
    "drivers/iommu/virtio": ("iommu/virtio: add the driver", "virtio-iommu, by PCI and by MMIO."),
    "drivers/iommu": ("iommu: keep the options of the base's drivers", "Their symbols, apart from ours."),
    "Documentation": ("Documentation: describe the IOMMU subsystem", "The map of the tree, options and faults."),
    "include": ("include: add headers of the IOMMU subsystem", "Those that no file of the base has the name of."),
}
CALLS_OURS = "0030"  # by their names: what comes before stands on the base alone
UNUSED = "\n\nNothing compiles these files yet; the switch does at the end of the series."


def git(*words, **more):
    done = subprocess.run(["git", *words], cwd=WORK, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise Failure(f"git {words[0]} in {WORK}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def author():
    shown = subprocess.run(["git", "log", "-1", "--format=%an%n%ae"], cwd=places.REPO,
                           capture_output=True, text=True, check=False).stdout.split("\n")
    return (shown[0], shown[1]) if len(shown) > 1 else ("IOMMU subsystem", "iommu@localhost")


def commit(subject, body):
    git("add", "-A", "-f")
    if git("status", "--porcelain"):
        git("commit", "-q", "-m", subject + "\n\n" + body)


def place(path):
    target = os.path.join(WORK, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(places.repo(path), target)


def folder_of(path):
    """The purpose that a new file belongs to."""
    return next((folder for folder in SUBJECTS if path.startswith(folder + "/")), os.path.dirname(path))


def start(paths):
    """A repository with just the base files that the series touches."""
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    for path in paths:
        os.makedirs(os.path.dirname(os.path.join(WORK, path)), exist_ok=True)
        shutil.copyfile(os.path.join(places.BASE, path), os.path.join(WORK, path))
    name, mail = author()
    git("init", "-q")
    git("config", "user.name", name)
    git("config", "user.email", mail)
    git("add", "-A", "-f")
    git("commit", "-q", "--allow-empty", "-m", f"Linux {base.dotted(base.version(places.BASE))}")
    git("tag", "start")


def add_new(new):
    by_folder = {}
    for path in new:
        by_folder.setdefault(folder_of(path), []).append(path)
    for folder in sorted(by_folder, key=lambda name: (name not in ("Documentation", "include"), name)):
        subject, body = SUBJECTS.get(folder, (f"{folder}: add our files", "Part of the IOMMU subsystem."))
        for path in by_folder[folder]:
            place(path)
        commit(subject, body + ("" if folder == "Documentation" else UNUSED))


def add_hunks(wanted):
    for patch in overlay.our_patches():
        if wanted(os.path.basename(patch)):
            git("am", "-q", "--keep-non-patch", patch)


def make():
    packages.need("build")
    base.unpack(places.BASE)
    step("the series for git am")
    ours, drops = overlay.our_files(), overlay.dropped_files()
    in_base = [path for path in ours if os.path.exists(os.path.join(places.BASE, path))]
    hunked = [path for patch in overlay.our_patches() for path in overlay.patched_files(patch)]
    start(sorted(set(in_base) | set(drops) | set(hunked)))
    add_new([path for path in ours if path not in in_base])
    add_hunks(lambda name: name < CALLS_OURS)
    for path in in_base:
        place(path)
    commit("iommu: switch to the new subsystem",
           "Headers, options and build order take the place of the base's in one step:\n"
           "the interfaces stay, what implements them changes.")
    add_hunks(lambda name: name >= CALLS_OURS)
    for path in drops:
        os.remove(os.path.join(WORK, path))
    commit("iommu: remove what the new subsystem replaces", "No Makefile names these files any more.")
    shutil.rmtree(OUT, ignore_errors=True)
    git("format-patch", "-q", "--no-signature", "-o", OUT, "start")
    for name in sorted(os.listdir(OUT)):
        note(os.path.join(OUT, name))
    prove()


def prove():
    """The series must give exactly the tree that laying over gives."""
    tip = git("rev-parse", "HEAD^{tree}")
    git("checkout", "-q", "start")
    git("am", "-q", *[os.path.join(OUT, name) for name in sorted(os.listdir(OUT))])
    if git("rev-parse", "HEAD^{tree}") != tip:
        raise Failure("git am of the series gives another tree than laying over does")
    note("git am of the series gives the tree that laying over gives")
