"""Whether the xmlsec1 program verifies a Signature of each message with a pinned key: XMLDSig alone, without a word about SAML.
JSON lines as those of python3_saml.py; null for redirects, whose signature is not in the XML."""
import json, re, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

P, A = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
IDS = [argument for name in (f"{P}:Response", f"{A}:Assertion", f"{P}:LogoutRequest", f"{P}:LogoutResponse") for argument in ("--id-attr:ID", name)]


def ask(line):
    if line["binding"] == "redirect":
        return {"accepted": None}
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/message.xml", "w", encoding="utf-8", newline="") as file:
            file.write(line["message"])
        for number, pem in enumerate(line["idp"]["certificates"]):
            with open(f"{folder}/{number}.pem", "w", encoding="utf-8") as file:
                file.write(pem)
            # Every Signature that the message has: the first that verifies is enough to be told.
            for index in range(1, 1 + min(3, len(re.findall(r"<(?:\w+:)?Signature[\s>]", line["message"])))):
                where = f"(//*[local-name()='Signature'])[{index}]"
                command = ["xmlsec1", "--verify", "--enabled-reference-uris", "same-doc,empty", "--enabled-key-data", "key-name", "--pubkey-cert-pem", f"{folder}/{number}.pem", *IDS, "--node-xpath", where, f"{folder}/message.xml"]
                try:
                    done = subprocess.run(command, capture_output=True, check=False, timeout=20)
                except subprocess.TimeoutExpired:
                    return {"accepted": False, "why": "took longer than 20 s"}
                if done.returncode == 0:
                    return {"accepted": True}
    return {"accepted": False}


def main():
    lines = [json.loads(text) for text in sys.stdin]
    with ThreadPoolExecutor(2) as pool:
        for line, answer in zip(lines, pool.map(ask, lines)):
            print(json.dumps({"name": line["name"], **answer}))


if __name__ == "__main__":
    main()
