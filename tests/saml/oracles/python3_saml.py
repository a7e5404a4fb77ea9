"""What python3-saml, with strict settings, says of each message of the corpus: a line of JSON for each on its standard
output, `{"name", "accepted", "nameId", "attributes", "why"}`; null for what it has no part in (posted logout messages)."""
import base64, json, sys, warnings
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

warnings.filterwarnings("ignore")
from onelogin.saml2.auth import OneLogin_Saml2_Auth  # noqa: E402
from onelogin.saml2.response import OneLogin_Saml2_Response  # noqa: E402
from onelogin.saml2.settings import OneLogin_Saml2_Settings  # noqa: E402
from onelogin.saml2.utils import OneLogin_Saml2_Utils  # noqa: E402

POST, REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def settings(line):
    bodies = ["".join(pem.strip().split("\n")[1:-1]) for pem in line["idp"]["certificates"]]
    return OneLogin_Saml2_Settings({
        "strict": True,
        "sp": {
            "entityId": line["sp"]["entityId"], "assertionConsumerService": {"url": line["sp"]["acs"], "binding": POST},
            "singleLogoutService": {"url": line["sp"]["slo"], "binding": REDIRECT},
        },
        "idp": {
            "entityId": line["idp"]["entityId"], "singleSignOnService": {"url": "https://idp.example/sso", "binding": REDIRECT},
            "singleLogoutService": {"url": "https://idp.example/slo", "binding": REDIRECT}, "x509certMulti": {"signing": bodies}, "x509cert": bodies[0] if bodies else "",
        },
        "security": {
            "wantMessagesSigned": line["kind"] != "response", "wantAssertionsSigned": False, "wantNameId": True, "wantAttributeStatement": False,
            "rejectUnsolicitedResponsesWithInResponseTo": True, "rejectDeprecatedAlgorithm": not line["options"]["allowSha1"],
            "allowRepeatAttributeName": True, "allowSingleLabelDomains": True,
        },
    })


def request(line, url):
    at = urlsplit(url)
    data = {"https": "on", "http_host": at.netloc, "server_port": "443", "script_name": at.path, "get_data": {}, "post_data": {}}
    if line["binding"] == "redirect":
        data["get_data"] = dict(parse_qsl(line["message"], keep_blank_values=True))
        data["query_string"], data["validate_signature_from_qs"] = line["message"], True
    return data


def ask(line):
    # Its clock is the message's.
    now = int(datetime.fromisoformat(line["now"].replace("Z", "+00:00")).timestamp())
    OneLogin_Saml2_Utils.now = staticmethod(lambda: now)
    if line["kind"] != "response":
        if line["binding"] == "post":
            return None
        auth = OneLogin_Saml2_Auth(request(line, line["sp"]["slo"]), settings(line))
        # It looks at whichever parameter is there: what is expected is the caller's to say.
        expected = "SAMLRequest" if line["kind"] == "logoutRequest" else "SAMLResponse"
        if expected not in auth._request_data["get_data"]:
            return {"accepted": False, "why": f"no {expected}"}
        auth.process_slo(keep_local_session=True, request_id=line["inResponseTo"])
        errors = auth.get_errors()
        return {"accepted": not errors, "why": auth.get_last_error_reason() or ", ".join(errors)}
    response = OneLogin_Saml2_Response(settings(line), base64.b64encode(line["message"].encode()).decode())
    accepted = response.is_valid(request(line, line["sp"]["acs"]), line["inResponseTo"])
    if not accepted:
        return {"accepted": False, "why": response.get_error()}
    return {"accepted": True, "nameId": response.get_nameid(), "attributes": response.get_attributes()}


def main():
    for text in sys.stdin:
        line = json.loads(text)
        try:
            answer = ask(line)
        except Exception as error:  # what it raises is a refusal, too
            answer = {"accepted": False, "why": f"{type(error).__name__}: {error}"}
        print(json.dumps({"name": line["name"], **(answer or {"accepted": None})}))


if __name__ == "__main__":
    main()
