"""Makes corpus/forged.jsonl and corpus/harmless.jsonl from corpus/valid.jsonl and the test keys, the same bytes each time.

    python forge.py           writes them
    python forge.py --check   fails if they are not what it would write
    python forge.py --rsa     prints the forged ones over RSA with SHA-256 and SHA-512 alone, for readers that know no others
"""
import hashlib, json, pathlib, sys
from collections import Counter

from forging import harmless, logout, meaning, names, signatures, sizes, texts, wrapping
from forging.cases import Base
from forging.sign import Usual

CORPUS = pathlib.Path(__file__).parent / "corpus"
MODULES = [wrapping, texts, names, signatures, meaning, sizes]


def main():
    valid = [json.loads(line) for line in (CORPUS / "valid.jsonl").read_text().splitlines()]
    rsa = "--rsa" in sys.argv
    if rsa:
        Usual.key = "idp"
        valid = [line for line in valid if "ecdsa" not in line["message"] and "sha384" not in line["message"]]
    bases = choose(valid)
    forged = [case for module in MODULES for case in spread(module.cases(bases))] + list(spread(logout.cases(bases, valid)))
    if rsa:
        sys.stdout.write(text_of(forged, forged_line)[1])
        return
    stale = [write("forged", forged, forged_line), write("harmless", list(spread(harmless.cases(choose(valid, key_info=True), valid))), harmless_line)]
    if any(stale):
        raise SystemExit("the corpus is not what forge.py makes: run python tests/saml/forge.py")


def text_of(cases, line_of):
    """Each different case once: the lines, and the file."""
    seen, lines = set(), []
    for case in cases:
        line = line_of(case)
        digest = hashlib.sha256(json.dumps({**line, "name": "", "why": "", "class": ""}, sort_keys=True).encode()).digest()
        if digest not in seen:
            seen.add(digest)
            lines.append(line)
    names = Counter(line["name"] for line in lines)
    again = [name for name, count in names.items() if count > 1]
    assert not again, f"names twice: {again}"
    return lines, "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def write(name, cases, line_of):
    """Whether the file is another than the cases make; without --check it is written."""
    lines, text = text_of(cases, line_of)
    print(f"{len(lines)} {name}, {len(text.encode()) / 1e6:.2f} MB")
    for group, count in sorted(Counter(line["class"] for line in lines).items()):
        print(f"  {count:4} {group}")
    path = CORPUS / f"{name}.jsonl"
    if "--check" in sys.argv:
        return path.read_text() != text
    path.write_text(text)
    return False


def choose(valid, key_info=False):
    """The smallest messages of each kind of signature: of many signers, since those differ little in size."""
    few, by_scope = [], Counter()
    # lxml canonicalizes `#default` of a PrefixList in a way of its own, so that such a one cannot be checked here.
    odd = ("sha1", "#default")
    posted = [line for line in valid if line["binding"] == "post" and not any(one in line["name"] + line["message"] for one in odd)]
    for line in sorted(posted, key=lambda line: (len(line["message"]), line["name"])):
        base = Base(line, key_info)
        by_scope[line["kind"], base.scope] += 1
        if by_scope[line["kind"], base.scope] <= 10:
            few.append(base)
    return few


def spread(cases):
    """One of each attack: those that fit many messages are spread over them, the smaller ones first."""
    by_name = {}
    for case in cases:
        by_name.setdefault((case.group, case.name), []).append(case)
    for number, same in enumerate(by_name.values()):
        same.sort(key=lambda case: (len(case.base["message"]), case.base["name"]))
        yield same[number % min(len(same), 5)]


def forged_line(case):
    line = harmless_line(case)
    line.pop("expect", None)
    return line


def harmless_line(case):
    return {**case.base, "name": f"{case.group}: {case.name} ({case.base['name']})", "class": case.group, "message": case.message, "why": case.why, **case.changes}


if __name__ == "__main__":
    main()
