"""The demo origin once more, with nothing but PyJWT and the standard library.

It verifies the gateway's assertion against the published keys and answers with
the caller's claims: the whole of what an application behind the gateway needs.
Same environment as server.mjs: PORT, PORTCULLIS, TENANT, ISSUER, JWKS_URL, AUDIENCE.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

PORT = int(os.environ.get("PORT", "9000"))
PORTCULLIS = os.environ.get("PORTCULLIS", "http://localhost:8787")
ISSUER = os.environ.get("ISSUER") or f"{PORTCULLIS}/tenant/{os.environ.get('TENANT', 'home')}"
AUDIENCE = os.environ.get("AUDIENCE", "app").split(",")
KEYS = jwt.PyJWKClient(os.environ.get("JWKS_URL") or f"{ISSUER}/.well-known/jwks.json")


def caller(assertion):
    """The verified claims; raises on an assertion that must not be believed."""
    if jwt.get_unverified_header(assertion).get("typ") != "gw+jwt":
        raise jwt.InvalidTokenError("not a forwarded assertion")
    return jwt.decode(
        assertion,
        KEYS.get_signing_key_from_jwt(assertion).key,
        algorithms=["ES256"],
        issuer=ISSUER,
        audience=AUDIENCE,
        options={"require": ["sub", "exp", "iat", "jti"]},
    )


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        assertion = self.headers.get("X-Portcullis-Assertion")
        try:
            status, claims = 200, caller(assertion) if assertion else None
            body = {"method": self.command, "path": self.path, "headers": dict(self.headers), "claims": claims}
        except jwt.PyJWTError as error:
            status, body = 401, {"error": "assertion_refused", "message": str(error)}
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        """Quiet: the gateway keeps the log."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Origin)
    print(f"Origin on http://localhost:{server.server_address[1]}, trusting {ISSUER}", flush=True)
    server.serve_forever()
