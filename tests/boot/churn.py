# SPDX-License-Identifier: GPL-2.0
"""Drivers and devices that come and go again and again while all of them move data."""
from dataclasses import replace

from boot.iommus import IOMMUS
from boot.scenarios import DEVICES, LEDGER, LONG, Scenario

# The console's lines of a hundred cycles, all of which are looked at in the end.
WORDS = f"log_buf_len=16M {LEDGER}"
BOTH = ["bind", "instance", "msi-window", "groups", "kept", "cycles", "leak-pages", "leak-percpu", "leak-slab",
        "after-nvme", "after-edu", "after-edu-address", "log"] + DEVICES
UNIT = ["unit-kept", "unit-away"]
LEAKS = ["leaks-seen", "leaks"]


def bound(count, **more):
    return Scenario("churn-bind", f"drivers are unbound and bound {count} times under traffic", "DMA",
                    f"{WORDS} labcycles={count}", limit=400 + 10 * count, hot=True, checks=BOTH + ["after-e1000e", "unit"], **more)


def plugged(count, **more):
    return Scenario("churn-plug", f"devices are taken out of their slots and put back {count} times under traffic", "DMA",
                    f"{WORDS} labcycles={count}", limit=400 + 20 * count, hot=True, checks=BOTH + ["slots", "isolated"], **more)


def on_each(plan):
    return [plan, plan.behind(IOMMUS["virtio"])]


def debugged(plan):
    """The same for make check-long: on the kernel that looks for leaks and misuse in all caches, as its script does then."""
    return replace(plan, name=plan.name.removesuffix("-long") + "-leaks", what=f"{plan.what}, kmemleak and lockdep watch",
                   append=plan.append.replace(LEDGER, ""), kernel="leaks", checks=plan.checks + LEAKS, limit=2 * plan.limit)


SHORT = on_each(bound(8)) + on_each(plugged(6))
WATCHED = [debugged(plan) for plan in on_each(bound(200)) + on_each(plugged(100)) + LONG]
