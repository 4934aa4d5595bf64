# SPDX-License-Identifier: GPL-2.0
"""Static checks of our files: no finding is the only good number of findings."""
import ast
import contextlib
import glob
import os
import re
import subprocess
import sys

from lab import boot, overlay, packages, places, programs, suites
from lab.kernel import Kernel
from lab.say import Failure, Results, note, run, step

MAX_LINES = 600
MODULES = places.repo("tests", "guest", "modules")
# Off in this kernel, or selected by nothing on arm64 yet: compiled with their options given by hand.
UNSELECTED = {
    "drivers/iommu/core/iopf.c": "-DCONFIG_IOMMU_IOPF=1",
    "drivers/iommu/core/sva.c": "-DCONFIG_IOMMU_SVA=1 -DCONFIG_IOMMU_MM_DATA=1",
    "drivers/iommu/pgtable/lpae-selftest.c": "-DCONFIG_IOMMU_IO_PGTABLE_LPAE_SELFTEST=1",
}
EXCEPTIONS = places.repo("scripts", "checkpatch-exceptions")
SHOWN = 40


def sources(*endings):
    """Our files for the kernel tree with these endings, relative to it."""
    return [path for path in overlay.our_files() if path.endswith(endings)]


def test_sources():
    return sorted(glob.glob(os.path.join(MODULES, "*.c")))


def report(results, name, findings, detail):
    for line in findings[:SHOWN]:
        note(line)
    if len(findings) > SHOWN:
        note(f"... and {len(findings) - SHOWN} more")
    results.check(not findings, f"lint/{name}", f"{detail}, {len(findings)} findings")


def excepted():
    """(file, type, part of the source line) of the findings that stand, each with its reason beside it."""
    exceptions = []
    for line in places.read(EXCEPTIONS).splitlines():
        if line and not line.startswith("#"):
            path, kind, source, _reason = (word.strip() for word in line.split("|"))
            exceptions.append((path, kind, source))
    return exceptions


def stands(finding, exceptions):
    match = re.match(r"([^:]+):(\d+): \w+:(\w+):", finding)
    if not match:
        return True
    path, number, kind = match.group(1), int(match.group(2)), match.group(3)
    source = places.read(places.repo(path)).splitlines()[number - 1]
    return (path, kind) not in [(one[0], one[1]) for one in exceptions if one[2] in source]


def checkpatch(tree, results):
    files = [places.repo(path) for path in sources(".c", ".h")] + test_sources()
    command = ["perl", os.path.join(tree, "scripts/checkpatch.pl"), f"--root={tree}", "--strict", "--terse",
               "--no-summary", "--show-types", "--ignore=FILE_PATH_CHANGES", "-f"]
    shares = [share for share in (files[first::places.JOBS] for first in range(places.JOBS)) if share]
    started = [subprocess.Popen(command + share, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for share in shares]
    findings = []
    for process in started:
        lines = process.communicate()[0].replace(places.REPO + "/", "").splitlines()
        found = [line for line in lines if re.search(r"(ERROR|WARNING|CHECK):", line)]
        findings += found or (lines[-5:] if process.returncode else [])
    exceptions = excepted()
    findings = [finding for finding in findings if stands(finding, exceptions)]
    report(results, "checkpatch", sorted(findings), f"{len(files)} files, --strict")


# What checkpatch asks of kernel code, and a program has not.
KERNEL_ONLY = "PREFER_KERNEL_TYPES,VOLATILE,BIT_MACRO,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO"


def guest_programs(built, results):
    """The guest's own programs: style, and the compiler's warnings."""
    files = sorted(glob.glob(os.path.join(programs.FOLDER, "**", "*.[ch]"), recursive=True))
    command = ["perl", os.path.join(built.tree, "scripts/checkpatch.pl"), f"--root={built.tree}", "--strict", "--terse",
               "--no-summary", "--show-types", f"--ignore=FILE_PATH_CHANGES,{KERNEL_ONLY}", "-f", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    findings = [line for line in done.stdout.splitlines() if re.search(r"(ERROR|WARNING|CHECK):", line)]
    include = programs.headers(built)
    for path in files:
        if path.endswith(".c"):
            done = subprocess.run([programs.compiler(), *programs.WARNINGS, "-fsyntax-only", "-isystem", include, path],
                                  capture_output=True, text=True, check=False)
            findings += [line for line in done.stderr.splitlines() if re.search(r"(warning|error):", line)]
    findings = [line.replace(places.REPO + "/", "") for line in findings]
    report(results, "programs", findings, f"{len(files)} files of the guest's programs")


def objects():
    """What to compile: our folders of the tree, and single objects in folders of the base's."""
    folders, singles = set(), []
    for path in sources(".c"):
        folder = os.path.dirname(path)
        if os.path.exists(places.repo(folder, "Makefile")):
            folders.add(folder + "/")
        else:
            singles.append(path[:-1] + "o")
    return sorted(folders) + singles


def compile_all(results):
    """gcc with W=1 and sparse over every C file of ours, from scratch."""
    built = Kernel(places.OURS, "lint", ["arm64.config"])
    log = places.log("lint-compile")
    built.configure()
    run(built.make("prepare"), places.log("lint-prepare"), "make prepare")
    wanted = objects()
    stale = [path for target in wanted for path in
             (glob.glob(os.path.join(built.out, target, "*.o")) if target.endswith("/")
              else [os.path.join(built.out, target)])]
    for path in stale:
        if os.path.exists(path):
            os.remove(path)
    findings = []
    if wanted:
        with contextlib.suppress(Failure):  # the findings, and what is missing, tell why
            run(built.make("-k", "C=2", "W=1", *wanted), log, "W=1 and sparse")
        findings = warnings_in(places.read(log), set(sources(".c", ".h"))) + compile_unselected(built)
        lost = [path for path in sources(".c") if path not in suites.UML_ONLY
                and not os.path.exists(os.path.join(built.out, path[:-1] + "o"))]
        findings += [f"{path}: was not compiled" for path in lost]
    report(results, "compile", findings, f"{len(sources('.c'))} files, W=1 and sparse")
    compile_tests(built, results)
    guest_programs(built, results)


def compile_unselected(built):
    findings = []
    for path, defines in UNSELECTED.items():
        log = places.log("lint-" + os.path.basename(path))
        with contextlib.suppress(Failure):
            run(built.make("C=2", "W=1", f"KCFLAGS={defines}", path[:-1] + "o"), log, "W=1 and sparse")
        findings += warnings_in(places.read(log), set(sources(".c", ".h")))
    return findings


def compile_tests(built, results):
    folder = os.path.join(places.BUILD, "modules-lint")
    names = []
    for path in test_sources() + [os.path.join(MODULES, "Makefile")]:
        places.write_if_changed(os.path.join(folder, os.path.basename(path)), places.read(path))
        names.append(os.path.basename(path))
    for path in glob.glob(os.path.join(folder, "*.o")):
        os.remove(path)
    log = places.log("lint-modules")
    run(built.make(f"M={folder}", "C=2", "W=1", *[name[:-1] + "o" for name in names if name.endswith(".c")]),
        log, "W=1 and sparse over the test modules")
    report(results, "compile-tests", warnings_in(places.read(log), set(names)), f"{len(names) - 1} test modules")


def warnings_in(text, ours):
    """Diagnostics that point into our files."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(\S+?):\d+(?::\d+)?: (?:warning|error)", line)
        if not match:
            continue
        name = match.group(1).removeprefix("../")
        if name in ours or os.path.basename(name) in ours:
            found.append(line.removeprefix("../"))
    return list(dict.fromkeys(found))


def kernel_doc(tree, results):
    files = [path for path in sources(".c", ".h") if not path.endswith("_test.c")]
    findings = []
    if files:
        done = subprocess.run(["perl", os.path.join(tree, "scripts/kernel-doc"), "-none", "-Werror"] + files,
                              cwd=places.REPO, capture_output=True, text=True, check=False)
        findings = [line for line in done.stderr.splitlines() if re.search(r"(warning|error):", line, re.I)]
        if done.returncode and not findings:
            findings = done.stderr.splitlines()[-5:] or ["kernel-doc failed without a word"]
    report(results, "kernel-doc", findings, f"{len(files)} files")


def kconfig(results):
    """Our options parse by themselves, and each that asks a question explains itself."""
    conf = os.path.join(places.OURS, "out-lint", "scripts", "kconfig", "conf")
    findings, count = [], 0
    for path in [path for path in sources("") if os.path.basename(path).startswith("Kconfig")]:
        if path.endswith(".vendor"):
            continue
        for block in re.split(r"^(?=(?:menu)?config )", places.read(places.repo(path)), flags=re.M)[1:]:
            name = block.split()[1]
            count += 1
            asks = re.search(r'^\s+(?:bool|tristate|int|hex|string|prompt)\s+"', block, re.M)
            if asks and not re.search(r"^\s+help\s*$", block, re.M):
                findings.append(f"{path}: {name} has no help text")
    if os.path.exists(conf) and os.path.exists(places.repo("drivers", "iommu", "Kconfig")):
        env = dict(os.environ, srctree=places.OURS, KCONFIG_CONFIG="/dev/null", ARCH="arm64", SRCARCH="arm64", CC="gcc")
        done = subprocess.run([conf, "--listnewconfig", "Kconfig"], cwd=places.REPO, env=env,
                              capture_output=True, text=True, check=False)
        findings += done.stderr.splitlines() if done.returncode or "warning" in done.stderr else []
    report(results, "kconfig", findings, f"{count} options")


def sizes(results):
    files = sources(".c", ".h") + [os.path.relpath(path, places.REPO) for path in host_scripts()]
    findings = [f"{path}: {count} lines, at most {MAX_LINES}" for path in files
                if (count := places.read(places.repo(path)).count("\n")) > MAX_LINES]
    report(results, "sizes", findings, f"{len(files)} files")


def suites_everywhere(results):
    """A folder of code without a suite of its own would pass unnoticed."""
    folders = {os.path.dirname(path) for path in sources(".c") if path.startswith("drivers/iommu/")}
    tested = {os.path.dirname(path) for path in suites.expected().values()}
    findings = [f"{folder}: no KUnit suite" for folder in sorted(folders - tested)]
    report(results, "suites", findings, f"{len(folders)} folders")


def host_scripts():
    return sorted(glob.glob(places.repo("scripts", "**", "*.py"), recursive=True)
                  + glob.glob(places.repo("tests", "**", "*.py"), recursive=True))


def scripts(results):
    findings = []
    for path in host_scripts():
        try:
            ast.parse(places.read(path), path)
        except SyntaxError as error:
            findings.append(str(error))
    shells = [places.repo(".ci", "run"), places.repo("scripts", "with-python"), places.repo("tests", "guest", "init")]
    shells += glob.glob(places.repo("tests", "guest", "scripts", "*.sh"))
    for path in shells:
        done = subprocess.run(["sh", "-n", path], capture_output=True, text=True, check=False)
        findings += done.stderr.splitlines()
    report(results, "scripts", findings, f"{len(host_scripts())} in Python, {len(shells)} for the shell")


def host_tests(results):
    """The tests of these scripts."""
    log = places.log("host-tests")
    try:
        run([sys.executable, "-m", "unittest", "discover", "-s", places.repo("tests", "host")], log, "host tests",
            env=dict(os.environ, PYTHONPATH=places.repo("scripts"), PYTHONDONTWRITEBYTECODE="1"))
        findings = []
    except Failure:
        findings = places.read(log).splitlines()[-20:]
    count = re.search(r"Ran (\d+) tests", places.read(log))
    if not count or count.group(1) == "0":
        findings.append("no test ran")
    report(results, "host-tests", findings, f"{count.group(1) if count else 0} tests of the scripts")


def lint():
    """make lint: all of it."""
    packages.need("lint")
    tree = boot.tree(False)
    results = Results()
    step("checkpatch, kernel-doc, scripts")
    checkpatch(tree, results)
    kernel_doc(tree, results)
    scripts(results)
    host_tests(results)
    sizes(results)
    suites_everywhere(results)
    step("W=1 and sparse")
    compile_all(results)
    kconfig(results)
    return results
