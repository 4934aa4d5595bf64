# SPDX-License-Identifier: GPL-2.0
"""Run the KUnit suites: on UML, on arm64 in QEMU, and on arm64 under KCSAN."""
import subprocess

from lab import boot, ktap, machine, packages, places, suites
from lab.kernel import Kernel
from lab.say import Failure, Results, log_tail, note, step

UML_LIMIT = 900
ARM64_LIMIT = 900


def judge(where, reader, log, wanted):
    """One check a case, one for every suite that had to run, one for the sanitizers."""
    results = Results()
    results.passed, failed, skipped = reader.count()
    note(f"{where}: {len(reader.suites)} suites, {results.passed} cases passed, {failed} failed, {skipped} skipped")
    for suite in sorted(reader.suites):
        cases = reader.cases.get(suite, {}).values()
        note(f"  {suite}: {sum(ok and not skip for ok, skip in cases)} of {len(cases)} cases passed")
    for name, reason in reader.failures():
        results.check(False, f"{where}/{name}", reason)
    for suite, source in sorted(wanted.items()):
        if suite not in reader.suites:
            results.check(False, f"{where}/{suite}", f"the suite of {source} did not run to its end")
        elif not reader.suites[suite] and not any(not ok for ok, _ in reader.cases.get(suite, {}).values()):
            results.check(False, f"{where}/{suite}", "the suite failed outside its cases")
        elif not reader.cases.get(suite):
            results.check(False, f"{where}/{suite}", "the suite has no case that ran")
    trouble = list(dict.fromkeys(reader.trouble))
    results.check(not trouble, f"{where}/log",
                  trouble[0] if trouble else "no report of a sanitizer, of lockdep or of a stall")
    if results.failed:
        log_tail(log)
    return results


def wanted_of(only):
    found = suites.expected()
    if only:
        found = {name: path for name, path in found.items() if name in only}
    if not found:
        raise Failure("no KUnit suite found below drivers/iommu" + (f" named {' '.join(only)}" if only else ""))
    return found


def uml(only=()):
    """The suites on UML with KASAN, UBSAN and lockdep."""
    packages.need("kunit")
    wanted = {name: path for name, path in wanted_of(only).items() if name not in suites.ARM64_ONLY}
    built = Kernel(boot.tree(False), "um", ["uml.config"], arch="um")
    built.build()
    step(f"{len(wanted)} suites on UML")
    log = places.log("kunit-uml")
    reader = ktap.Reader()
    command = [built.image, "mem=1G", "console=tty", "kunit.enable=1", "kunit_shutdown=halt"]
    if len(only) == 1:
        command.append(f"kunit.filter_glob={only[0]}")
    with open(log, "w") as out:
        try:
            subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                           timeout=UML_LIMIT, check=False, cwd=built.out)
        except subprocess.TimeoutExpired:
            out.write("lab: UML did not come to an end\n")
    for line in places.read(log).splitlines():
        reader.line(line)
    return judge("uml", reader, log, wanted)


def on_machine(where, built, wanted, limit=ARM64_LIMIT):
    """The suites of a built arm64 kernel on 4 processors: built in, then those in modules."""
    step(f"{len(wanted)} suites on {where}, 4 processors")
    log = places.log(f"kunit-{where}")
    reader = ktap.Reader(suites.functions())
    box = machine.Machine(built.image, boot.pack(built), "lab=suites kunit.enable=1", boot.SMMUV3,
                          machine.masters(where), cpus=4)
    try:
        box.run(log, reader.line, limit=limit)
    except Failure as failure:
        reader.trouble.append(str(failure))
    return judge(where, reader, log, wanted)


def wanted_on_arm64():
    return {name: path for name, path in wanted_of(()).items() if path not in suites.UML_ONLY}


def arm64():
    """The suites on the kernel that make boot boots."""
    packages.need("boot")
    wanted = wanted_on_arm64()
    built = boot.kernel(False)
    built.build()
    built.install_modules()
    return on_machine("arm64", built, wanted)


def kcsan():
    """The suites and the strict boot's devices under KCSAN and lockdep."""
    packages.need("boot")
    wanted = wanted_on_arm64()
    built = Kernel(boot.tree(False), "kcsan", ["arm64.config", "kcsan.config"])
    built.build()
    built.install_modules()
    return on_machine("kcsan", built, wanted, limit=2 * ARM64_LIMIT)
