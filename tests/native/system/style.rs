//! `GET /portcullis.css`.

use crate::harness::World;

#[test]
fn the_style_sheet_is_served_and_cached() {
    let reply = World::new().get("/portcullis.css").send().is(200);
    assert_eq!(reply.header("content-type"), Some("text/css; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=3600"));
    assert!(reply.text.contains(".card"));
}
