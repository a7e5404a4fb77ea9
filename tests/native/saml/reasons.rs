//! Each forgery of the corpus is refused by the rule that is there for its class.

use std::collections::BTreeMap;

use super::corpus::{corpus, judge, text};

/// The rules that may refuse each class of forgeries: the one that is there for it, and those that such a message breaks
/// before.
const RULES: &str = "
    DOCTYPE: Doctype NotXml
    DigestValue elsewhere: SignaturePlace
    HMAC: SignatureAlgorithm SignatureShape
    InResponseTo: InResponseTo Digest
    XSW1: AssertionCount IdTwice
    XSW2: AssertionCount IdTwice
    XSW3: AssertionCount IdTwice
    XSW4: AssertionCount IdTwice
    XSW5: AssertionCount IdTwice
    XSW6: AssertionCount IdTwice
    XSW7: AssertionCount IdTwice
    XSW8: AssertionCount IdTwice
    algorithm: SignatureAlgorithm DigestAlgorithm Sha1 Signature
    altered: Digest SignatureShape
    another audience: Audience Digest
    another document: MessageKind AssertionCount
    another issuer: Issuer Digest
    another key: Signature
    another kind: MessageKind IdAttribute
    another recipient: Recipient Destination Digest
    another tenant: Audience Destination Recipient Digest
    attribute pollution: IdAttribute IdTwice IdMissing AssertionCount
    comment in DigestValue: Comment
    comment in NameID: Comment
    comment in SignedInfo: Comment
    comment in an attribute: Comment
    comment in another text: Comment
    conditions: Condition Audience Early Expired IssueInstant Missing Unexpected
    confirmation: Confirmation Early Expired InResponseTo Recipient
    destination: Destination
    encrypted: Encrypted
    expired: Expired Digest
    namespace confusion: SignatureNamespace Names IdAttribute NotXml
    not XML: NotXml AttributeSpace MessageKind Names
    not yet valid: Early Digest
    place of the signature: SignaturePlace Reference NotXml
    processing instruction: ProcessingInstruction
    reference: Reference SignatureShape IdAttribute Digest
    replayed: used Digest
    session: SessionOver Missing
    several SignedInfo: SignatureShape Digest
    several assertions: AssertionCount
    several signatures: SignaturePlace Signature
    signature value: Signature SignatureShape Reference
    size: TooComplex TooLarge NotXml Subject Transforms Comment
    status: Declined Missing Unexpected
    subject: Subject Encrypted
    transforms: Transforms Canonicalization SignatureShape
    unsigned: Unsigned SignatureShape
    unsolicited: Unsolicited Digest
    version: Version
    void canonicalization: Names
";

#[test]
fn each_class_of_forgeries_is_refused_by_its_rules() {
    let lines = RULES.lines().filter_map(|line| line.trim().split_once(": "));
    let rules: BTreeMap<&str, Vec<&str>> =
        lines.map(|(class, rules)| (class, rules.split(' ').collect())).collect();
    let mut wrong = Vec::new();
    for case in corpus("forged") {
        let class = text(&case["class"]);
        // What a logout message does wrong is of every kind.
        if class.starts_with("logout") {
            continue;
        }
        let verdict = judge(&case);
        let why = verdict.as_ref().err().map(String::as_str).unwrap_or("accepted");
        let word =
            why.strip_prefix("Broke(").unwrap_or(why).split(['(', ')', ' ']).next().unwrap_or_default();
        if !rules.get(class).is_some_and(|rules| rules.contains(&word)) {
            wrong.push(format!("{}: {why}: {}", case["name"], case["why"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
