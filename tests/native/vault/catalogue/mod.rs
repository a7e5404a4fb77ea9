//! The catalogue: its file against its schema, and each of its services played as it is. `rows.json` has what each service
//! wants and answers, written apart from the entries: a slip in one of the two fails.

mod service;

use std::collections::BTreeMap;

use portcullis::domain::upstream::account;
use portcullis::domain::upstream::authorize::{self, Request, Response, read_response};
use portcullis::domain::upstream::revoke::end_consent;
use portcullis::domain::upstream::tokens::{Code, exchange, refresh};
use portcullis::domain::upstream::{Error, Upstream};
use portcullis::domain::vault::catalogue::{Entry, all, find, upstream};
use portcullis::model::catalogue::{Checked, is_dns_label};
use portcullis::model::json;
use portcullis::ports::http::Reach;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use self::service::{CLIENT, CODE, REDIRECT, SECRET, Service, VERIFIER};
use crate::harness::World;

fn rows() -> Map<String, Value> {
    json::parse(include_bytes!("rows.json")).unwrap().as_object().unwrap().clone()
}

/// An entry with the labels that a tenant says.
fn filled(entry: &Entry) -> Entry {
    entry.with_labels(&BTreeMap::from([("subdomain".to_owned(), "acme".to_owned())])).unwrap()
}

fn of(entry: &Entry) -> Upstream {
    let secret = Some(Zeroizing::new(SECRET.to_owned()));
    upstream(entry.oauth().unwrap(), CLIENT.to_owned(), secret, Reach::Operator)
}

#[test]
fn the_file_is_as_its_schema_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/vault/catalogue");
    let read = |name: &str| json::parse(&std::fs::read(format!("{folder}/{name}")).unwrap()).unwrap();
    let (schema, entries) = (read("providers.schema.json"), read("providers.json"));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for entry in entries.as_array().unwrap() {
        let one = Value::Array(vec![entry.clone()]);
        assert!(validator.is_valid(&one), "{}", entry["id"]);
    }
    // What the schema does not know is refused: a misspelt member would be a fact that nobody reads.
    for (pointer, value) in [
        ("tokenURL", Value::from("https://a.example/t")),
        ("tokenUrl", "http://a.example/t".into()),
        ("tokenUrl", "https://user@a.example/t".into()),
        ("tokenUrl", "https://127.0.0.1/t".into()),
        ("apiHosts", Value::from(vec!["a.example/path"])),
        ("apiHosts", Value::from(vec!["*.com"])),
        ("apiHosts", Value::from(vec!["a.*.example"])),
        ("pkce", "plain".into()),
    ] {
        let mut entry = entries[0].clone();
        entry[pointer] = value;
        assert!(!validator.is_valid(&Value::Array(vec![entry.clone()])), "{pointer} {}", entry[pointer]);
    }
}

#[test]
fn the_catalogue_has_what_it_promises() {
    let ids: Vec<&str> = all().iter().map(|entry| entry.id.as_str()).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted, "by id, each once");
    assert!(all().iter().filter(|entry| entry.oauth().is_some()).count() >= 30);
    assert!(all().iter().filter(|entry| entry.oauth().is_none()).count() >= 10);
    let known: Vec<String> = rows().keys().cloned().collect();
    assert_eq!(known, ids, "every entry has its row, and every row its entry");
    for entry in all() {
        assert_eq!(find(&entry.id), Some(entry));
        // What could not be confirmed is said.
        let says = entry.quirks.iter().any(|quirk| quirk.contains("Unconfirmed:"));
        assert_eq!(says, entry.checked == Checked::Unconfirmed, "{}", entry.id);
    }
    assert_eq!(find("Google"), None);
    assert_eq!(find(""), None);
}

#[test]
fn a_key_is_sent_in_the_field_of_its_service() {
    for (id, row) in rows().iter().filter(|(_, row)| row.get("key").is_some()) {
        let entry = find(id).unwrap();
        let field = entry.credential_field().map(|field| format!("{}: {}K", field.name, field.prefix));
        assert_eq!(field.as_deref(), row["key"].as_str(), "{id}");
        assert!(entry.oauth().is_none(), "{id}");
    }
}

/// One person connects each service, the token is refreshed, and the consent is given back.
#[test]
fn every_service_is_connected_refreshed_and_given_back_in_its_own_way() {
    for (id, row) in rows().iter().filter(|(_, row)| row.get("key").is_none()) {
        let world = World::new();
        let entry = filled(find(id).unwrap());
        let upstream = of(&entry);
        let service = Service::new(&world, &entry, row);
        sends_browsers(&entry, &upstream, row);
        let cx = world.cx();
        let code = Code { code: CODE, redirect_uri: REDIRECT, verifier: VERIFIER };
        let tokens = pollster::block_on(exchange(&cx, &upstream, code));
        let tokens = tokens.unwrap_or_else(|error| panic!("{id}: {error:?} {:?}", service.refused()));
        let said = &row["tokens"];
        assert_eq!(tokens.access_token.as_str(), said["access"].as_str().unwrap_or("AT1"), "{id}");
        assert_eq!(
            tokens.refresh_token.as_ref().map(|token| token.as_str()),
            said["refresh"].as_str(),
            "{id}"
        );
        assert_eq!(tokens.expires_in, said["expires"].as_i64(), "{id}");
        assert_eq!(tokens.scope.as_deref(), said["scope"].as_str(), "{id}");
        let name = pollster::block_on(account::name(&cx, &upstream, &tokens));
        assert_eq!(
            name.as_ref().map(Option::as_deref),
            Ok(row.pointer("/account/name").and_then(Value::as_str)),
            "{id}: {:?}",
            service.refused()
        );
        // A code is good once.
        assert!(pollster::block_on(exchange(&cx, &upstream, code)).is_err(), "{id}");

        let mut last = (tokens.access_token, tokens.refresh_token);
        if let Some(first) = last.1.clone().filter(|_| row.get("refresh").is_some()) {
            let new = pollster::block_on(refresh(&cx, &upstream, &first));
            let new = new.unwrap_or_else(|error| panic!("{id}: {error:?} {:?}", service.refused()));
            assert_eq!(new.access_token.as_str(), "AT2", "{id}");
            let again = pollster::block_on(refresh(&cx, &upstream, &first));
            let rotates = new.refresh_token.as_ref().is_some_and(|next| *next != first);
            assert_eq!(again.is_err(), rotates, "{id}: a spent token is over, one that is kept is not");
            if rotates {
                assert_eq!(again, Err(Error::Declined("invalid_grant".into())), "{id}");
            }
            // Whoever reads the entry knows it before.
            assert_eq!(service::rotates(&entry), rotates, "{id}");
            last = (new.access_token, new.refresh_token.or(Some(first)));
        } else {
            assert!(!service::rotates(&entry) || last.1.is_some(), "{id}");
        }
        let over = pollster::block_on(refresh(&cx, &upstream, "unknown"));
        if row.get("refresh").is_some() {
            assert_eq!(over, Err(Error::Declined("invalid_grant".into())), "{id}: {:?}", service.refused());
        }
        // Where a server has not decided, nothing is over.
        service.fails(503);
        assert!(matches!(pollster::block_on(refresh(&cx, &upstream, "RT1")), Err(Error::Failed(_))), "{id}");
        service.works();

        let (access, refreshes) = (last.0.as_str(), last.1.as_ref().map(|token| token.as_str()));
        let ended = pollster::block_on(end_consent(&cx, &upstream, Some(access), refreshes));
        match row.get("revoke") {
            Some(_) => {
                assert_eq!(ended, Ok(()), "{id}: {:?}", service.refused());
                assert!(service.is_over(), "{id}");
            }
            None => assert!(matches!(ended, Err(Error::Failed(_))), "{id}"),
        }
        assert!(world.log.0.borrow().iter().all(|line| !line.contains("AT1")), "{id}");
    }
}

/// X answers a spent refresh token with the code of a malformed request: only its own words end a connection.
#[test]
fn a_malformed_request_ends_no_connection() {
    let upstream = of(find("x").unwrap());
    for (description, expected) in [
        ("Value passed for the token was invalid.", "invalid_grant"),
        ("Missing required parameter [refresh_token].", "invalid_request"),
        ("", "invalid_request"),
    ] {
        let world = World::new();
        world.web.serves("https://api.x.com/2/oauth2/token", move |_| {
            let said = serde_json::json!({ "error": "invalid_request", "error_description": description });
            Ok(crate::harness::provider::json_answer(400, &said))
        });
        let over = pollster::block_on(refresh(&world.cx(), &upstream, "RT1"));
        assert_eq!(over, Err(Error::Declined(expected.into())), "{description}");
    }
}

/// What a browser is sent with, and what it comes back with.
fn sends_browsers(entry: &Entry, upstream: &Upstream, row: &Value) {
    let id = &entry.id;
    let oauth = entry.oauth().unwrap();
    let scope = oauth.scopes.default.join(" ");
    let others: Vec<(&str, &str)> =
        oauth.extra_authorize_params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request {
        redirect_uri: REDIRECT,
        scope: &scope,
        state: "s-1",
        verifier: VERIFIER,
        others: &others,
        ..Request::default()
    };
    let url = url::Url::parse(&authorize::url(upstream, &request).unwrap()).unwrap();
    let said: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let value = |name: &str| said.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    for (name, expected) in
        [("response_type", "code"), ("client_id", CLIENT), ("redirect_uri", REDIRECT), ("state", "s-1")]
    {
        assert_eq!(value(name), Some(expected), "{id}");
    }
    for (name, expected) in row["asks"].as_object().unwrap() {
        assert_eq!(value(name), expected.as_str(), "{id} {name}");
    }
    assert_eq!(value("code_challenge_method"), row["pkce"].as_bool().unwrap().then_some("S256"), "{id}");
    for name in row.get("lacks").and_then(Value::as_array).into_iter().flatten() {
        assert_eq!(value(name.as_str().unwrap()), None, "{id} {name}");
    }
    let mut names: Vec<&String> = said.iter().map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), said.len(), "{id}: each once");
    assert!(oauth.authorization_url.starts_with(url.as_str().split('?').next().unwrap()), "{id}");

    let iss = row.get("iss").and_then(Value::as_str);
    let response = Response { code: Some(CODE), error: None, iss };
    assert_eq!(read_response(upstream, &response), Ok(CODE), "{id}");
    if iss.is_some() {
        let other = Response { iss: Some("https://evil.example"), ..response };
        assert!(matches!(read_response(upstream, &other), Err(Error::Forged(_))), "{id}");
    }
}

#[test]
fn a_template_takes_one_dns_label_and_nothing_else() {
    let with = |label: &str| {
        let labels = BTreeMap::from([("subdomain".to_owned(), label.to_owned())]);
        find("zendesk").unwrap().with_labels(&labels)
    };
    let long = "a".repeat(63);
    for label in ["acme", "a", "acme-2", "0", long.as_str()] {
        let entry = with(label).unwrap();
        let host = format!("{label}.zendesk.com");
        assert_eq!(entry.api_hosts, std::slice::from_ref(&host));
        assert_eq!(entry.oauth().unwrap().token_url, format!("https://{host}/oauth/tokens"));
        assert_eq!(entry.oauth().unwrap().account.url, Some(format!("https://{host}/api/v2/users/me.json")));
        assert!(entry.templates.is_empty());
    }
    let too_long = "a".repeat(64);
    for label in [
        "",
        ".",
        "a.b",
        "evil.example/",
        "evil.example#",
        "evil.example?",
        "a/b",
        "a\\b",
        "a@b",
        "a:b",
        "a b",
        "-a",
        "a-",
        "ACME",
        "a_b",
        "xn--80ak6aa92e",
        "\u{430}cme",
        "acm\u{e9}",
        "a%2eb",
        "a\n",
        "{subdomain}",
        "127.0.0.1",
        "*",
        too_long.as_str(),
    ] {
        assert_eq!(with(label), None, "{label:?}");
        assert!(!is_dns_label(label), "{label:?}");
    }
    assert_eq!(find("zendesk").unwrap().with_labels(&BTreeMap::new()), None);
    // An entry without a template needs no label.
    assert_eq!(find("google").unwrap().with_labels(&BTreeMap::new()).as_ref(), find("google"));
}
