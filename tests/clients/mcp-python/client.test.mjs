// The official Python client of the Model Context Protocol.
import { testsAgent } from '../agent.mjs';

testsAgent('mcp-python', 'agent.py');
