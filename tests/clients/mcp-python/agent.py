"""An agent with the official Python SDK: python agent.py http://localhost:8787/mcp list_notes

It says where to sign in, and calls a tool. CLIENT_METADATA_URL is as for the agent in JavaScript.
"""

import asyncio
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


class Callback(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.query = parse_qs(urlparse(self.path).query)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"You can close this page.")

    def log_message(self, *_):
        """Quiet."""


class Memory:
    def __init__(self):
        self.tokens = self.client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client_info):
        self.client = client_info


async def main(url, tool):
    listening = HTTPServer(("127.0.0.1", 0), Callback)

    async def show(authorization_url):
        print(f"Sign in at {authorization_url}", flush=True)

    async def wait():
        await asyncio.to_thread(listening.handle_request)
        first = {name: values[0] for name, values in listening.query.items()}
        return AuthorizationCodeResult(code=first["code"], state=first.get("state"), iss=first.get("iss"))

    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(
            client_name="Notes agent",
            redirect_uris=[f"http://127.0.0.1:{listening.server_port}/callback"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        ),
        storage=Memory(),
        redirect_handler=show,
        callback_handler=wait,
        client_metadata_url=os.environ.get("CLIENT_METADATA_URL"),
    )
    async with httpx2.AsyncClient(auth=auth) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            result = await client.call_tool(tool, {})
            print(result.content[0].text, flush=True)


asyncio.run(main(*sys.argv[1:3]))
