//! `GET /passkeys.js`.

use crate::harness::World;

#[test]
fn the_pages_script_for_passkeys_is_a_static_file() {
    let asset = World::new().get("/passkeys.js").asset();
    assert_eq!(asset.path, "/passkeys.js");
    let file = format!("{}/static{}", env!("CARGO_MANIFEST_DIR"), asset.path);
    assert!(std::fs::read_to_string(file).unwrap().contains("data-passkey"));
}
