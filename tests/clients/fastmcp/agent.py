"""An agent with FastMCP, which opens the browser itself: python agent.py http://localhost:8787/mcp list_notes"""

import asyncio
import os
import sys

from fastmcp import Client
from fastmcp.client.auth import OAuth


async def main(url, tool):
    auth = OAuth(client_name="Notes agent", client_metadata_url=os.environ.get("CLIENT_METADATA_URL"))
    async with Client(url, auth=auth) as client:
        result = await client.call_tool(tool, {})
        print(result.content[0].text, flush=True)


asyncio.run(main(*sys.argv[1:3]))
