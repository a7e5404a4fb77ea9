"""Second factors from Python: the guide's example by httpx, codes by pyotp."""

import asyncio
import time
from pathlib import Path

import httpx
import pyotp
import requests

GUIDE = Path(__file__).parents[1] / "documents" / "examples" / "mfa-guide.txt"


def example():
    """The guide's Python, with the indentation that its listing lost."""
    lines = GUIDE.read_text().split("# Reset user's MFA (admin operation)\n", 1)[1].split("When MFA is reset")[0]
    depth, inside, out = 0, 0, []
    for line in lines.strip().splitlines():
        text = line.strip()
        closes = text[0] in ")}"
        out.append("    " * (depth + inside - closes) + text)
        inside += text.count("(") + text.count("{") - text.count(")") - text.count("}")
        depth += text.endswith(":") and inside == 0
    return "\n".join(out)


def make(gateway, email, **more):
    admin = {"Authorization": f"Bearer {gateway['adminToken']}"}
    body = {"email": email, "password": "a good enough password", "emailVerified": True, **more}
    made = requests.post(f"{gateway['url']}/tenant/home/v2/Users", headers=admin, json=body, timeout=10)
    assert made.status_code == 201, made.text
    return made.json()


def login(gateway, email):
    body = {"email": email, "password": "a good enough password"}
    return requests.post(f"{gateway['url']}/auth/login", json=body, timeout=10).json()


def verify(gateway, waiting, code):
    body = {"mfa_token": waiting["mfa_token"], "code": code}
    return requests.post(f"{gateway['url']}/auth/mfa/verify", json=body, timeout=10)


def test_pyotp_sets_an_app_up_and_signs_in(gateway):
    make(gateway, "pyotp@example.com", mfa="totp")
    waiting = login(gateway, "pyotp@example.com")
    app = pyotp.parse_uri(waiting["enrolment"]["otpauth_uri"])
    assert app.secret == waiting["enrolment"]["secret"] and app.name == "pyotp@example.com"
    done = verify(gateway, waiting, app.at(time.time() - 30))
    assert done.status_code == 200, done.text
    assert len(done.json()["backup_codes"]) == 10
    again = login(gateway, "pyotp@example.com")
    assert "enrolment" not in again
    assert verify(gateway, again, app.at(time.time() - 120)).status_code == 401
    assert verify(gateway, again, app.at(time.time())).status_code == 200


def test_the_guides_reset_runs_with_httpx(gateway):
    user = make(gateway, "reset@example.com", mfa="totp")
    waiting = login(gateway, "reset@example.com")
    assert verify(gateway, waiting, pyotp.TOTP(waiting["enrolment"]["secret"]).now()).status_code == 200
    code = example().replace("https://auth.agglestone.com", gateway["url"]).replace("your-tenant-id", "home")
    names = {"httpx": httpx, "admin_token": gateway["adminToken"]}
    exec(compile(code, str(GUIDE), "exec"), names)
    asyncio.run(names["reset_user_mfa"](user["id"]))
    assert login(gateway, "reset@example.com")["enrolment"]["secret"] != waiting["enrolment"]["secret"]
