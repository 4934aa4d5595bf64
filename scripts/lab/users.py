# SPDX-License-Identifier: GPL-2.0
"""Who uses the subsystem: every file of the base kernel that includes one of its
headers or says one of the names that they declare, as the base's headers have them."""
import os
import re
import subprocess

from lab import overlay, places
from lab.say import Failure

PUBLIC = "iommu.h iommu-dma.h iova.h io-pgtable.h of_iommu.h".split()
PRIVATE = "dma-iommu.h iommu-priv.h iommu-pages.h io-pgtable-arm.h".split()
HEADERS = ["include/linux/" + name for name in PUBLIC] + ["drivers/iommu/" + name for name in PRIVATE]
INCLUDES = (r'^\s*#\s*include\s+(<linux/(' + "|".join(map(re.escape, PUBLIC)) + r')>|"([^"]*/)?('
            + "|".join(map(re.escape, PRIVATE)) + r')")')
FOLDERS = ("arch", "block", "crypto", "drivers", "fs", "include", "init", "io_uring", "ipc", "kernel", "lib", "mm",
           "net", "samples", "security", "sound", "virt")

MACRO = re.compile(r"^#\s*define\s+(\w+)", re.M)
TYPE = re.compile(r"^(struct|union|enum)\s+(\w+)\s*\{", re.M)
ENUM = re.compile(r"^enum\s*\w*\s*\{(.*?)\}", re.M | re.S)
FUNCTION = re.compile(r"^(?:[a-z_][\w\s*]*[\s*])?(\w+)\([^#;{]*\)\s*[;{]", re.M)
TYPEDEF = re.compile(r"^typedef\s(?:[^;(]*\(\s*\*\s*(\w+)\s*\)\s*\(|[^;(]*?(\w+)\s*;)", re.M)
VARIABLE = re.compile(r"^extern\s+[\w\s*]*?\b(\w+);", re.M)
WORD = re.compile(r"\w+")


def stripped(text):
    """A header without its comments and without the lines that macros go on with."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"\\\n.*", "", text)


def declared(text):
    """(names, tagged types) that a header brings: functions, variables, macros and enumerators; struct NAME."""
    text = stripped(text)
    types = set(TYPE.findall(text))
    names = set(FUNCTION.findall(text)) | set(VARIABLE.findall(text))
    names |= {name for name in MACRO.findall(text) if not re.search(r"(^_|_)H_*$", name)}
    names |= {one or other for one, other in TYPEDEF.findall(text)}
    for body in ENUM.findall(text):
        for item in body.split(","):
            word = WORD.search(item)
            if word:
                names.add(word.group())
    return {name for name in names if len(name) > 4}, types


def contract(laid):
    """(names, tagged types) of all the base's headers."""
    names, types = set(), set()
    for path in HEADERS:
        more_names, more_types = declared(places.read(laid.pristine(path)))
        names |= more_names
        types |= more_types
    if len(names) < 200:
        raise Failure(f"only {len(names)} names were found in the base's headers")
    return names, types


def grep(tree, pattern):
    """C files of the tree with a line that matches."""
    folders = [folder for folder in FOLDERS if os.path.isdir(os.path.join(tree, folder))]
    done = subprocess.run(["grep", "-rlE", "--include=*.c", "--include=*.h", "-f", "-", *folders], cwd=tree,
                          input=pattern, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        raise Failure(f"grep in {tree}: {done.stderr.strip()}")
    return set(done.stdout.split())


def users(laid, names, types):
    """Paths of the files of the base kernel that use the contract."""
    # Names that others have given to a field of theirs count where they are called.
    called = sorted(name for name in names if name.startswith("iova_"))
    patterns = [INCLUDES, r"\b(" + "|".join(sorted(names - set(called))) + r")\b",
                r"\b(" + "|".join(called) + r")\s*\("]
    patterns += [rf"\b{kind}\s+{name}\b" for kind, name in sorted(types)]
    gone = set(overlay.our_files()) | set(overlay.dropped_files())
    return sorted(grep(laid.tree, "\n".join(patterns)) - gone)
