import json
from urllib.request import urlopen

import jwt


class Verifier:
    """Made once for the process: it keeps the keys, and fetches them again when a token names an unknown one."""

    def __init__(self, issuer, audience=None):
        with urlopen(f"{issuer}/.well-known/openid-configuration", timeout=10) as answer:
            metadata = json.load(answer)
        if metadata["issuer"] != issuer:
            raise ValueError(f"{issuer} says that it is {metadata['issuer']}")
        self.keys = jwt.PyJWKClient(metadata["jwks_uri"])
        self.checks = {"algorithms": ["ES256"], "issuer": issuer, "audience": audience or issuer, "leeway": 5}

    def claims(self, token):
        key = self.keys.get_signing_key_from_jwt(token).key
        verified = jwt.decode_complete(token, key, options={"require": ["sub", "exp"]}, **self.checks)
        if verified["header"].get("typ") != "at+jwt":
            raise jwt.InvalidTokenError("not an access token")
        return verified["payload"]
