//! The traceability table: `conformance.md` beside this file, made from the comments above the tests.
//!
//! A test says which requirement it holds in its doc comment: the standard, the section, and what is required,
//! as in `RFC 6749 §4.1.2: the code expires shortly after it is issued.` It may hold several.

use std::collections::BTreeMap;
use std::path::Path;

/// The standards, as the comments name them and as they are called.
const STANDARDS: [(&str, &str); 20] = [
    ("RFC 6749", "The OAuth 2.0 Authorization Framework"),
    ("RFC 6750", "Bearer Token Usage"),
    ("RFC 7009", "Token Revocation"),
    ("RFC 7523", "JWT Profile for Client Authentication"),
    ("RFC 7591", "Dynamic Client Registration"),
    ("RFC 7592", "Dynamic Client Registration Management"),
    ("RFC 7636", "Proof Key for Code Exchange"),
    ("RFC 7662", "Token Introspection"),
    ("RFC 8252", "OAuth 2.0 for Native Apps"),
    ("RFC 8414", "Authorization Server Metadata"),
    ("RFC 8628", "Device Authorization Grant"),
    ("RFC 8693", "Token Exchange"),
    ("RFC 8707", "Resource Indicators"),
    ("RFC 8725", "JWT Best Current Practices"),
    ("RFC 9068", "JWT Profile for Access Tokens"),
    ("RFC 9126", "Pushed Authorization Requests"),
    ("RFC 9207", "Authorization Server Issuer Identification"),
    ("RFC 9449", "Demonstrating Proof of Possession"),
    ("RFC 9470", "Step Up Authentication Challenge Protocol"),
    ("RFC 9700", "Best Current Practice for OAuth 2.0 Security"),
];

/// The documents of OpenID Connect.
const OPENID: [(&str, &str); 6] = [
    ("OIDC Core", "OpenID Connect Core 1.0"),
    ("OIDC Discovery", "OpenID Connect Discovery 1.0"),
    ("RP-Initiated Logout", "OpenID Connect RP-Initiated Logout 1.0"),
    ("Back-Channel Logout", "OpenID Connect Back-Channel Logout 1.0"),
    ("Initiating User Registration", "Initiating User Registration via OpenID Connect 1.0"),
    ("Form Post", "OAuth 2.0 Form Post Response Mode"),
];

/// What stands above the table.
const HEAD: &str = "\
# What the standards require, and the test that holds it

Made from the comments above the tests in `tests/native`; after a change of them run
`WRITE_CONFORMANCE=1 cargo test --test native conformance::table`. A test's name is its path in that suite.

## What no test here can hold

| standard | requirement | why |
|---|---|---|
| RFC 6749 §1.6, §2.3.1, §3.1, §3.2 and their like | TLS on every endpoint | the platform terminates it; the Worker answers no plain HTTP in a deployment |
| RFC 6749 §4.2, §4.3; OIDC Core §3.2, §3.3 | the implicit, password and hybrid flows | not offered: RFC 9700 §2.1.2 and §2.4 advise against them |
| RFC 6749 §5.1 of the client, RFC 7009 §2.2 of the client and their like | duties of clients | the tests are of the server |
| RFC 7636 §4.2 `plain` | the method `plain` | not offered: RFC 9700 §2.1.1 |
| RFC 9126 §3 | signed request objects | not offered: `request` is answered with `request_not_supported` |
| OIDC Discovery §3, OIDC Core §15.1 | RS256 among the signing algorithms | **not met**: every token is signed with ES256 alone |
";

struct Requirement {
    standard: &'static str,
    section: String,
    text: String,
    test: String,
    file: String,
}

fn standard_of(comment: &str) -> Option<(&'static str, &str)> {
    let all = STANDARDS.iter().chain(&OPENID);
    all.filter_map(|(name, _)| {
        let rest = comment.strip_prefix(name)?.strip_prefix(" §")?;
        Some((*name, rest))
    })
    .next()
}

/// The requirements that one comment states.
fn stated(comment: &[String]) -> Vec<(&'static str, String, String)> {
    let mut found: Vec<(&'static str, String, String)> = Vec::new();
    for line in comment {
        match standard_of(line) {
            Some((standard, rest)) => {
                let (section, text) = rest.split_once(": ").unwrap();
                found.push((standard, section.to_owned(), text.to_owned()));
            }
            None => {
                if let Some((_, _, text)) = found.last_mut() {
                    text.push(' ');
                    text.push_str(line);
                }
            }
        }
    }
    found
}

fn read(file: &str, text: &str, found: &mut Vec<Requirement>) {
    let module = file.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
    let mut comment: Vec<String> = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if let Some(said) = line.strip_prefix("///") {
            comment.push(said.trim().to_owned());
        } else if line == "#[test]" {
            is_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
            let name = rest.split('(').next().unwrap_or_default();
            for (standard, section, text) in stated(&comment) {
                let test = format!("{module}::{name}");
                found.push(Requirement { standard, section, text, test, file: file.to_owned() });
            }
            (comment, is_test) = (Vec::new(), false);
        } else {
            (comment, is_test) = (Vec::new(), false);
        }
    }
}

fn walk(folder: &Path, base: &Path, found: &mut Vec<Requirement>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk(&path, base, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let shown = path.strip_prefix(base).unwrap().to_str().unwrap();
            read(shown, &std::fs::read_to_string(&path).unwrap(), found);
        }
    }
}

/// `4.1.2.1` in the order of numbers.
fn order(section: &str) -> Vec<u32> {
    section.split(['.', ' ']).map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}

fn table() -> (String, usize) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native");
    let mut found = Vec::new();
    walk(&base, &base, &mut found);
    let mut by_standard: BTreeMap<usize, Vec<Requirement>> = BTreeMap::new();
    let names: Vec<_> = STANDARDS.iter().chain(&OPENID).collect();
    let count = found.len();
    for one in found {
        let at = names.iter().position(|(name, _)| *name == one.standard).unwrap();
        by_standard.entry(at).or_default().push(one);
    }
    let mut text = HEAD.to_owned();
    for (at, mut all) in by_standard {
        let (name, title) = names[at];
        text.push_str(&format!(
            "\n## {name}: {title}\n\n| section | requirement | test | file |\n|---|---|---|---|\n"
        ));
        all.sort_by_key(|one| (order(&one.section), one.test.clone()));
        for one in all {
            let said = one.text.trim_end_matches('.').replace('|', "\\|");
            text.push_str(&format!("| §{} | {said} | `{}` | `{}` |\n", one.section, one.test, one.file));
        }
    }
    (text, count)
}

#[test]
fn the_table_is_as_the_tests_say() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native/conformance/conformance.md");
    let (text, count) = table();
    assert!(count > 150, "only {count} requirements were found");
    if std::env::var_os("WRITE_CONFORMANCE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text,
        "conformance.md is stale: run WRITE_CONFORMANCE=1 cargo test --test native conformance::table"
    );
}
