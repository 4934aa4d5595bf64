# SPDX-License-Identifier: GPL-2.0
"""Debian packages: what the host needs, and the guest's user space."""
import glob
import os
import subprocess

from lab import places
from lab.say import Failure, note, run, step

BUILD = """linux-source-6.12 gcc make flex bison bc libssl-dev libelf-dev xz-utils kmod
           ccache libc6-dev patch git""".split()
ARM64 = [] if os.uname().machine == "aarch64" else ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"]
X86 = [] if os.uname().machine == "x86_64" else ["gcc-x86-64-linux-gnu"]
BOOT = "qemu-system-arm qemu-efi-aarch64 ipxe-qemu device-tree-compiler".split()
LINT = "sparse perl python3".split()

FOR = {
    "build": BUILD + ARM64,
    "boot": BUILD + ARM64 + BOOT,
    "kunit": BUILD,
    "lint": BUILD + ARM64 + LINT,
    "compat": BUILD + ARM64 + X86 + ["python3"],
    "check": BUILD + ARM64 + BOOT + LINT,
}

GUEST_PACKAGES = ["busybox-static"]


def installed(name):
    query = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name],
                           capture_output=True, text=True, check=False)
    return query.stdout.strip() == "installed"


def need(purpose):
    """Install the packages that a purpose lacks; without root, say how and stop."""
    missing = [name for name in FOR[purpose] if not installed(name)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends"] + missing
    if os.geteuid() != 0:
        raise Failure("packages are missing; as root: " + " ".join(command))
    step("installing " + " ".join(missing))
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update"], places.log("apt-update"), "apt-get update", env=env)
    run(command, places.log("apt-install"), "apt-get install", env=env)


def apt_private(root):
    """A configuration under which apt sees arm64 packages and the host's dpkg stays as it is."""
    for part in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(root, part), exist_ok=True)
    places.write_if_changed(os.path.join(root, "status"), "")
    conf = os.path.join(root, "apt.conf")
    places.write_if_changed(conf, "\n".join([
        'APT::Architecture "arm64";',
        'APT::Architectures { "arm64"; };',
        'APT::Sandbox::User "root";' if os.geteuid() == 0 else "",
        f'Dir::State::lists "{root}/lists";',
        f'Dir::State::status "{root}/status";',
        f'Dir::Cache "{root}/cache";',
    ]) + "\n")
    return dict(os.environ, APT_CONFIG=conf)


def guest_root():
    """Unpack the guest's packages once; the folder that holds them."""
    root = os.path.join(places.GUEST, "root")
    if os.path.exists(os.path.join(root, "bin/busybox")):
        return root
    step("guest user space: " + " ".join(GUEST_PACKAGES) + " for arm64")
    apt = os.path.join(places.GUEST, "apt")
    env = apt_private(apt)
    run(["apt-get", "update"], places.log("guest-update"), "apt-get update for arm64", env=env)
    run(["apt-get", "download"] + GUEST_PACKAGES, places.log("guest-download"),
        "apt-get download", cwd=apt, env=env)
    for package in sorted(glob.glob(os.path.join(apt, "*.deb"))):
        note(os.path.basename(package))
        run(["dpkg-deb", "-x", package, root], places.log("guest-unpack"), "dpkg-deb")
    return root
