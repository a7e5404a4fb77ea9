//! The rules that a message can break, each with the words that an administrator and the audit log read.

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $text:literal,)*) => {
        /// What a message did wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[$doc])* #[doc = $text] $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// In a few words.
            pub fn text(self) -> &'static str {
                match self {
                    $(Rule::$name => $text,)*
                }
            }
        }
    };
}

rules! {
    TooLarge: "the message is larger than 256 KiB",
    TooComplex: "the message has too many or too deeply nested elements or attributes",
    NotXml: "the message is not well-formed XML 1.0 in UTF-8",
    Doctype: "the message has a DOCTYPE",
    ProcessingInstruction: "the message has a processing instruction",
    Names: "a name or namespace of the message is not one in every parser",
    SignatureNamespace: "a prefix of the message hides what is a signature",
    AttributeSpace: "an attribute of the message holds a line break or a tab",
    IdAttribute: "the message has an attribute that could be taken for an ID",
    IdMissing: "what is signed has no ID",
    IdTwice: "the message has one ID twice",
    Comment: "a comment cuts a text or stands in a signature",
    MessageKind: "the message is another one than is expected here",
    Unexpected: "the message has an element or a text where none belongs",
    Missing: "the message lacks an element or attribute that it must have",
    Version: "the message is not of SAML 2.0",
    Encrypted: "the message is encrypted, which is not supported: sign it, and switch encryption off",
    AssertionCount: "the response has not exactly one assertion",
    Unsigned: "nothing that is used of the message is signed",
    SignaturePlace: "a signature is not a direct child of what is used, or there are several",
    SignatureShape: "the signature has more or other parts than it may have",
    Reference: "the signature does not refer to exactly the element that it stands in",
    Transforms: "the signature's transforms are not exactly enveloped-signature and exclusive canonicalization",
    Canonicalization: "the signature's canonicalization is not exclusive, without comments",
    SignatureAlgorithm: "the signature's algorithm is not RSA or ECDSA with SHA-256 or better",
    DigestAlgorithm: "the signature's digest is not SHA-256 or better",
    Sha1: "the signature uses SHA-1, which the provider's settings do not allow",
    Canonical: "what is signed has no canonical form",
    Digest: "what is signed was altered",
    Signature: "no certificate of the provider made the signature",
    Issuer: "the message is not from this provider",
    Destination: "the message was sent to another address",
    InResponseTo: "the message does not answer the request of this browser",
    Unsolicited: "the message answers no request, which the provider's settings do not allow",
    IssueInstant: "the message has no valid time, or one too far from now",
    Subject: "the assertion does not name one subject in one text",
    Confirmation: "the assertion is not confirmed for its bearer",
    Recipient: "the assertion is for another address",
    Expired: "the message has expired",
    Early: "the message is not valid yet",
    Audience: "the assertion is not for this service",
    Condition: "the assertion has a condition that is not understood",
    SessionOver: "the provider's session is already over",
    Base64: "the message is not base64",
    Query: "the query has a parameter twice, lacks one or spells one in another way",
    Deflate: "the message is not compressed as it must be",
}
