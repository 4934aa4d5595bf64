# SPDX-License-Identifier: GPL-2.0
"""python3 -m lab COMMAND: what the Makefile's targets run."""
import argparse
import os
import signal
import sys

from lab import bench, boot, check, compat, iommufd, kunit, lint, overlay, packages, patches, places
from lab.say import Failure, log_tail, step


def tree(args):
    if args.kernel:
        laid = overlay.Overlay(args.kernel)
        if args.undo:
            step(f"{laid.take_off()} files brought back in {laid.tree}")
            return 0
        reasons = laid.refusals()
        if reasons:
            raise Failure(f"{laid.tree} is left as it is:\n  " + "\n  ".join(reasons[:40]))
        step(f"our tree over {laid.tree}: {laid.lay()} files changed")
        return 0
    packages.need("build")
    boot.tree(args.base)
    return 0


def kernel(args):
    packages.need("build")
    boot.kernel(args.base).build()
    return 0


def run_boot(args):
    return verdict(boot.boot(args.base, args.names, args.iommu))


def run_bench(args):
    return verdict(bench.bench(args.base))


def run_kunit(args):
    return verdict(kunit.uml(args.names))


def run_kcsan(_args):
    return verdict(kunit.kcsan())


def run_compat(_args):
    return verdict(compat.compat())


def run_iommufd(args):
    return verdict(iommufd.iommufd(args.base))


def run_lint(_args):
    return verdict(lint.lint())


def run_check(_args):
    results = check.check()
    places.write_if_changed(os.path.join(places.BUILD, "result"), results.line() + "\n")
    return verdict(results)


def run_check_long(_args):
    return verdict(check.check_long())


def run_patches(_args):
    patches.make()
    return 0


def shell(args):
    return boot.shell(args.base, args.iommu)


def clean(_args):
    places.clean()
    return 0


def verdict(results):
    print(results.line(), flush=True)
    return 1 if results.failed else 0


COMMANDS = {"tree": tree, "kernel": kernel, "boot": run_boot, "shell": shell, "bench": run_bench,
            "kunit": run_kunit, "kcsan": run_kcsan, "compat": run_compat, "iommufd": run_iommufd,
            "lint": run_lint, "check": run_check, "check-long": run_check_long,
            "patches": run_patches, "clean": clean}


def main():
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("names", nargs="*", help="only these scenarios or suites")
    parser.add_argument("--base", action="store_true", help="the base's own subsystem instead of ours")
    parser.add_argument("--iommu", default="smmuv3", help="the IOMMU of the machine that boots")
    parser.add_argument("--kernel", help="a kernel tree of the user's")
    parser.add_argument("--undo", action="store_true", help="take our files off that tree again")
    args = parser.parse_intermixed_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return COMMANDS[args.command](args)
    except Failure as failure:
        print(f"error: {failure}", file=sys.stderr, flush=True)
        if failure.log:
            log_tail(failure.log)
        return 2
    except KeyboardInterrupt:
        return 130


sys.exit(main())
