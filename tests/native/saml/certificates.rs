//! Certificates as administrators paste them.

use portcullis::model::time::Time;
use portcullis::saml::certificate::{Certificate, Outlook, next_warning};

use super::idp::CERTIFICATE;

#[test]
fn pem_and_base64_are_read_however_their_lines_are_broken() {
    let pem = Certificate::parse(CERTIFICATE).unwrap();
    let lines: Vec<&str> = CERTIFICATE.lines().filter(|line| !line.starts_with('-')).collect();
    for text in [
        CERTIFICATE.replace('\n', "\r\n"),
        format!("subject=/CN=x\n{CERTIFICATE}\n"),
        lines.concat(),
        lines.join("\n  "),
        format!("-----BEGIN CERTIFICATE-----{}-----END CERTIFICATE-----", lines.concat()),
    ] {
        let one = Certificate::parse(&text).unwrap();
        assert_eq!(
            (one.base64, one.subject),
            (pem.base64.clone(), "CN=Identity provider,O=Example".to_owned())
        );
    }
    assert_eq!(pem.not_before.rfc3339(), "2026-11-30T15:30:08Z");
    assert_eq!(pem.not_after.rfc3339(), "2126-11-06T15:30:08Z");
}

#[test]
fn what_is_no_certificate_with_a_good_key_is_refused_in_words() {
    let body: String = CERTIFICATE.lines().filter(|line| !line.starts_with('-')).collect();
    for (text, why) in [
        (String::new(), "a certificate of at most 16 KiB"),
        ("hello!".into(), "a certificate in PEM or base64"),
        ("aGVsbG8=".into(), "an X.509 certificate"),
        (format!("{body}AAAA"), "an X.509 certificate"),
        (body[..body.len() - 4].to_owned(), "an X.509 certificate"),
        (format!("{CERTIFICATE}{CERTIFICATE}"), "one certificate in each place"),
        (CERTIFICATE.replace("-----END", ""), "a certificate in PEM from its first to its last line"),
        (
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----".into(),
            "a certificate, which is public; this is a private key",
        ),
        (RSA_1024.into(), "an RSA key of 2048 to 4096 bits"),
        (P384.into(), "an EC key on P-256"),
        (ED25519.into(), "an RSA key, or an EC key on P-256"),
        ("A".repeat(20_000), "a certificate of at most 16 KiB"),
    ] {
        assert_eq!(Certificate::parse(&text).err(), Some(why));
    }
    assert!(Certificate::parse(RSA_2048).is_ok());
}

#[test]
fn a_certificate_says_when_it_expires() {
    let certificate = Certificate::parse(CERTIFICATE).unwrap();
    let end = certificate.not_after;
    for (at, outlook) in [
        (end.plus(-30 * 86_400 - 1), Outlook::Good),
        (end.plus(-30 * 86_400), Outlook::EndsSoon),
        (Time(end.0 - 1), Outlook::EndsSoon),
        (end, Outlook::Ended),
    ] {
        assert_eq!(certificate.outlook(at), outlook, "{at:?}");
    }
    // It is warned of four times, each of several for itself.
    let list = [CERTIFICATE.to_owned()];
    let mut at = Time(0);
    for days in [30, 7, 1, 0] {
        at = next_warning(&list, at).unwrap();
        assert_eq!(at, end.plus(-days * 86_400));
    }
    assert_eq!(next_warning(&list, at), None);
    assert_eq!(next_warning(&["no certificate".into()], Time(0)), None);
}

const RSA_1024: &str = "MIIB9jCCAV+gAwIBAgIULpCzSoLO0C2Sidn3SuIdOirof1IwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMzAxNTM2MTdaGA8yMTI2MTEwNjE1MzYxN1owDDEKMAgGA1UEAwwBeDCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEA8JsrYywWJJHTK8NTso0SZM4To0dBu9YLWfHENF/w4LmupkvkT25lsD/1STnjFUdymqNNYdw9uN6q5nK88dq9du2ftyg2/OpN5MBLaj6dWMqJ99cJzhEUJ06gplEI5t6Ubziv1auRL4ezZ0wKrNh3aE7VVbYie1VIkH4H/VLBYikCAwEAAaNTMFEwHQYDVR0OBBYEFGMB8etdjtYv4TaCrhEUAONID/XyMB8GA1UdIwQYMBaAFGMB8etdjtYv4TaCrhEUAONID/XyMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAC2vsVKVaPP4RzliyqtyhcQ3PVWkxs+CqNc8DfVOQsdziaQnFhvIwi9ITifGOAkz14hbGeudA53+3kcF8nKbbW8s7VCQ8cD8N1Sy7ytvgkX5VZX3jBJnA/qlZ7iKaz6omGAPwGNva0oGvcqfPRlSeet0bskCCFRa1evcoew9bEfg=";
const RSA_2048: &str = "MIIC+zCCAeOgAwIBAgIUO+RnFoyv/8mAOngmwWoiGAJ+p7gwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMzAxNTM2MTdaGA8yMTI2MTEwNjE1MzYxN1owDDEKMAgGA1UEAwwBeDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAJzDf8u4Ka5kK1kFBrksHXpxe7rxbBOPcApfWj4aJQ3IJ84BljVVN8L/4EWSDdkaPmOo99Gq48cv860RGN13oF9z86dlFXVQggFWA+RmserKNHhaMNMUZXWhbcMKOYnStgdJ+EJ4CGdISnfgHrRdW5s8XPiHIVMfWB9WEPrD51DPE5Glz/MBXsLN7XAsFJF78J76/4kVsXlfV9Bb4zN3ogoZdU6cN9HiTZa/p1b7oMTywJgg5XzZDGIz1dGnMU0Uq6oakQmUvVvT1X3kHsV6WVkeh1TapbqlnPTsxQt24UHiv/gTWwnxXW5Is+mLDnXZrYfLlq57e1OHSLqBrYaf/y8CAwEAAaNTMFEwHQYDVR0OBBYEFNL/gLsnckAnHqrlYUS/F66CxbPNMB8GA1UdIwQYMBaAFNL/gLsnckAnHqrlYUS/F66CxbPNMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBABNA9r7qtHPeMwGv3hdPdBOL7zwuJntdD0ZJljLxka9LMaHsuuK+3M6q1SCF4q1N0PtQQ3EcMrmkSwH+XUG7pUH6ZxNggovs4maGU+rL4E2HGsn8Qt1TrTy1HEzYEQox6yfJfdIMDM+miz/UYmUSEeoq0iG6JgNbl6NcfljJRtO88cj99q7M3zLUT9PxruIJyiPMkBcRcnD2BIffH2HhI/yFwhfJZaWJfaWq1c4U/3GKBuTkGlDkCpQnIjTM7KXk1786iS8CIC5N/JJNQ+io9hnEAcfQBLi5dpxTSIV1Syuyt3++pmbHN0uXja5Ybh1xg3LSaoCOlwGgzk40zlpZFB4=";
const P384: &str = "MIIBqzCCATKgAwIBAgIUAKznSzEyILpIEGygO28it1RBdB8wCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAgFw0yNjExMzAxNTM2MTdaGA8yMTI2MTEwNjE1MzYxN1owDDEKMAgGA1UEAwwBeDB2MBAGByqGSM49AgEGBSuBBAAiA2IABBkuYTJ5GSBHdsShgO/PuO26UGUGUJIZH4gSxsJlcA0p/1cFpjDMtI1egZ83DGDEYWuwoGUjhEwkKfRYoHdb58a8ZucqnY8oYVYGYsLEDfOxlwETkT0CxsPdphgsWVYyc6NTMFEwHQYDVR0OBBYEFAxzok0zJB/aGH88q8aQlszger6wMB8GA1UdIwQYMBaAFAxzok0zJB/aGH88q8aQlszger6wMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDZwAwZAIwNOOmEk21xqEM2XGCcE9uKwGavLVFEPlZcZmkIVU72uReBqVSYOokxU/riVhwcto9AjBUqfNEEHIgAC/sdnJCigkyEkVJnLfMBWiw81DhO9loAA3suWGl36TMkh0LLPoi8nY=";
const ED25519: &str = "MIIBLjCB4aADAgECAhQWhtR7wExZ9/UzPdO0V78scXxkgDAFBgMrZXAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMzAxNTM2MThaGA8yMTI2MTEwNjE1MzYxOFowDDEKMAgGA1UEAwwBeDAqMAUGAytlcAMhAKvOgOw6v6Edp1hBYHq6/wnf6DVFHKMD2BjGAp4fsk6Io1MwUTAdBgNVHQ4EFgQUNjv+4sO1grV1/3k9bzRc9aaygO4wHwYDVR0jBBgwFoAUNjv+4sO1grV1/3k9bzRc9aaygO4wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQDxffd0yK6WqzL0xbVJi5/8r93CInTGW95F9eJpSmPDCSUlOWxQoxz3gB8yfirFxgDti8OBwu73nRSAW6FeIi4K";
