//! What is read from header fields: bearer tokens, cookies, addresses, e-mail, scopes, times, origins.
#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::model::address::bucket;
use portcullis::model::email::Email;
use portcullis::model::headers::Headers;
use portcullis::model::scope::Scopes;
use portcullis::model::time::Time;

fuzz_target!(|text: &str| {
    let all = ["authorization", "cookie", "accept", "sec-fetch-site", "origin", "upgrade"];
    let headers = Headers::new(all.map(|name| (name.to_owned(), text.to_owned())));
    assert!(headers.bearer().is_none_or(|token| text.contains(token)));
    assert!(headers.cookie("__Host-portcullis").is_none_or(|value| text.contains(value) && !value.contains(';')));
    let _ = headers.is_navigation();
    let _ = headers.is_from_elsewhere(text);
    assert!(bucket(text).len() <= 40);
    if let Some(parsed) = Email::parse(text) {
        assert_eq!(Email::parse(parsed.shown()), Some(parsed.clone()));
        assert_eq!(parsed.key(), parsed.key().to_ascii_lowercase());
    }
    let scopes = Scopes::from_list(text);
    assert_eq!(Scopes::from_list(&scopes.list()), scopes);
    if let Some(time) = Time::parse(text) {
        let _ = time.rfc3339();
    }
});
