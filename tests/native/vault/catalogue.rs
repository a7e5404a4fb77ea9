//! The catalogue: each of its services, played as it is.

use portcullis::domain::vault::catalogue::{all, find, upstream};
use portcullis::ports::http::Reach;

#[test]
fn the_catalogue_is_read() {
    assert!(all().len() >= 3);
    let google = find("google").unwrap().oauth().unwrap();
    let google = upstream(google, "c".into(), None, Reach::Operator);
    assert_eq!(google.endpoints.token, "https://oauth2.googleapis.com/token");
}
