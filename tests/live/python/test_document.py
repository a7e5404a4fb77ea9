"""The OpenAPI document against the gateway: schemathesis sends what it allows, and what it does not."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parents[2] / "static" / "docs" / "openapi.json"


def test_every_answer_is_one_that_the_document_has(gateway):
    scratch = gateway["scratch"]
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            HERE / "schemathesis.toml",
            "--no-color",
            "run",
            DOCUMENT,
            "--url",
            gateway["url"],
            "--header",
            f"Authorization:Bearer {scratch['token']}",
            "--header",
            f"X-System-Secret:{gateway['systemSecret']}",
        ],
        env={**os.environ, "PORTCULLIS_TENANT": scratch["tenant"], "PORTCULLIS_USER": scratch["user"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout
