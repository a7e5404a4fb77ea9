"""A gateway and its demo origin, started once for the Python tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def gateway():
    """What tests/live/python/gateway.mjs says of the gateway that it keeps running."""
    node = ROOT / "node_modules" / ".bin" / "node"
    process = subprocess.Popen(
        [str(node), str(Path(__file__).with_name("gateway.mjs"))],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline()
    assert line.startswith("{"), f"the gateway did not start: {line}{process.stdout.read()}"
    yield json.loads(line)
    process.stdin.close()
    process.wait(timeout=20)
