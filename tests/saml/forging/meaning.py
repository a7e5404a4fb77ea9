"""Messages whose signature is good and that say something that must not be taken: for somebody else, too late, used
before, of the wrong kind."""
import re
from datetime import datetime, timedelta

import shapes
from .cases import case, own
from .sign import pem
from .tree import A, P

BEARER = shapes.BEARER
OTHER = "https://auth.example/tenant/other/sso/okta"


def at(line, **delta):
    return shapes.stamp(datetime.fromisoformat(line["now"].replace("Z", "+00:00")) + timedelta(**delta))


def contexts(bases):
    """The message as it was signed; what differs is who reads it, and when."""
    for base in bases:
        line = base.line
        if line["kind"] != "response":
            continue
        scope, message = base.scope, line["message"]
        id = base.assertion.attributes["ID"]
        sp, idp = line["sp"], line["idp"]

        def c(group, name, why, **changes):
            return case(group, f"{name}, {scope} signed", line, message, why, **changes)

        yield c("replayed", "its Assertion was used before", "an Assertion is used once (profiles 4.1.4.5)", used=[id])
        yield c("replayed", "its Assertion was used before, among others", "an Assertion is used once (profiles 4.1.4.5)", used=["_x", id, "_y"])
        yield c("expired", "an hour later", "NotOnOrAfter is over, with a minute for clocks", now=at(line, hours=1))
        if line["signer"] in ("xmlsec1", "signxml", "jdk", "xml-crypto"):
            yield c("expired", "70 seconds late", "NotOnOrAfter is over, and so is the minute for clocks", now=at(line, minutes=6, seconds=10))
            if "NotBefore" in message:
                yield c("not yet valid", "70 seconds early", "NotBefore is to come, and the minute for clocks does not reach it", now=at(line, minutes=-6, seconds=-10))
        yield c("expired", "a year later", "NotOnOrAfter is over", now=at(line, days=366))
        if "NotBefore" in message:
            yield c("not yet valid", "an hour earlier", "NotBefore is to come", now=at(line, hours=-1))
        yield c("another audience", "of another service", "AudienceRestriction does not name this service", sp={**sp, "entityId": "https://another.example/metadata"})
        yield c("another audience", "that begins alike", "AudienceRestriction names a service whose name begins alike", sp={**sp, "entityId": sp["entityId"][:-1]})
        yield c("another audience", "in capitals", "entity ids are compared as they are (core 8.3.6)", sp={**sp, "entityId": sp["entityId"].upper()})
        yield c("another recipient", "another ACS", "Destination and Recipient are another address", sp={**sp, "acs": "https://another.example/acs"})
        yield c("another recipient", "a longer path", "Destination and Recipient are another address", sp={**sp, "acs": sp["acs"] + "/2"})
        yield c("another tenant", "its audience and addresses", "the message is for another tenant's service provider", sp={"entityId": f"{OTHER}/metadata", "acs": f"{OTHER}/acs", "slo": f"{OTHER}/slo"})
        yield c("another issuer", "another entity id", "Issuer is not the provider's entity id", idp={**idp, "entityId": "https://idp.example/another"})
        yield c("another issuer", "that begins alike", "Issuer is not the provider's entity id", idp={**idp, "entityId": idp["entityId"] + "/"})
        yield c("another issuer", "in capitals", "entity ids are compared as they are (core 8.3.6)", idp={**idp, "entityId": idp["entityId"].upper()})
        yield c("another key", "the pinned certificate is another's", "the key is not one of the pinned certificates", idp={**idp, "certificates": [pem("other.crt")]})
        yield c("another key", "no certificate is pinned", "without a pinned certificate nobody signs", idp={**idp, "certificates": []})
        if line["inResponseTo"]:
            yield c("InResponseTo", "another request's", "the message answers another request than this browser's", inResponseTo="_another-request")
            yield c("InResponseTo", "nothing was asked", "the browser asked nothing: an answer to somebody's request is not an unsolicited one", inResponseTo=None)
            yield c("InResponseTo", "nothing was asked, unsolicited ones allowed", "an unsolicited Response has no InResponseTo (profiles 4.1.5)", inResponseTo=None, options={**line["options"], "idpInitiated": True})
        else:
            yield c("unsolicited", "although its setting does not allow it", "unsolicited messages are off unless the provider's setting says so: login CSRF", options={**line["options"], "idpInitiated": False})
            yield c("InResponseTo", "missing, though a request was made", "the message does not answer this browser's request", inResponseTo="_request-1", options={**line["options"], "idpInitiated": False})
            yield c("InResponseTo", "missing, though a request was made, unsolicited ones allowed", "the browser that asked gets an answer to what it asked, or none", inResponseTo="_request-1")


def signed_by_the_provider():
    """The provider's own key signed each of them after the change."""
    conf = re.compile(r"<a:SubjectConfirmation .*?</a:SubjectConfirmation>")
    conditions = re.compile(r"<a:Conditions>.*?</a:Conditions>")
    now = shapes.NOW

    def sub(pattern, new):
        return lambda xml: re.sub(pattern, lambda m: new(m) if callable(new) else new, xml, count=1)

    late = shapes.stamp(now - timedelta(minutes=10))
    soon = shapes.stamp(now + timedelta(minutes=10))
    rows = [
        ("status", "Requester, with an Assertion", "response", sub("status:Success", "status:Requester"), "the provider says that it failed; whatever else stands in it is not taken"),
        ("status", "Responder with AuthnFailed, with an Assertion", "response", sub('<p:StatusCode Value="[^"]*"/>', '<p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></p:StatusCode>'), "the provider says that it failed"),
        ("status", "Success below Responder", "response", sub('<p:StatusCode Value="[^"]*"/>', f'<p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><p:StatusCode Value="{shapes.SUCCESS}"/></p:StatusCode>'), "only the outer code says whether it succeeded (core 3.2.2.2)"),
        ("status", "none", "response", sub("<p:Status>.*?</p:Status>", ""), "a Response has a Status (core 3.2.2)"),
        ("status", "two", "response", sub("<p:Status>.*?</p:Status>", lambda m: m.group(0).replace("Success", "Requester") + m.group(0)), "a Response has one Status (core 3.2.2)"),
        ("status", "two codes", "response", sub('<p:StatusCode [^>]*/>', lambda m: m.group(0).replace("Success", "Requester") + m.group(0)), "a Status has one outer code (core 3.2.2.1)"),
        ("status", "Success of another kind", "response", sub("SAML:2.0:status:Success", "SAML:2.0:status:success"), "not the identifier of success"),
        ("status", "failed, the Assertion alone signed", "assertion", sub("status:Success", "status:Requester"), "the provider says that it failed"),
        ("subject", "none", "assertion", sub("<a:Subject>.*?</a:Subject>", ""), "an Assertion without a Subject names nobody"),
        ("subject", "no NameID", "assertion", sub("<a:NameID.*?</a:NameID>", ""), "a Subject without NameID names nobody"),
        ("subject", "an empty NameID", "assertion", sub("(<a:NameID[^>]*>)[^<]*", lambda m: m.group(1)), "an empty name is nobody's"),
        ("subject", "a NameID of white space", "assertion", sub("(<a:NameID[^>]*>)[^<]*", lambda m: m.group(1) + " \n "), "an empty name is nobody's"),
        ("subject", "two NameIDs", "assertion", sub("<a:NameID.*?</a:NameID>", lambda m: m.group(0).replace(">ada@", ">admin@") + m.group(0)), "a Subject has one identifier (core 2.4.1)"),
        ("subject", "two Subjects", "assertion", sub("<a:Subject>.*?</a:Subject>", lambda m: m.group(0).replace(">ada@", ">admin@") + m.group(0)), "an Assertion has one Subject (core 2.3.3)"),
        ("subject", "an element inside the NameID", "assertion", sub(">ada@acme.example<", ">ada@acme.example<x xmlns=\"urn:x\">.evil</x><"), "a NameID is one text: what an element cuts is refused, never cut"),
        ("subject", "an encrypted name", "assertion", sub("<a:NameID.*?</a:NameID>", '<a:EncryptedID><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"/></a:EncryptedID>'), "encrypted names are not supported, and told so"),
        ("subject", "a BaseID instead", "assertion", sub("<a:NameID.*?</a:NameID>", '<a:BaseID NameQualifier="x"/>'), "no name to go by"),
        ("subject", "a control character in the NameID", "assertion", sub(">ada@acme.example<", ">ada@acme.example&#13;&#10;x<"), "a name with line breaks is none that a provider gives to people"),
        ("confirmation", "none", "assertion", sub(conf, ""), "an Assertion that nobody confirms is not for the bearer (profiles 4.1.4.2)"),
        ("confirmation", "holder of key alone", "assertion", sub("cm:bearer", "cm:holder-of-key"), "the browser shows no key: only bearer is what this profile takes"),
        ("confirmation", "sender vouches alone", "assertion", sub("cm:bearer", "cm:sender-vouches"), "only bearer is what this profile takes"),
        ("confirmation", "an unknown method", "assertion", sub("SAML:2.0:cm:bearer", "SAML:2.0:cm:Bearer"), "only bearer is what this profile takes"),
        ("confirmation", "no data", "assertion", sub(conf, f'<a:SubjectConfirmation Method="{BEARER}"/>'), "bearer without Recipient and NotOnOrAfter is anybody's, for ever (profiles 4.1.4.2)"),
        ("confirmation", "no Recipient", "assertion", sub(r' Recipient="[^"]*"', ""), "bearer has a Recipient (profiles 4.1.4.2)"),
        ("confirmation", "another Recipient", "assertion", sub(r' Recipient="[^"]*"', ' Recipient="https://another.example/acs"'), "the Assertion is for another address: a stolen one of another service"),
        ("confirmation", "no NotOnOrAfter", "assertion", sub(r' NotOnOrAfter="[^"]*"', ""), "bearer has an end (profiles 4.1.4.2)"),
        ("confirmation", "over", "assertion", sub(r' NotOnOrAfter="[^"]*"', f' NotOnOrAfter="{late}"'), "the time for its delivery is over"),
        ("confirmation", "to come", "assertion", sub(r"<a:SubjectConfirmationData ", f'<a:SubjectConfirmationData NotBefore="{soon}" '), "the time for its delivery is to come"),
        ("confirmation", "another request's", "assertion", sub(r'(Recipient="[^"]*" InResponseTo=)"[^"]*"', lambda m: m.group(1) + '"_another"'), "the signed InResponseTo is another request's, whatever the unsigned Response says"),
        ("confirmation", "no InResponseTo", "assertion", sub(r'(Recipient="[^"]*") InResponseTo="[^"]*"', lambda m: m.group(1)), "the answer to a request says to which inside the Assertion, too (profiles 4.1.4.2): else an unsolicited one could be passed off as the answer"),
        ("confirmation", "one over, one for another address", "assertion", sub(conf, lambda m: m.group(0).replace("12:05:00", "11:00:00") + re.sub(r'Recipient="[^"]*"', 'Recipient="https://another.example/acs"', m.group(0))), "each confirmation is held to all conditions; halves of two do not make one"),
        ("conditions", "none", "assertion", sub(conditions, ""), "without AudienceRestriction it is for everybody (profiles 4.1.4.2)"),
        ("conditions", "no audience", "assertion", sub(conditions, f'<a:Conditions NotOnOrAfter="{soon}"/>'), "without AudienceRestriction it is for everybody (profiles 4.1.4.2)"),
        ("conditions", "an empty restriction", "assertion", sub(r"<a:Audience>.*?</a:Audience>", ""), "a restriction to nobody"),
        ("conditions", "two restrictions, one to another service", "assertion", sub(r"<a:AudienceRestriction>.*?</a:AudienceRestriction>", lambda m: m.group(0) + "<a:AudienceRestriction><a:Audience>https://another.example/sp</a:Audience></a:AudienceRestriction>"), "every restriction must name this service (core 2.5.1.4)"),
        ("conditions", "over", "assertion", sub("<a:Conditions>", f'<a:Conditions NotOnOrAfter="{late}">'), "the Assertion is over"),
        ("conditions", "to come", "assertion", sub("<a:Conditions>", f'<a:Conditions NotBefore="{soon}">'), "the Assertion is not valid yet"),
        ("conditions", "one that nobody knows", "assertion", sub("</a:Conditions>", '<a:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:e="urn:evil" xsi:type="e:OnlyOnSundays"/></a:Conditions>'), "a condition that is not understood makes the Assertion indeterminate (core 2.5.1)"),
        ("conditions", "an element of another namespace", "assertion", sub("</a:Conditions>", '<e:OnlyOnSundays xmlns:e="urn:evil"/></a:Conditions>'), "a condition that is not understood makes the Assertion indeterminate (core 2.5.1)"),
        ("conditions", "a time that is none", "assertion", sub("<a:Conditions>", '<a:Conditions NotOnOrAfter="for ever">'), "not an xs:dateTime"),
        ("conditions", "a time without a zone", "assertion", sub("<a:Conditions>", '<a:Conditions NotOnOrAfter="2026-12-01T12:05:00">'), "times are UTC, with Z (core 1.3.3)"),
        ("conditions", "two of them", "assertion", sub(conditions, lambda m: m.group(0).replace("okta/metadata", "another") + m.group(0)), "an Assertion has one Conditions (core 2.3.3)"),
        ("session", "over", "assertion", sub(r"(<a:AuthnStatement )", lambda m: f'{m.group(1)}SessionNotOnOrAfter="{late}" '), "the provider's session is over"),
        ("session", "no AuthnStatement", "assertion", sub("<a:AuthnStatement.*</a:AuthnStatement>", ""), "nobody says that the person signed in (profiles 4.1.4.2)"),
        ("version", "1.1 of the Response", "response", sub('Version="2.0"', 'Version="1.1"'), "not SAML 2.0"),
        ("version", "3.0 of the Response", "response", sub('Version="2.0"', 'Version="3.0"'), "not SAML 2.0"),
        ("version", "none of the Response", "response", sub(' Version="2.0"', ""), "not SAML 2.0"),
        ("version", "1.1 of the Assertion", "assertion", sub(r'(<a:Assertion [^>]*)Version="2.0"', lambda m: m.group(1) + 'Version="1.1"'), "not SAML 2.0"),
        ("destination", "none, the Response signed", "response", sub(r' Destination="[^"]*"', ""), "a signed message that is posted has a Destination (bindings 3.5.5.2)"),
        ("destination", "empty", "response", sub(r' Destination="[^"]*"', ' Destination=""'), "a signed message that is posted has a Destination (bindings 3.5.5.2)"),
        ("destination", "another address", "response", sub(r' Destination="[^"]*"', ' Destination="https://another.example/acs"'), "the message was sent to another address"),
        ("destination", "that begins alike", "response", sub(r' Destination="([^"]*)"', lambda m: f' Destination="{m.group(1)}.evil.example"'), "the message was sent to another address"),
        ("destination", "another host in capitals and a port", "response", sub(r' Destination="https://auth.example/', ' Destination="https://auth.example:8443/'), "the message was sent to another address"),
        ("destination", "another address, the Assertion alone signed", "assertion", sub(r' Destination="[^"]*"', ' Destination="https://another.example/acs"'), "the message was sent to another address"),
        ("another issuer", "the Assertion's differs from the Response's", "both", sub(r"(<a:Assertion .*?<a:Issuer>)[^<]*", lambda m: m.group(1) + "https://idp.example/another"), "the Assertion is another provider's"),
        ("another issuer", "the Response's differs, the Assertion alone signed", "assertion", sub(r"(<a:Issuer [^>]*>)[^<]*", lambda m: m.group(1) + "https://idp.example/another"), "the Response says to be another provider's"),
        ("another issuer", "none in the Assertion", "assertion", sub(r"(<a:Assertion .*?)<a:Issuer>[^<]*</a:Issuer>", lambda m: m.group(1)), "an Assertion has an Issuer (core 2.3.3)"),
        ("another issuer", "none in a signed Response", "response", sub(r"<a:Issuer [^>]*>[^<]*</a:Issuer>", ""), "a signed Response has an Issuer (profiles 4.1.4.2)"),
        ("another issuer", "of another format", "assertion", sub(r"(<a:Assertion .*?)<a:Issuer>", lambda m: m.group(1) + f'<a:Issuer Format="{shapes.EMAIL}">'), "an Issuer is an entity (profiles 4.1.4.2)"),
        ("another issuer", "two of them", "assertion", sub(r"(<a:Assertion .*?)(<a:Issuer>[^<]*</a:Issuer>)", lambda m: m.group(1) + m.group(2) + "<a:Issuer>https://idp.example/another</a:Issuer>"), "an Assertion has one Issuer (core 2.3.3)"),
        ("InResponseTo", "missing in the Response alone", "response", sub(r' InResponseTo="[^"]*"(>)', lambda m: m.group(1)), "a Response to a request says to which (core 3.2.2)"),
        ("InResponseTo", "empty", "response", lambda xml: xml.replace('InResponseTo="_request-1"', 'InResponseTo=""'), "the message answers another request"),
        ("several assertions", "two, both good, the Response signed", "response", sub("<a:Assertion .*</a:Assertion>", lambda m: m.group(0) + m.group(0).replace("_a-", "_b-").replace("ada@", "admin@")), "a Response has one Assertion: which of two is meant is nobody's guess"),
        ("several assertions", "none, the Response signed", "response", sub("<a:Assertion .*</a:Assertion>", ""), "success without an Assertion names nobody"),
        ("several assertions", "one inside Advice", "response", sub("</a:Conditions>", lambda m: m.group(0) + f'<a:Advice><a:Assertion ID="_b" Version="2.0" IssueInstant="{shapes.stamp(now)}"><a:Issuer>https://idp.example/keys</a:Issuer><a:Subject><a:NameID>admin@acme.example</a:NameID></a:Subject></a:Assertion></a:Advice>'), "a second Assertion anywhere in the message is one that somebody reads"),
        ("encrypted", "an EncryptedAssertion, the Response signed", "response", sub("<a:Assertion .*</a:Assertion>", encrypted()), "encryption is not supported, and told so"),
        ("encrypted", "an EncryptedAssertion beside the good one", "response", sub("(?=<a:Assertion )", encrypted()), "encryption is not supported, and told so"),
        ("encrypted", "an attribute", "assertion", sub("</a:AuthnStatement>", lambda m: m.group(0) + '<a:AttributeStatement><a:EncryptedAttribute><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"/></a:EncryptedAttribute></a:AttributeStatement>'), "encryption is not supported, and told so"),
        ("another document", "a Response inside a Response", "response", sub("(?=<a:Assertion )", f'<p:Response ID="_inner" Version="2.0" IssueInstant="{shapes.stamp(now)}"><p:Status><p:StatusCode Value="{shapes.SUCCESS}"/></p:Status></p:Response>'), "a second Response anywhere in the message is one that somebody reads"),
    ]
    for number, (group, name, scope, change, why) in enumerate(rows):
        checked = lambda xml, change=change, name=name: differs(xml, change(xml), name)  # noqa: E731
        line = own(f"meaning-{number}", scope, change=checked)
        yield case(group, f"{name} (signed by the provider)", line, line["message"], why)


def differs(before, after, name):
    assert before != after, f"{name} changes nothing"
    return after


def encrypted():
    xenc = "http://www.w3.org/2001/04/xmlenc#"
    return (
        f'<a:EncryptedAssertion xmlns:a="{A}"><xenc:EncryptedData xmlns:xenc="{xenc}" Type="{xenc}Element"><xenc:EncryptionMethod Algorithm="{xenc}aes128-cbc"/>'
        f'<xenc:CipherData><xenc:CipherValue>q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></a:EncryptedAssertion>'
    )


def kinds(bases):
    """Messages of one kind where another is expected."""
    from .cases import own_logout

    posted = {"logout request": own_logout("kind-1"), "logout response": own_logout("kind-2", "logoutResponse")}
    response = own("kind-3", "response")
    for name, line in posted.items():
        yield case("another kind", f"a {name} as a Response", line, line["message"], "not a Response", kind="response", inResponseTo="_request-1", options={"allowSha1": False, "idpInitiated": False})
        yield case("another kind", f"a {name} as a Response, unsolicited ones allowed", line, line["message"], "not a Response", kind="response", inResponseTo=None, options={"allowSha1": False, "idpInitiated": True})
    for kind in ("logoutRequest", "logoutResponse"):
        yield case("another kind", f"a Response as a {kind}", response, response["message"], "not a logout message", kind=kind)
    authn = own("kind-4", "response", change=lambda xml: xml.replace("p:Response", "p:AuthnRequest"))
    yield case("another kind", "an AuthnRequest as a Response", authn, authn["message"], "not a Response")
    artifact = own("kind-5", "response", change=lambda xml: xml.replace("p:Response", "p:ArtifactResponse"))
    yield case("another kind", "an ArtifactResponse as a Response", artifact, artifact["message"], "not a Response")
    saml1 = own("kind-6", "response", change=lambda xml: xml.replace(P, "urn:oasis:names:tc:SAML:1.0:protocol"))
    yield case("another kind", "a Response of SAML 1.1", saml1, saml1["message"], "not SAML 2.0")


def cases(bases):
    yield from contexts(bases)
    yield from signed_by_the_provider()
    yield from kinds(bases)
