//! Tells the crate the name of its newest migration: a database that has not had it is not ready.

use std::io;

fn main() -> io::Result<()> {
    let folder = "src/store/migrations";
    println!("cargo::rerun-if-changed={folder}");
    let mut newest = String::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".sql") && name > newest {
            newest = name;
        }
    }
    println!("cargo::rustc-env=NEWEST_MIGRATION={newest}");
    Ok(())
}
