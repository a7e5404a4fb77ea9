"""Makes foreign.jsonl: tokens that PyJWT, jose (npm) and jwcrypto signed, and what an attacker makes of such.

    pip install pyjwt cryptography jwcrypto && python3 tests/native/crypto/vectors/foreign.py > tests/native/crypto/vectors/foreign.jsonl
"""

import base64
import hashlib
import hmac
import json
import subprocess

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

CLAIMS = {"iss": "https://idp.example", "sub": "ada", "aud": "client", "exp": 1777636860, "iat": 1777636740}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


RSA, OTHER_RSA = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC, OTHER_EC = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
EC384 = ec.generate_private_key(ec.SECP384R1())
K256 = ec.generate_private_key(ec.SECP256K1())
ED, OTHER_ED = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))


def jwk(key, **more):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = public.public_numbers()
        said = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    elif isinstance(key, ed25519.Ed25519PrivateKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        said = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
    else:
        numbers, size = public.public_numbers(), (key.curve.key_size + 7) // 8
        name = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}[key.curve.name]
        said = {"kty": "EC", "crv": name, "x": number(numbers.x, size), "y": number(numbers.y, size)}
    return {**said, **more}


def pem(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(key, encoding=serialization.Encoding.PEM):
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def message(header, claims=CLAIMS):
    text = claims if isinstance(claims, str) else json.dumps(claims)
    head = header if isinstance(header, str) else json.dumps(header)
    return f"{b64(head.encode())}.{b64(text.encode())}"


def raw(key, alg, text, salt=32, mgf=hashes.SHA256, digest=hashes.SHA256):
    """The signature of a message by that algorithm, whatever its header says."""
    data = text.encode()
    if alg == "RS":
        return key.sign(data, padding.PKCS1v15(), digest())
    if alg == "PS":
        return key.sign(data, padding.PSS(padding.MGF1(mgf()), salt), digest())
    if alg == "ES":
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest())))
        size = (key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    if alg == "DER":
        return key.sign(data, ec.ECDSA(digest()))
    return key.sign(data)


def made(header, key, alg, claims=CLAIMS, **how):
    text = message(header, claims)
    return f"{text}.{b64(raw(key, alg, text, **how))}"


def by_jose(alg, key, header):
    script = """
      import { SignJWT, importPKCS8 } from "jose";
      const { alg, pem, header, claims } = JSON.parse(process.argv[1]);
      const key = await importPKCS8(pem, alg);
      console.log(await new SignJWT(claims).setProtectedHeader(header).sign(key));
    """
    said = json.dumps({"alg": alg, "pem": pem(key), "header": header, "claims": CLAIMS})
    run = ["node", "--input-type=module", "-e", script, said]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()


def by_jwcrypto(key, header):
    token = jwcrypto_jws.JWS(json.dumps(CLAIMS))
    token.add_signature(jwcrypto_jwk.JWK.from_pem(pem(key).encode()), None, json.dumps(header))
    return token.serialize(compact=True)


def show(valid, name, keys, token):
    print(json.dumps({"name": name, "valid": valid, "keys": keys, "token": token}))


KINDS = [("RS256", RSA, "RS"), ("PS256", RSA, "PS"), ("ES256", EC, "ES"), ("EdDSA", ED, "ED")]
MIXED = [jwk(EC384, kid="384"), jwk(OTHER_RSA, kid="other-rsa"), jwk(OTHER_EC, kid="other-ec"), jwk(OTHER_ED, kid="other-ed"),
         {"kty": "oct", "kid": "k", "k": "c2VjcmV0"}, {"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "x"}]

for alg, key, kind in KINDS:
    header = {"alg": alg, "kid": "k", "typ": "JWT"}
    show(True, f"{alg} by PyJWT", [jwk(key, kid="k")], jwt.encode(CLAIMS, pem(key), alg, headers={"kid": "k"}))
    show(True, f"{alg} by jose", [jwk(key, kid="k", alg=alg, use="sig")], by_jose(alg, key, header))
    show(True, f"{alg} by jwcrypto", [jwk(key, kid="k", key_ops=["verify"])], by_jwcrypto(key, header))
    show(True, f"{alg} among others", [*MIXED[:4], jwk(key, kid="k"), MIXED[5]], made(header, key, kind))
    show(True, f"{alg} without kid, one key", [jwk(key)], made({"alg": alg}, key, kind))
    show(True, f"{alg} without kid, one key of its kind", [jwk(EC384), jwk(key, kid="k")], made({"alg": alg}, key, kind))
    links = {"jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5u"}
    show(True, f"{alg} with links that nobody follows", [jwk(key, kid="k")], made({**header, **links}, key, kind))

header = {"alg": "RS256", "kid": "k"}
show(True, "Ed25519 by its newer name", [jwk(ED, kid="k", alg="Ed25519")], made({"alg": "Ed25519", "kid": "k"}, ED, "ED"))
show(True, "one key twice, for RS256 and for PS256", [jwk(RSA, kid="k", alg="RS256"), jwk(RSA, kid="k", alg="PS256")], made(header, RSA, "RS"))
show(True, "a kid that two kinds share", [jwk(EC, kid="k"), jwk(RSA, kid="k")], made(header, RSA, "RS"))

# Signed with nothing, or with what is public.
for none in ["none", "None", "NONE", "nOnE", "", " none"]:
    show(False, f"alg {none!r}", [jwk(RSA, kid="k")], message({"alg": none, "kid": "k"}) + ".")
    show(False, f"alg {none!r} with a signature", [jwk(RSA, kid="k")], made({"alg": none, "kid": "k"}, RSA, "RS"))
show(False, "no alg", [jwk(RSA, kid="k")], made({"kid": "k"}, RSA, "RS"))
show(False, "alg null", [jwk(RSA, kid="k")], made({"alg": None, "kid": "k"}, RSA, "RS"))
show(False, "alg a list", [jwk(RSA, kid="k")], made({"alg": ["RS256"], "kid": "k"}, RSA, "RS"))
SECRETS = {
    "PEM": public_pem(RSA), "PEM without its last newline": public_pem(RSA).strip(),
    "DER": public_pem(RSA, serialization.Encoding.DER), "n": base64.urlsafe_b64decode(jwk(RSA)["n"] + "=="),
    "n in base64": jwk(RSA)["n"].encode(), "JWK": json.dumps(jwk(RSA, kid="k")).encode(), "nothing": b"",
}
for name, secret in SECRETS.items():
    for alg, digest in [("HS256", hashlib.sha256), ("HS512", hashlib.sha512)]:
        text = message({"alg": alg, "kid": "k"})
        signed = b64(hmac.new(secret, text.encode(), digest).digest())
        show(False, f"{alg} keyed with the public key: {name}", [jwk(RSA, kid="k")], f"{text}.{signed}")
        show(False, f"{alg} the same, as RS256", [jwk(RSA, kid="k")], f"{message({'alg': 'RS256', 'kid': 'k'})}.{signed}")
text = message({"alg": "HS256", "kid": "k"})
secret = b64(hmac.new(b"secret", text.encode(), hashlib.sha256).digest())
show(False, "HS256 with a symmetric key of the set", [MIXED[4]], f"{text}.{secret}")

# Another algorithm than the key's.
show(False, "RS256 with a key for PS256", [jwk(RSA, kid="k", alg="PS256")], made(header, RSA, "RS"))
show(False, "PS256 with a key for RS256", [jwk(RSA, kid="k", alg="RS256")], made({"alg": "PS256", "kid": "k"}, RSA, "PS"))
show(False, "a PS256 signature as RS256", [jwk(RSA, kid="k")], made(header, RSA, "PS"))
show(False, "an RS256 signature as PS256", [jwk(RSA, kid="k")], made({"alg": "PS256", "kid": "k"}, RSA, "RS"))
for alg, kind, digest in [("RS384", "RS", hashes.SHA384), ("RS512", "RS", hashes.SHA512), ("RS1", "RS", hashes.SHA1),
                          ("PS384", "PS", hashes.SHA384), ("PS512", "PS", hashes.SHA512)]:
    for said in [alg, alg[:2] + "256"]:
        token = made({"alg": said, "kid": "k"}, RSA, kind, digest=digest, mgf=digest, salt=digest.digest_size)
        show(False, f"{alg} as {said}", [jwk(RSA, kid="k")], token)
for salt in [0, 20, 31, 33, 222]:
    show(False, f"PS256 with a salt of {salt} bytes", [jwk(RSA, kid="k")], made({"alg": "PS256", "kid": "k"}, RSA, "PS", salt=salt))
show(False, "PS256 with SHA-1 in its mask", [jwk(RSA, kid="k")], made({"alg": "PS256", "kid": "k"}, RSA, "PS", mgf=hashes.SHA1))
show(False, "ES256 in DER", [jwk(EC, kid="k")], made({"alg": "ES256", "kid": "k"}, EC, "DER"))
show(False, "ES256 of zeros", [jwk(EC, kid="k")], f"{message({'alg': 'ES256', 'kid': 'k'})}.{b64(bytes(64))}")
show(False, "ES256 with SHA-384", [jwk(EC, kid="k")], made({"alg": "ES256", "kid": "k"}, EC, "ES", digest=hashes.SHA384))
for said in ["ES256", "ES384"]:
    show(False, f"{said} on P-384", [jwk(EC384, kid="k")], made({"alg": said, "kid": "k"}, EC384, "ES", digest=hashes.SHA384))
for said in ["ES256", "ES256K"]:
    show(False, f"{said} on secp256k1", [jwk(K256, kid="k")], made({"alg": said, "kid": "k"}, K256, "ES"))
show(False, "EdDSA of zeros", [jwk(ED, kid="k")], f"{message({'alg': 'EdDSA', 'kid': 'k'})}.{b64(bytes(64))}")
show(False, "EdDSA with a key of small order", [jwk(ED, kid="k", x=b64(b"\x01" + bytes(31)))], message({"alg": "EdDSA", "kid": "k"}) + "." + b64(b"\x01" + bytes(63)))
for said in ["rs256", "RS256 ", "Rs256", "RSA", "RSASSA"]:
    show(False, f"alg {said!r}", [jwk(RSA, kid="k")], made({"alg": said, "kid": "k"}, RSA, "RS"))
for alg, key, kind in KINDS:
    for other, theirs, _ in KINDS:
        if theirs is not key:
            show(False, f"{alg} with a key of {other}", [jwk(theirs, kid="k")], made({"alg": alg, "kid": "k"}, key, kind))

# Keys that are not for this.
for alg, key, kind in KINDS:
    token = made({"alg": alg, "kid": "k"}, key, kind)
    show(False, f"{alg}: a key for encryption", [jwk(key, kid="k", use="enc")], token)
    show(False, f"{alg}: a key of another use", [jwk(key, kid="k", use="")], token)
    show(False, f"{alg}: a key that signs alone", [jwk(key, kid="k", key_ops=["sign"])], token)
    show(False, f"{alg}: a key that encrypts", [jwk(key, kid="k", key_ops=["encrypt", "wrapKey"])], token)
    show(False, f"{alg}: a key without operations", [jwk(key, kid="k", key_ops=[])], token)
    show(False, f"{alg}: a key for RSA-OAEP", [jwk(key, kid="k", alg="RSA-OAEP")], token)
    show(False, f"{alg}: a private key", [jwk(key, kid="k", d="AQ")], token)
    show(False, f"{alg}: another kid", [jwk(key, kid="K")], token)
    show(False, f"{alg}: a key without kid for one with it", [jwk(key)], token)
    show(False, f"{alg}: the kid twice", [jwk(key, kid="k"), jwk(key, kid="k")], token)
    show(False, f"{alg}: no keys", [], token)
    two = {"R": OTHER_RSA, "P": OTHER_RSA, "E": OTHER_EC}[alg[0]] if alg != "EdDSA" else OTHER_ED
    show(False, f"{alg}: no kid, two keys", [jwk(key, kid="k"), jwk(two, kid="l")], made({"alg": alg}, key, kind))
    show(False, f"{alg}: no kid, two keys without kid", [jwk(two), jwk(key)], made({"alg": alg}, key, kind))
    show(False, f"{alg}: another key under its kid", [jwk(two, kid="k")], token)
    own = {"alg": alg, "kid": "k", "jwk": jwk(two), "jku": "https://evil.example/jwks", "x5c": ["AQ=="], "x5u": "https://evil.example"}
    show(False, f"{alg}: its own key in the header", [jwk(key, kid="k")], made(own, two, kind))
    show(False, f"{alg}: its own key in the header, no kid", [jwk(key, kid="k")], made({**own, "kid": "evil"}, two, kind))

# Not one plain JWT.
good = made(header, RSA, "RS")
head, body, signature = good.split(".")
for name, token in {
    "crit": made({**header, "crit": ["exp"]}, RSA, "RS"), "an empty crit": made({**header, "crit": []}, RSA, "RS"),
    "crit and b64": made({**header, "crit": ["b64"], "b64": False}, RSA, "RS"), "b64": made({**header, "b64": False}, RSA, "RS"),
    "b64 true": made({**header, "b64": True}, RSA, "RS"), "nested": made({**header, "cty": "JWT"}, RSA, "RS", claims=good),
    "nested in an object": made({**header, "cty": "JWT"}, RSA, "RS"), "JWE": ".".join([head, body, signature, body, signature]),
    "JWE, alg dir": ".".join([b64(b'{"alg":"dir","enc":"A128GCM","kid":"k"}'), "", signature, body, signature]),
    "two parts": f"{head}.{body}", "no signature": f"{head}.{body}.", "an empty part": f"{head}.{body}.{signature}.",
    "JSON": json.dumps({"protected": head, "payload": body, "signature": signature}),
    "padded": f"{good}==", "a newline behind": f"{good}\n", "a space before": f" {good}", "Bearer": f"Bearer {good}",
    "standard base64": f"{head}.{body}.{signature.replace('-', '+').replace('_', '/')}+",
    "alg twice": b64(b'{"alg":"RS256","alg":"none","kid":"k"}') + f".{body}.{signature}",
    "sub twice": made(header, RSA, "RS", claims='{"sub":"ada","sub":"eve","exp":1777636860}'),
    "claims in a list": made(header, RSA, "RS", claims='[{"sub":"ada"}]'), "claims in a string": made(header, RSA, "RS", claims='"ada"'),
    "claims cut short": made(header, RSA, "RS", claims='{"sub":"ada"'), "exp a string": made(header, RSA, "RS", claims='{"sub":"ada","exp":"1777636860"}'),
    "an access token": made({**header, "typ": "at+jwt"}, RSA, "RS"), "a security event": made({**header, "typ": "secevent+jwt"}, RSA, "RS"),
    "a logout token": made({**header, "typ": "logout+jwt"}, RSA, "RS"), "a DPoP proof": made({**header, "typ": "dpop+jwt"}, RSA, "RS"),
    "another header": b64(b'{"alg":"RS256","kid":"k","x":1}') + f".{body}.{signature}",
    "other claims": f"{head}.{b64(json.dumps({**CLAIMS, 'sub': 'eve'}).encode())}.{signature}",
    "huge": made(header, RSA, "RS", claims={**CLAIMS, "x": "x" * 9000}), "nothing": "", "dots": "..", "words": "this is no token",
}.items():
    show(False, name, [jwk(RSA, kid="k")], token)
