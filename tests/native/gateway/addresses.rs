//! Where a request comes from is what the platform says, or who may try limits out; never what anyone writes.

use portcullis::config::Config;
use portcullis::cx::Caller;
use portcullis::model::headers::Headers;
use serde_json::json;

use crate::harness::{World, set};

const SEAL_KEY: &str = "KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio";

type Fields<'a> = &'a [(&'a str, &'a str)];
type Wanted = [(&'static str, bool); 3];

fn client(mode: &str, fields: &[(&str, &str)]) -> Caller {
    let var = |name: &str| {
        let value = match name {
            "ORIGIN" => "https://auth.example.com",
            "MODE" => mode,
            "SEAL_KEY" => SEAL_KEY,
            "SYSTEM_SECRET" => "let-me-pass",
            "MAIL_TRANSPORT" => "cloudflare",
            "MAIL_FROM" => "no-reply@example.com",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::parse(var, |_| true);
    let headers = Headers::new(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    Caller::of(&config.unwrap(), &headers, "")
}

#[test]
fn each_mode_believes_who_it_can() {
    let (secret, wrong) = (("x-system-secret", "let-me-pass"), ("x-system-secret", "let-me-pas"));
    let (platform, named) =
        (("cf-connecting-ip", "203.0.113.7"), ("x-system-address", "192.0.2.1 let-me-pass"));
    let forged = [("x-forwarded-for", "9.9.9.9"), ("x-real-ip", "9.9.9.9"), ("true-client-ip", "9.9.9.9")];
    let guess = |value| ("x-system-address", value);
    let nobody = [("", false); 3];
    let the_platforms = [("203.0.113.7", false), ("203.0.113.7", false), ("", false)];
    let the_named = [("203.0.113.7", false), ("192.0.2.1", false), ("192.0.2.1", false)];
    // What is sent; then the address, and whether limits are skipped, in production, testing and locally.
    let cases: [(Fields<'_>, Wanted); 13] = [
        (&[], nobody),
        (&forged, nobody),
        (&[platform], the_platforms),
        (&[platform, guess("192.0.2.1")], the_platforms),
        (&[platform, guess("192.0.2.1 ")], the_platforms),
        (&[platform, guess("192.0.2.1 let-me-pas")], the_platforms),
        (&[platform, guess("192.0.2.1 let-me-pass, 192.0.2.2 let-me-pass")], the_platforms),
        (&[platform, guess("192.0.2.1"), wrong], the_platforms),
        (&[platform, secret], [("203.0.113.7", false), ("203.0.113.7", true), ("", true)]),
        (
            &[platform, guess("192.0.2.1"), secret],
            [("203.0.113.7", false), ("203.0.113.7", true), ("", true)],
        ),
        (&[platform, named], the_named),
        (&[platform, named, wrong], the_named),
        (&[named, secret], [("", false), ("192.0.2.1", true), ("192.0.2.1", true)]),
    ];
    for (fields, wanted) in cases {
        for (mode, (address, unlimited)) in ["production", "testing", "local"].into_iter().zip(wanted) {
            let client = client(mode, fields);
            assert_eq!(
                (client.address.as_str(), client.unlimited),
                (address, unlimited),
                "{mode} {fields:?}"
            );
        }
    }
}

#[test]
fn no_field_of_ours_reaches_an_origin() {
    let world = World::new();
    world.route(json!({ "auth": "none" }));
    for name in
        ["x-system-secret", "x-system-address", "X_System_Address", "cf-connecting-ip", "CF_Connecting_IP"]
    {
        let plan = world.get("/app/").header(name, "192.0.2.1").plan();
        assert!(plan.remove.contains(&name.to_ascii_lowercase()), "{name}");
        assert_eq!(set(&plan, "x-forwarded-for"), Some("203.0.113.7"));
    }
    world.get("/app/").header("x-system-address-book", "x").plan();
}
