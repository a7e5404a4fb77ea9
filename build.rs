//! Tells the crate the names of its migrations: a database that has not had them is not ready.

use std::io;

fn main() -> io::Result<()> {
    let folder = "src/store/migrations";
    println!("cargo::rerun-if-changed={folder}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".sql") {
            names.push(name);
        }
    }
    names.sort();
    println!("cargo::rustc-env=MIGRATIONS={}", names.join(" "));
    Ok(())
}
