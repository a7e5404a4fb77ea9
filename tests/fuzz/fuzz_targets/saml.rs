//! Messages of the corpus, altered: nothing panics, and whatever is accepted says what its signer said, by the word of
//! `xmlsec1` as well where that is at hand (without it, by the values alone; a line says so).
#![no_main]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::model::time::Time;
use portcullis::saml::Signer;
use portcullis::saml::certificate::Certificate;
use portcullis::saml::response::{self, Expected};
use serde_json::Value;

static CASES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let lines = [include_str!("../../saml/corpus/valid.jsonl"), include_str!("../../saml/corpus/forged.jsonl")];
    let cases = lines.iter().flat_map(|file| file.lines()).filter_map(|line| serde_json::from_str(line).ok());
    cases.filter(|case: &Value| case["kind"] == "response").collect()
});

static XMLSEC: LazyLock<bool> = LazyLock::new(|| {
    let there = Command::new("xmlsec1").arg("--version").stdout(Stdio::null()).status().is_ok_and(|it| it.success());
    if !there {
        eprintln!("there is no xmlsec1 here: what is accepted is held against the corpus alone");
    }
    there
});

/// Pieces that forgers work with.
const PIECES: [&str; 24] = [
    "<!---->", "<![CDATA[", "]]>", "<?x?>", "&#10;", "&#x26;", "&amp;", " ", "\n", "\"", "'", "<", ">", "/>",
    " ID=\"_x\"", " xmlns:ds=\"urn:x\"", " xmlns=\"\"", " xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\"",
    "</saml:Assertion>", "</samlp:Response>", "<samlp:Extensions>", "</samlp:Extensions>", "eve@acme.example", "é",
];

/// Applies edits: what to do, where, how much, and with what.
fn alter(message: &str, edits: &[u8]) -> String {
    let mut text = message.to_owned();
    for edit in edits.chunks_exact(6).take(8) {
        let place = |high: u8, low: u8| {
            let mut at = usize::from(u16::from_be_bytes([high, low])) * 4 % (text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (from, to) = (place(edit[1], edit[2]), place(edit[3], edit[4]));
        let (from, to) = (from.min(to), from.max(to));
        let piece = PIECES[usize::from(edit[5]) % PIECES.len()];
        match edit[0] % 5 {
            0 => text.insert_str(from, piece),
            1 => text.replace_range(from..to, piece),
            2 => {
                let copy = text[from..to].to_owned();
                text.insert_str(usize::min(to, text.len()), &copy);
            }
            3 => {
                // A whole element, or what is between two, moved to the front of another.
                let start = text[from..].find('<').map_or(from, |at| from + at);
                let end = text[to..].find('>').map_or(to, |at| to + at + 1);
                let part = text.get(start..end).unwrap_or_default().to_owned();
                let target = text[..start.min(text.len())].rfind('<').unwrap_or(0);
                text.insert_str(target, &part);
            }
            _ => {
                let other = CASES[usize::from(edit[5]) % CASES.len()]["message"].as_str().unwrap_or_default();
                let part = other.find("<").and_then(|at| other.get(at..)).unwrap_or_default();
                text.insert_str(from, part);
            }
        }
    }
    text
}

/// Whether `xmlsec1` verifies it with one of the certificates.
fn xmlsec_verifies(message: &str, certificates: &[&str]) -> bool {
    let folder = std::env::temp_dir().join(format!("portcullis-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    certificates.iter().any(|certificate| {
        let (pem, xml) = (folder.join("certificate.pem"), folder.join("message.xml"));
        let write = |path: &std::path::Path, text: &str| {
            std::fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes())).expect("a file");
        };
        write(&pem, certificate);
        write(&xml, message);
        let mut command = Command::new("xmlsec1");
        // What KeyInfo says is not read by us either, so it may be damaged.
        command.args(["--verify", "--enabled-key-data", "key-name", "--pubkey-cert-pem"]).arg(&pem);
        for element in ["assertion:Assertion", "protocol:Response"] {
            command.args(["--id-attr:ID", &format!("urn:oasis:names:tc:SAML:2.0:{element}")]);
        }
        command.arg(&xml).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

fuzz_target!(|bytes: &[u8]| {
    let [high, low, edits @ ..] = bytes else { return };
    let case = &CASES[usize::from(u16::from_be_bytes([*high, *low])) % CASES.len()];
    let text = |of: &'static str, member: &str| case[of][member].as_str().unwrap_or_default().to_owned();
    let pems: Vec<&str> =
        case["idp"]["certificates"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let certificates: Vec<Certificate> = pems.iter().filter_map(|pem| Certificate::parse(pem).ok()).collect();
    let (issuer, audience, recipient) = (text("idp", "entityId"), text("sp", "entityId"), text("sp", "acs"));
    let expected = Expected {
        signer: Signer {
            entity_id: &issuer,
            certificates: &certificates,
            allow_sha1: case["options"]["allowSha1"] == true,
        },
        audience: &audience,
        recipient: &recipient,
        in_response_to: case["inResponseTo"].as_str(),
        allow_unsolicited: case["options"]["idpInitiated"] == true,
        now: Time::parse(case["now"].as_str().unwrap_or_default()).expect("a time"),
    };
    let message = alter(case["message"].as_str().unwrap_or_default(), edits);
    let Ok(assertion) = response::verify(&message, &expected) else { return };
    // The forged ones that are refused because they were used before are good in themselves.
    if case["expect"].is_object() {
        assert_eq!(assertion.name_id.value, case["expect"]["nameId"], "{message}");
        let attributes = serde_json::to_value(&assertion.attributes).expect("attributes");
        assert_eq!(attributes, case["expect"]["attributes"], "{message}");
    } else {
        let used = case["used"].as_array().into_iter().flatten().any(|id| *id == assertion.id.as_str());
        assert!(used, "{message}");
    }
    assert!(!*XMLSEC || xmlsec_verifies(&message, &pems), "xmlsec1 refuses it: {message}");
});
