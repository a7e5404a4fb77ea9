"""An API of its own, not behind the gateway: it verifies access tokens from discovery alone (PyJWT).

PORT, PORTCULLIS and TENANT as for ../server.py; AUDIENCE if it is another than the issuer.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from verify import Verifier

VERIFIER = Verifier(
    f"{os.environ['PORTCULLIS']}/tenant/{os.environ.get('TENANT', 'home')}", os.environ.get("AUDIENCE") or None
)


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        try:
            status, body = 200, {"claims": VERIFIER.claims(token)}
        except jwt.PyJWTError as error:
            status, body = 401, {"error": "invalid_token", "message": str(error)}
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        """Quiet."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Api)
    print(f"API on http://localhost:{server.server_address[1]}", flush=True)
    server.serve_forever()
