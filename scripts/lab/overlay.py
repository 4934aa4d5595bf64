# SPDX-License-Identifier: GPL-2.0
"""Lay our tree over a kernel tree, touching only what differs, and take it off again.

A folder .iommu-overlay in the kernel tree remembers what was laid (state.json:
path -> sha256) and keeps the base's versions of everything that was replaced,
patched or dropped (base/PATH), so that a file that leaves our tree brings the
base's back.
"""
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess

from lab import base, places
from lab.say import Failure, note

TOP = ("arch", "drivers", "include", "kernel", "lib", "mm", "Documentation", "tools", "samples")
SKIP = ("*.o", "*.ko", "*.mod", "*.mod.c", "*.cmd", "*.pyc", "*~", ".*")


def digest(path):
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()
    except OSError:
        return None


def our_files():
    """Paths, relative to the kernel tree, of the files that we bring."""
    found = []
    for top in TOP:
        for folder, _, names in os.walk(places.repo(top)):
            relative = os.path.relpath(folder, places.REPO)
            found += [os.path.join(relative, name) for name in names
                      if not any(fnmatch.fnmatch(name, skip) for skip in SKIP)]
    return sorted(found)


def our_patches():
    folder = places.repo("patches")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.endswith(".patch")]


def patched_files(patch):
    """Paths that a patch changes."""
    lines = places.read(patch).splitlines()
    return [line[6:].split("\t")[0] for line in lines if line.startswith("+++ b/")]


def dropped_files():
    """Base files that we drop and have no file of our own for."""
    ours = set(our_files())
    listed = places.listed(places.repo("scripts", "dropped-files"))
    return [path for path in listed if path not in ours]


class Overlay:
    """Our tree on one kernel tree."""

    def __init__(self, tree):
        self.tree = os.path.abspath(tree)
        self.store = os.path.join(self.tree, ".iommu-overlay")
        self.state_file = os.path.join(self.store, "state.json")
        self.laid = {}
        if os.path.exists(self.state_file):
            self.laid = json.loads(places.read(self.state_file))

    def at(self, path):
        return os.path.join(self.tree, path)

    def kept(self, path):
        return os.path.join(self.store, "base", path)

    def pristine(self, path):
        """Where the base's version of a path is now."""
        return self.kept(path) if os.path.exists(self.kept(path)) else self.at(path)

    def keep(self, path):
        """Put the base's version aside before the path changes for the first time."""
        if path not in self.laid and os.path.exists(self.at(path)):
            os.makedirs(os.path.dirname(self.kept(path)), exist_ok=True)
            shutil.copy2(self.at(path), self.kept(path))

    # --- what the tree is to become

    def patched(self):
        """Contents of base files after our hunks: path -> bytes."""
        work = os.path.join(self.store, "patching")
        shutil.rmtree(work, ignore_errors=True)
        paths = []
        for patch in our_patches():
            for path in patched_files(patch):
                copy = os.path.join(work, path)
                if path not in paths:
                    paths.append(path)
                    os.makedirs(os.path.dirname(copy), exist_ok=True)
                    if not os.path.exists(self.pristine(path)):
                        raise Failure(f"{os.path.basename(patch)} wants {path}: not in {self.tree}")
                    shutil.copyfile(self.pristine(path), copy)
            done = subprocess.run(["patch", "-p1", "-s", "-N", "--no-backup-if-mismatch", "-d", work, "-i", patch],
                                  capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failure(f"{os.path.basename(patch)} does not apply: {done.stdout.strip()}")
        result = {}
        for path in paths:
            with open(os.path.join(work, path), "rb") as file:
                result[path] = file.read()
        shutil.rmtree(work, ignore_errors=True)
        return result

    def wanted(self):
        """path -> (bytes, mode) for all that we bring."""
        want = {path: (data, None) for path, data in self.patched().items()}
        for path in our_files():
            source = places.repo(path)
            with open(source, "rb") as file:
                want[path] = (file.read(), os.stat(source).st_mode & 0o777)
        return want

    # --- doing it

    def lay(self):
        """Bring the tree to what our files say; count of files written or removed."""
        want = self.wanted()
        drops = [path for path in dropped_files() if path not in want]
        changed = self.retire(set(want) | set(drops))
        for path, (data, mode) in want.items():
            self.keep(path)
            changed += places.write_if_changed(self.at(path), data, mode)
            self.laid[path] = hashlib.sha256(data).hexdigest()
        for path in drops:
            if os.path.exists(self.at(path)):
                self.keep(path)
                os.remove(self.at(path))
                changed += 1
            self.laid[path] = None
        self.save()
        return changed

    def retire(self, still):
        """Undo what was laid and is in our tree no more."""
        gone = [path for path in self.laid if path not in still]
        for path in gone:
            if os.path.exists(self.kept(path)):
                os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
                os.replace(self.kept(path), self.at(path))
                os.utime(self.at(path))
            elif os.path.exists(self.at(path)):
                os.remove(self.at(path))
                self.prune(os.path.dirname(path))
            del self.laid[path]
        return len(gone)

    def prune(self, folder):
        """Remove folders that our files alone had made."""
        while folder and not os.listdir(self.at(folder)):
            os.rmdir(self.at(folder))
            folder = os.path.dirname(folder)

    def take_off(self):
        count = self.retire(set())
        shutil.rmtree(self.store, ignore_errors=True)
        return count

    def save(self):
        places.write_if_changed(self.state_file, json.dumps(self.laid, indent=0, sort_keys=True))

    # --- may we?

    def concerned(self):
        """Base files that laying changes or removes."""
        paths = set(our_files()) | set(dropped_files())
        for patch in our_patches():
            paths |= set(patched_files(patch))
        return sorted(paths | set(self.laid))

    def refusals(self):
        """Reasons not to touch this tree; none if it may be laid over."""
        found = base.version(self.tree)
        if found is None:
            return [f"{self.tree} is not a kernel tree"]
        if found[:2] != base.SERIES:
            return [f"{self.tree} is Linux {base.dotted(found)}, not 6.12.y"]
        reasons = [f"{path} was changed after our files were laid"
                   for path, sha in self.laid.items() if digest(self.at(path)) != sha]
        fresh = [path for path in self.concerned() if path not in self.laid]
        if os.path.exists(os.path.join(self.tree, ".git")):
            return reasons + self.changed_in_git(fresh)
        return reasons + self.changed_from_release(fresh, found)

    def changed_in_git(self, paths):
        if not paths:
            return []
        status = subprocess.run(["git", "status", "--porcelain", "--untracked-files=all", "--"] + paths,
                                cwd=self.tree, capture_output=True, text=True, check=False)
        if status.returncode:
            return [f"git status fails in {self.tree}: {status.stderr.strip()}"]
        return [f"{line[3:]} has local changes (git status: {line[:2].strip()})"
                for line in status.stdout.splitlines()]

    def changed_from_release(self, paths, found):
        """Without git, only the release that we have ourselves can be judged."""
        base.unpack(places.BASE)
        release = base.version(places.BASE)
        if found != release:
            note(f"no git here and not {base.dotted(release)}: local changes cannot be seen; "
                 f"the files replaced are kept in {self.store}/base")
            return []
        return [f"{path} differs from Linux {base.dotted(release)}" for path in paths
                if digest(self.at(path)) != digest(os.path.join(places.BASE, path))]
