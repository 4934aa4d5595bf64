# SPDX-License-Identifier: GPL-2.0
"""make check, make check-long: every level of the tests, to the end, whatever fails on the way."""
from lab import boot, iommufd, kunit, lint, packages
from lab.say import Failure, Results, log_tail, step

PARTS = (
    ("lint", lint.lint),
    ("suites on UML", kunit.uml),
    ("boots", boot.boot_all),
    ("suites on arm64", kunit.arm64),
    ("selftests of iommufd", iommufd.iommufd),
)

LONG_PARTS = (
    ("suites under KCSAN", kunit.kcsan),
    ("long boots", boot.boot_long),
)


def check():
    """make check."""
    return run_all(PARTS)


def check_long():
    """make check-long: what takes longer than its share of make check."""
    return run_all(LONG_PARTS)


def run_all(parts):
    packages.need("check")
    total = Results()
    lines = []
    for name, part in parts:
        step(f"==== {name}")
        try:
            results = part()
        except Failure as failure:
            results = Results()
            results.check(False, name, str(failure))
            if failure.log:
                log_tail(failure.log)
        if not results.passed and not results.failed:
            results.check(False, name, "nothing was run")
        total.add(results)
        lines.append(f"{name}: {results.line()}")
    step("==== summary")
    for line in lines:
        print(f"    {line}", flush=True)
    return total
