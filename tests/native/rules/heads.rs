//! A request's head, as the edge hands it over.

use portcullis::http::request::Request;
use portcullis::model::headers::Headers;

fn read(head: &str) -> Option<Request> {
    Request::from_head(head, Box::new(Vec::new()))
}

fn headers(fields: &[(&str, &str)]) -> Headers {
    Headers::new(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())))
}

#[test]
fn a_head_is_taken_apart() {
    for (url, host, path, query) in [
        ("https://auth.example.com/", "auth.example.com", "/", ""),
        ("http://LOCALHOST:8787/a/b?c=d", "localhost:8787", "/a/b", "?c=d"),
        ("https://auth.example.com/?c=/d", "auth.example.com", "/", "?c=/d"),
        ("https://auth.example.com/a?", "auth.example.com", "/a", "?"),
        ("https://auth.example.com/a?b?c#d", "auth.example.com", "/a", "?b?c"),
        ("https://[2001:db8::1]:8787/%2e%2E/x", "[2001:db8::1]:8787", "/%2e%2E/x", ""),
    ] {
        let request = read(&format!("GET\n{url}\naccept:*/*\nx-a:b:c")).unwrap();
        let parts = (request.host.as_str(), request.path.as_str(), request.query.as_str());
        assert_eq!(parts, (host, path, query), "{url}");
        assert_eq!(request.method, "GET");
        assert_eq!(request.headers, headers(&[("accept", "*/*"), ("x-a", "b:c")]));
    }
    assert_eq!(read("HEAD\nhttps://auth.example.com/").unwrap().headers, headers(&[]));
}

#[test]
fn what_is_no_head_is_none() {
    for head in ["", "GET", "GET\n/path", "GET\nauth.example.com/path", "GET\nhttps://auth.example.com"] {
        assert!(read(head).is_none(), "{head:?}");
    }
}
