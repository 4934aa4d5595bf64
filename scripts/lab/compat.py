# SPDX-License-Identifier: GPL-2.0
"""Does everything that uses the subsystem build and link with ours, unmodified?

Two kernels for each architecture: one is linked whole, with its modules, by modpost;
of the other only the objects that use us are built, for the drivers that are too
large. Every user that the tree has must have been compiled by one of them.
"""
import fnmatch
import glob
import os
import re

from lab import boot, overlay, packages, places, symbols, users
from lab.kernel import CROSS, Kernel, check_objects
from lab.say import Failure, Results, log_tail, note, run, step

ELSEWHERE = places.repo("scripts", "compat-elsewhere")
PARTS = places.repo("scripts", "compat-parts")
EXPORTS = places.repo("scripts", "compat-exports")
CONFIGS = {"arm64": ["compat.config", "compat-parts.config"],
           "x86_64": ["compat-x86.config", "compat-x86-parts.config"]}
# What of ours is in the kernel itself; drivers are no part of what others link with.
CORE = ["drivers/iommu/core", "drivers/iommu/dma", "drivers/iommu/iova", "drivers/iommu/pgtable"]
# Options of drivers that ours do not have yet.
OPTIONS_APART = {"ARM_SMMU", "ARM_SMMU_DISABLE_BYPASS_BY_DEFAULT", "ARM_SMMU_LEGACY_DT_BINDINGS", "ARM_SMMU_QCOM",
                 "ARM_SMMU_QCOM_DEBUG", "TEGRA241_CMDQV"}
# Steps inside of <iommu-pages.h>.
PRIVATE_NAMES = {"__iommu_alloc_account", "__iommu_free_account"}


class Built:
    """The two kernels of an architecture, and what became of them."""

    def __init__(self, tree, arch):
        self.arch = arch
        self.whole = Kernel(tree, f"compat-{arch}", CONFIGS[arch][:1], ours=False, arch=arch)
        self.part = Kernel(tree, f"parts-{arch}", CONFIGS[arch], ours=False, arch=arch)
        prefix = CROSS[arch]
        self.prefix = "" if prefix.startswith(os.uname().machine) else prefix

    def modules(self):
        """(architecture, module, objects) of the list of parts: ours alone."""
        rows = [line.split() for line in places.listed(PARTS)]
        return [(row[1] if row[1] != "-" else "", row[2:]) for row in rows if row[0] == self.arch]

    def exports(self):
        return symbols.exports(os.path.join(self.whole.out, "Module.symvers"))

    def ours(self):
        """Names that our objects in this kernel define for others."""
        objects = [path for folder in CORE for path in glob.glob(os.path.join(self.whole.out, folder, "*.o"))
                   if not path.endswith((".mod.o", "built-in.o"))]
        return set().union(*symbols.nm(self.prefix, "--defined-only", objects).values())

    def compiled(self, wanted):
        """Which of the wanted files went into an object, and into what: path -> place."""
        found = {}
        for kernel in (self.part, self.whole):
            records, owners = records_of(kernel.out)
            for target, record in records:
                owner = owners.get(target, "built in" if kernel is self.whole else "object alone")
                source, headers = inputs(places.read(record))
                for path in wanted & headers:
                    found.setdefault(path, owner)
                if source in wanted:
                    found[source] = owner
        return found


def inputs(record):
    """(source, headers) that a compiler's .cmd file tells of, relative to the tree."""
    words = [line.strip(" \\").removeprefix("../") for line in record.splitlines()]
    source = next((word.split(" := ")[1].removeprefix("../") for word in words if word.startswith("source_")), None)
    return source, set(words)


def records_of(out):
    """([(object, its .cmd file)], object -> module) of a build."""
    records, owners = [], {}
    for folder, folders, names in os.walk(out):
        if folder == out:
            folders[:] = [name for name in folders if name not in ("include", "scripts", "tools", "usr", "source")]
        here = set(names)
        for name in names:
            if name.endswith(".o.cmd") and name[1:-4] in here:
                records.append((os.path.relpath(os.path.join(folder, name[1:-4]), out), os.path.join(folder, name)))
            elif name.endswith(".mod"):
                for target in places.read(os.path.join(folder, name)).split():
                    owners[os.path.normpath(target)] = "module " + name[:-4]
    return records, owners


def attempt(results, name, work):
    """Run a step to its end; its failure is a check that failed, with the end of the log."""
    try:
        detail = work()
    except Failure as failure:
        if failure.log:
            log_tail(failure.log)
        return results.check(False, name, str(failure))
    return results.check(True, name, detail)


def build_whole(built):
    kernel = built.whole
    kernel.configure()
    step(f"{kernel.name}: the kernel and its modules")
    run(kernel.make("-k", "vmlinux", "modules"), places.log(kernel.label), "kernel build", beat=120)
    check_objects(kernel.out)
    count = len(places.read(os.path.join(kernel.out, "modules.order")).split())
    return f"vmlinux and {count} modules, no warning, modpost content"


def build_parts(built):
    kernel = built.part
    wanted = [path for _, objects in built.modules() for path in objects]
    kernel.configure()
    step(f"{kernel.name}: {len(wanted)} objects of large drivers")
    run(kernel.make("prepare"), places.log(kernel.label + "-prepare"), "make prepare", beat=120)
    run(kernel.make("-k", *wanted), places.log(kernel.label), "objects", beat=120)
    return f"{len(wanted)} objects, no warning"


def link_parts(built, names):
    """modpost's judgement on the objects that are not linked."""
    exported = built.exports()
    concerned = names | built.ours()
    taken, reasons = set(), []
    for module, objects in built.modules():
        paths = [os.path.join(built.part.out, path) for path in objects]
        missing = [path for path in paths if not os.path.exists(path)]
        if missing:
            reasons.append(f"{os.path.relpath(missing[0], built.part.out)} was not built")
            continue
        some, refused = symbols.refusals(module, built.prefix, paths, exported, concerned)
        taken |= some
        reasons += refused
        note(f"{built.arch}: {module or 'kernel'}, {len(objects)} objects: " + " ".join(sorted(some)))
    if reasons:
        raise Failure("; ".join(reasons))
    return f"{len(taken)} symbols of ours, all exported to those that take them"


def compare_exports(kernels):
    """Every export of the base's is there on one of the architectures, of its class and namespace."""
    tables = [built.exports() for built in kernels]
    wrong = []
    rows = [line.split(" ", 1) for line in places.listed(EXPORTS)]
    for name, want in rows:
        got = {table[name].words() for table in tables if name in table}
        if got != {want}:
            wrong.append(f"{name} is {'/'.join(sorted(got)) or 'not exported'}, not {want}")
    known = {name for name, _ in rows}
    more = sorted({name for table, built in zip(tables, kernels) for name in built.ours() & set(table)} - known)
    note(f"exported beyond that: {' '.join(more) or 'nothing'}")
    if wrong:
        raise Failure("; ".join(wrong))
    return f"{len(rows)} of the base's exports, with class and namespace"


def compare_headers(laid, names, types):
    """Names that the base's headers declare and the headers of the laid tree lack, users or not."""
    headers = set(users.HEADERS) | {path for path in overlay.our_files() if path.endswith(".h")
                                    and os.path.dirname(path) in ("include/linux", "drivers/iommu")}
    declared = [users.declared(places.read(laid.at(path))) for path in sorted(headers) if os.path.exists(laid.at(path))]
    lost = names - PRIVATE_NAMES - set().union(*(some for some, _ in declared))
    lost |= {name for _, name in types - set().union(*(some for _, some in declared))}
    if lost:
        raise Failure("no header declares " + " ".join(sorted(lost)))
    return f"{len(names)} names and {len(types)} types of the base's headers are in ours"


def compare_options(laid):
    """Options that configurations of the base's name and our Kconfig lacks."""
    pattern = re.compile(r"^(?:menu)?config (\w+)", re.M)
    files = glob.glob(os.path.join(laid.tree, "drivers/iommu/**/Kconfig*"), recursive=True)
    ours = {name for path in files for name in pattern.findall(places.read(path))}
    kept = glob.glob(os.path.join(laid.store, "base/drivers/iommu/**/Kconfig*"), recursive=True)
    base = {name for path in kept for name in pattern.findall(places.read(path))}
    lost = base - ours - OPTIONS_APART
    if lost:
        raise Failure("Kconfig lacks " + " ".join(sorted(lost)))
    return f"{len(base)} options of the base's, {len(base - ours)} of them of drivers that are not there yet"


def account(kernels, found):
    """Say of each user where it was built, or why not."""
    rows = [[word.strip() for word in line.split("|")] for line in places.listed(ELSEWHERE)]
    places_of = {built.arch: built.compiled(set(found)) for built in kernels}
    counts, wrong, used = {}, [], set()
    for path in found:
        where = [f"{arch}: {compiled[path]}" for arch, compiled in places_of.items() if path in compiled]
        reasons = [row for row in rows if fnmatch.fnmatch(path, row[0])]
        used |= {row[0] for row in reasons}
        if where and reasons:
            wrong.append(f"{path} is built, and said not to be ({reasons[0][1]})")
        if not where and not reasons:
            wrong.append(f"{path} is built nowhere")
        key = where[0].split(":")[0] if where else "elsewhere" if reasons else "nowhere"
        counts[key] = counts.get(key, 0) + 1
        note(f"{path:64} {', '.join(where) or (reasons[0][1] if reasons else 'NOWHERE')}")
    wrong += [f"{row[0]} names no user" for row in rows if row[0] not in used]
    if wrong:
        raise Failure("; ".join(wrong))
    return f"{len(found)} files use the subsystem: " + ", ".join(f"{count} {key}" for key, count in counts.items())


def compat():
    """make compat: all of it."""
    packages.need("compat")
    tree = boot.tree(False)
    laid = overlay.Overlay(tree)
    names, types = users.contract(laid)
    found = users.users(laid, names, types)
    step(f"{len(names)} names and {len(types)} types in the base's headers, {len(found)} files that use them")
    results = Results()
    attempt(results, "compat/headers", lambda: compare_headers(laid, names, types))
    attempt(results, "compat/options", lambda: compare_options(laid))
    kernels = [Built(tree, arch) for arch in CONFIGS]
    done = True
    for built in kernels:
        done &= attempt(results, f"compat/{built.arch}", lambda: build_whole(built))
        done &= attempt(results, f"compat/{built.arch}-parts", lambda: build_parts(built))
    step("who uses the subsystem")
    attempt(results, "compat/users", lambda: account(kernels, found))
    if done:
        for built in kernels:
            attempt(results, f"compat/{built.arch}-symbols", lambda: link_parts(built, names))
        attempt(results, "compat/exports", lambda: compare_exports(kernels))
    return results
