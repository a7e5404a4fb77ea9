"""Verifies a forwarded assertion: Python with PyJWT (pip install "pyjwt[crypto]").

Reads JWKS_URL, ISSUER, AUDIENCE and TOKEN; prints the caller's id, or fails.
"""

import os

import jwt

# Made once: it keeps the keys, and fetches them again when a token names an unknown one.
KEYS = jwt.PyJWKClient(os.environ["JWKS_URL"])


def verify(token: str) -> dict:
    """The claims; raises jwt.PyJWTError for an assertion that must not be believed."""
    verified = jwt.decode_complete(
        token,
        KEYS.get_signing_key_from_jwt(token).key,
        algorithms=["ES256"],
        issuer=os.environ["ISSUER"],
        audience=os.environ["AUDIENCE"],
        leeway=5,
        options={"require": ["sub", "exp"]},
    )
    if verified["header"].get("typ") != "gw+jwt":
        raise jwt.InvalidTokenError("not a forwarded assertion")
    return verified["payload"]


print(verify(os.environ["TOKEN"])["sub"])
