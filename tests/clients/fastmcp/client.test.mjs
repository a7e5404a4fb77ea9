// FastMCP's client, whose redirect URI is http://localhost with a port of its own.
import { testsAgent } from '../agent.mjs';

testsAgent('fastmcp', 'agent.py');
