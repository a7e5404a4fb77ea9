"""A Python program's view: requests in front of the gateway, PyJWT behind it."""

import jwt
import pytest
import requests


def login(gateway):
    answer = requests.post(
        f"{gateway['url']}/api/auth/login",
        json={"email": gateway["person"]["email"], "password": gateway["person"]["password"]},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["tokens"]


def decode(gateway, token, **more):
    issuer = f"{gateway['url']}/tenant/home"
    key = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    return jwt.decode(token, key.key, algorithms=["ES256"], issuer=issuer, **more)


def test_login_refresh_and_logout_with_requests(gateway):
    tokens = login(gateway)
    refreshed = requests.post(
        f"{gateway['url']}/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]}, timeout=10
    )
    assert refreshed.status_code == 200
    pair = refreshed.json()["data"]
    assert isinstance(pair["accessToken"], str) and pair["refreshToken"] != tokens["refreshToken"]
    bearer = {"Authorization": f"Bearer {pair['accessToken']}"}
    out = requests.post(f"{gateway['url']}/api/auth/logout", headers=bearer, timeout=10)
    assert out.status_code == 200 and out.json()["success"] is True
    again = requests.post(
        f"{gateway['url']}/api/auth/refresh", json={"refreshToken": pair["refreshToken"]}, timeout=10
    )
    assert again.status_code == 401
    assert again.json()["code"] == "UNAUTHORIZED"


def test_the_dashboard_opens_with_a_token_and_with_an_api_key(gateway):
    bearer = {"Authorization": f"Bearer {login(gateway)['accessToken']}"}
    opened = requests.get(f"{gateway['url']}/api/dashboard/overview", headers=bearer, timeout=10)
    assert opened.status_code == 200
    assert opened.json()["data"]["caller"] == gateway["person"]["id"]
    made = requests.post(f"{gateway['url']}/users/generate-api-key", headers=bearer, timeout=10)
    assert made.status_code == 200 and made.json()["success"] is True
    by_key = requests.get(
        f"{gateway['url']}/agents", headers={"X-API-Key": made.json()["apiKey"]}, timeout=10
    )
    assert by_key.status_code == 200


def test_pyjwt_verifies_an_access_token_from_the_published_keys(gateway):
    tokens = login(gateway)
    audience = jwt.decode(tokens["accessToken"], options={"verify_signature": False})["aud"]
    claims = decode(gateway, tokens["accessToken"], audience=audience)
    assert claims["sub"] == claims["userId"] == gateway["person"]["id"]
    assert claims["roles"] == ["MANAGER"]
    with pytest.raises(jwt.InvalidAudienceError):
        decode(gateway, tokens["accessToken"], audience="somebody-else")


def test_pyjwt_verifies_the_assertion_behind_the_gateway(gateway):
    bearer = {"Authorization": f"Bearer {login(gateway)['accessToken']}"}
    answer = requests.get(f"{gateway['url']}/pyjwt/anything", headers=bearer, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.json()["claims"]["sub"] == gateway["person"]["id"]
    received = {name.lower(): value for name, value in answer.json()["headers"].items()}
    assert "authorization" not in received
    claims = decode(gateway, received["x-portcullis-assertion"], audience="app")
    assert claims == answer.json()["claims"]


def test_an_administrator_walks_all_pages_of_users(gateway):
    bearer = {"Authorization": f"Bearer {gateway['adminToken']}"}
    users = f"{gateway['url']}/tenant/home/v2/Users"
    for number in range(5):
        made = requests.post(
            users, headers=bearer, json={"email": f"paged{number}@example.com", "name": "Paged"}, timeout=10
        )
        assert made.status_code == 201, made.text
        assert made.json()["status"] == "active" and made.json()["mfa"] == "none"
    seen, cursor = [], None
    for _ in range(20):
        page = requests.get(users, headers=bearer, params={"limit": 2, "cursor": cursor}, timeout=10).json()
        assert len(page["items"]) <= 2
        seen += [user["email"] for user in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert cursor is None
    assert len(seen) == len(set(seen))
    assert {f"paged{number}@example.com" for number in range(5)} <= set(seen)
