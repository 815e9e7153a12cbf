#!/usr/bin/env python3
"""Verifies a journal of Banister without any of its code: verify_journal.py RUN_DIRECTORY/journal.jsonl

Prints one line and ends with 0 (whole) or 23 (does not verify). `banister verify` must say the same. It does not
compare stored outputs, and like everybody it cannot see that whole lines are missing from the end."""
import hashlib, json, os, re, sys

HEADER = re.compile(rb'\{"v":(0|[1-9]\d{0,17}),"seq":(0|[1-9]\d{0,17}),"batch":(0|[1-9]\d{0,17}),"at":')
HASH = lambda data: hashlib.sha256(data).hexdigest()

def has_shape(line):
    return len(line) > 65 and line[-65:-64] == b"\t"

def check(line, head, seq, batch):
    """What is wrong with a line, or None; and its hash, numbers and body."""
    if not has_shape(line):
        return "it does not end in a tab and a hash", None
    body, digest = line[:-65], HASH(head.encode() + b"\n" + line[:-65])
    if line[-64:] != digest.encode():
        return "its hash does not match", None
    header = HEADER.match(body)
    if not header:
        return "it is not a record", None
    v, number, group = map(int, header.groups())
    if v != 1:
        return f"its format is {v}, this reader knows 1", None
    if number != seq + 1:
        return f"its number is {number}, expected {seq + 1}", None
    if group < batch:
        return f"its batch goes back from {batch} to {group}", None
    return None, (digest, number, group, body)

def recovered(body):
    """The contents of a `tail.recovered`, or None."""
    try:
        return json.loads(body)["kind"]["tail.recovered"]
    except (ValueError, KeyError, TypeError):
        return None

def verify(data):
    """(0 or 23, one line) for the bytes of a journal."""
    head, seq, batch, count, at, end, bad = "0" * 64, 0, 0, 0, 0, "", None
    lines = data.split(b"\n")
    for n, line in enumerate(lines, 1):
        last = n == len(lines)  # without a line feed; empty if the file ends in one
        if last and not line:
            break
        why, good = check(line, head, seq, batch)
        if good and bad:
            torn = data[bad["at"]:at - 1]
            good = good if recovered(good[3]) == {"at": bad["at"], "len": len(torn), "sha256": HASH(torn)} else None
        if good:
            (head, seq, batch, _), count, bad = good, count + 1, None
            end = ", the last line lacks its line feed" if last else ""
        elif not bad and last:
            end = f", then {len(line)} torn bytes at {at}"
        elif not bad:
            bad = {"line": n, "why": why, "at": at, "torn": not has_shape(line)}
        else:  # a crash while a torn line was being answered leaves a beginning of that answer
            answer = b'{"v":1,"seq":%d,"batch":' % (seq + 1)
            bad["torn"] &= not has_shape(line) and line != b"" and (line.startswith(answer) or answer.startswith(line))
            if last and bad["torn"]:
                end, bad = f", then {len(data) - bad['at']} torn bytes at {bad['at']}", None
        at += len(line) + 1
    return (23, f"corrupt: line {bad['line']}: {bad['why']}") if bad else (0, f"whole: {count} records, head {head}{end}")

def verify_plan(path, data):
    """What is wrong with the plan beside a journal that verifies, or None."""
    try:
        kind = json.loads(data.split(b"\t")[0])["kind"]
        if any(name.startswith("host.trust") for name in kind):
            return None  # the journal of host keys, which has no plan
        expected = kind["run.planned"]["info"]["plan_digest"]
    except (ValueError, KeyError, TypeError):
        return "record 1 does not name a plan"
    try:
        with open(os.path.join(os.path.dirname(path), "plan.json"), "rb") as plan:
            return None if HASH(plan.read()) == expected else "plan.json is not the plan that record 1 names"
    except FileNotFoundError:
        return "plan.json is missing"

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as journal:
        bytes_ = journal.read()
    code, line = verify(bytes_)
    problem = verify_plan(sys.argv[1], bytes_) if code == 0 and not line.startswith("whole: 0 ") else None
    print(f"corrupt: {problem}" if problem else line)
    sys.exit(23 if problem else code)
