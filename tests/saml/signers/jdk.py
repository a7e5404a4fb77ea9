"""Signs with the XML signatures of the JDK (javax.xml.crypto.dsig), by Jdk.java."""
import base64, json, os, subprocess
from shapes import CASES, facts, logout_request, record
from xmlsec1 import ALGORITHMS, DIGESTS

HERE = os.path.dirname(os.path.abspath(__file__))
KEYS = os.path.normpath(os.path.join(HERE, "..", "keys"))


def sign(rows):
    """Signs each `(algorithm, id, xml)`."""
    lines = []
    for algorithm, id, xml in rows:
        key = f"{KEYS}/{'idp-ec' if algorithm.startswith('ecdsa') else 'idp'}.key"
        lines.append("\t".join([ALGORITHMS[algorithm], DIGESTS[algorithm.split('-')[1]], key, "dsig" if "okta" in id else "", id, base64.b64encode(xml.encode()).decode()]))
    done = subprocess.run(["java", f"{HERE}/Jdk.java"], input="\n".join(lines).encode(), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return [base64.b64decode(line).decode() for line in done.stdout.split()]


def main():
    cases = [(name, f, shape(f), signed, algorithm) for name, shape, signed, algorithm, differ in CASES if algorithm != "rsa-sha1" for f in [facts("jdk", name, **differ)]]
    first = iter(sign([(a, f.assertion_id, xml) for _, f, xml, signed, a in cases if signed != "response"]))
    cases = [(name, f, next(first) if signed != "response" else xml, signed, a) for name, f, xml, signed, a in cases]
    second = iter(sign([(a, f.response_id, xml) for _, f, xml, signed, a in cases if signed != "assertion"]))
    for name, f, xml, signed, a in cases:
        xml = next(second) if signed != "assertion" else xml
        print(json.dumps(record("jdk", name, f, xml, a), ensure_ascii=False))
    f = facts("jdk", "logout-request")
    [xml] = sign([("ecdsa-sha256", f.response_id, logout_request(f))])
    print(json.dumps(record("jdk", "logout-request", f, xml, "ecdsa-sha256", kind="logoutRequest"), ensure_ascii=False))


if __name__ == "__main__":
    main()
