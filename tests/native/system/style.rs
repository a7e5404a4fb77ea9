//! `GET /portcullis.css`, `/portcullis.js` and `/portcullis.svg`.

use crate::harness::World;

#[test]
fn the_style_sheet_is_a_static_file_that_needs_no_database() {
    let world = World::new();
    world.db.broken.set(true);
    let asset = world.get("/portcullis.css").asset();
    assert_eq!(asset.path, "/portcullis.css");
    let file = format!("{}/static{}", env!("CARGO_MANIFEST_DIR"), asset.path);
    assert!(std::fs::read_to_string(file).unwrap().contains(".card"));
}

#[test]
fn the_pages_script_and_icon_are_static_files_too() {
    let world = World::new();
    world.db.broken.set(true);
    for (path, has) in [("/portcullis.js", "data-show"), ("/portcullis.svg", "<svg")] {
        let asset = world.get(path).asset();
        assert_eq!(asset.path, path);
        let file = format!("{}/static{}", env!("CARGO_MANIFEST_DIR"), asset.path);
        assert!(std::fs::read_to_string(file).unwrap().contains(has));
    }
}
