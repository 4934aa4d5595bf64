# SPDX-License-Identifier: GPL-2.0
"""Read KTAP, as KUnit prints it on a console: suites and their cases."""
import re

STAMP = re.compile(r"^\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? ")
RESULT = re.compile(r"^( *)(ok|not ok) \d+(?: -)? ?(\S+)(.*)$")
SUBTEST = re.compile(r"^( *)(?:# )?# Subtest: (\S+)")

REASON = re.compile(r"# (\S+?): ((?:EXPECTATION|ASSERTION) FAILED at .*)")
RACE = re.compile(r"BUG: KCSAN: [\w-]+ in (.*)")

# A sanitizer or lockdep has spoken. Plain WARNINGs are not here: suites provoke
# the ones that the contract asks for.
TROUBLE = re.compile(r"BUG: (?:KASAN|KCSAN|KFENCE|sleeping|unable|spinlock|workqueue)|UBSAN:|Oops|Kernel panic"
                     r"|WARNING: (?:possible|suspicious|inconsistent|bad unlock|held lock)|ODEBUG:"
                     r"|Internal error|rcu\S*:? .*stall|did not come to|list_(?:add|del) corruption|soft lockup")


class Reader:
    """Feed it lines; it keeps what ran and how it ended."""

    def __init__(self, ours=None):
        """ours: names of functions; races between others are the base's own."""
        self.ours = ours
        self.cases = {}     # suite -> {case: (ok, skipped)}
        self.suites = {}    # suite -> ok
        self.reasons = {}   # case -> where it failed first
        self.trouble = []
        self.current = None

    def line(self, text):
        text = STAMP.sub("", text)
        if TROUBLE.search(text) and not self.foreign(text):
            self.trouble.append(text.strip())
        reason = REASON.search(text)
        if reason:
            self.reasons.setdefault(reason.group(1), reason.group(2))
        subtest = SUBTEST.match(text)
        if subtest and len(subtest.group(1)) == 4:
            self.current = subtest.group(2)
            self.cases.setdefault(self.current, {})
            return
        result = RESULT.match(text)
        if not result:
            return
        indent, word, name, rest = result.groups()
        if len(indent) == 4 and self.current:
            self.cases[self.current][name] = (word == "ok", "# SKIP" in rest)
        elif not indent:
            self.suites[name] = word == "ok"
            self.current = None

    def foreign(self, text):
        race = RACE.search(text)
        if not race or self.ours is None:
            return False
        return not set(re.findall(r"\w+(?=\+0x|\.|$| /)", race.group(1))) & self.ours

    def count(self):
        """(passed, failed, skipped) cases."""
        results = [result for cases in self.cases.values() for result in cases.values()]
        skipped = sum(skip for _, skip in results)
        failed = sum(not ok for ok, _ in results)
        return len(results) - skipped - failed, failed, skipped

    def failures(self):
        """(suite.case, reason) of each case that failed."""
        return [(f"{suite}.{case}", self.reasons.get(case, "see the log"))
                for suite, cases in self.cases.items()
                for case, (ok, _) in cases.items() if not ok]
