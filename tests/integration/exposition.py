#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is standard input the text form of Prometheus (version 0.0.4), as its page describes it?

Prints "NAME{LABELS} VALUE" of each sample, labels sorted and unescaped, or says what is wrong.
Written from the description of the format, not from what writes it here.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def wrong(number, text):
    sys.exit(f"line {number}: {text}")


def labels(number, text):
    found, at = {}, 0
    while at < len(text):
        match = re.compile(rf'({LABEL})="((?:[^"\\\n]|\\[\\"n])*)"(,|$)').match(text, at)
        if match is None:
            wrong(number, f"no label at {text[at:]!r}")
        if match.group(1) in found:
            wrong(number, f"label {match.group(1)} twice")
        found[match.group(1)] = re.sub(r"\\(.)", lambda m: "\n" if m.group(1) == "n" else m.group(1), match.group(2))
        at = match.end()
    return found


def main():
    data = sys.stdin.buffer.read().decode("utf-8")
    if not data.endswith("\n"):
        sys.exit("the last line has no end")
    helps, types, seen, done, family = set(), {}, set(), set(), None
    for number, line in enumerate(data[:-1].split("\n"), 1):
        comment = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if comment is not None:
            kind, name, rest = comment.groups()
            if name != family:
                if name in done:
                    wrong(number, f"{name} in two places")
                done.add(family)
                family = name
            if kind == "HELP" and name in helps or kind == "TYPE" and name in types:
                wrong(number, f"{kind} of {name} twice")
            if kind == "HELP":
                helps.add(name)
            elif rest not in ("counter", "gauge", "histogram", "summary", "untyped"):
                wrong(number, f"type {rest!r}")
            else:
                types[name] = rest
            continue
        sample = re.fullmatch(rf"({NAME})(?:\{{(.*)\}})? (\S+)", line)
        if sample is None:
            wrong(number, f"neither HELP, TYPE nor a sample: {line!r}")
        name, inner, value = sample.groups()
        allowed = [family + s for s in SUFFIXES.get(types.get(family), ("",))] if family else []
        if name not in allowed or family not in helps or family not in types:
            wrong(number, f"{name} without HELP and TYPE before it")
        if value not in ("+Inf", "-Inf", "NaN"):
            float(value)
        series = (name, tuple(sorted(labels(number, inner or "").items())))
        if series in seen:
            wrong(number, f"{series} twice")
        seen.add(series)
        print(name + "{" + ",".join(f"{k}={v}" for k, v in series[1]) + "} " + value)


main()
