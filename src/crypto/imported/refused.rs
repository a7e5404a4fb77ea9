//! Forms that are known and not computed here, by how they begin: what they are, and why not.

use crate::crypto::imported::bounds::Unfit;

const FAST: &str = "it is so fast that whoever reads it finds the password";
const NO_CODE: &str = "nothing here computes it";
const FAULTY: &str = "its hashes were made by a faulty crypt_blowfish, so several passwords fit";

/// How a hash begins, in lower case, with the name of its kind and why it is not taken.
const KINDS: &[(&str, &str, &str)] = &[
    ("$2x$", "bcrypt $2x$", FAULTY),
    ("$2$", "bcrypt $2$", "it is of 1997, without the zero byte that ends a password since $2a$"),
    ("$bcrypt-sha256$", "passlib's bcrypt-sha256", NO_CODE),
    ("$wp$", "WordPress 6.8", "its bcrypt is of an HMAC of the password, and nothing here computes that"),
    ("$fbscrypt$", "Firebase's scrypt", "it encrypts a key of the project's with what scrypt gives"),
    (
        "$7$",
        "scrypt $7$",
        "its salt and key are in an encoding of its own; write it as $scrypt$ln=…,r=…,p=…$salt$key",
    ),
    ("$y$", "yescrypt", NO_CODE),
    ("$gy$", "gost-yescrypt", NO_CODE),
    ("$5$", "SHA-256 crypt", NO_CODE),
    ("$6$", "SHA-512 crypt", NO_CODE),
    ("$sha1$", "SHA-1 crypt", NO_CODE),
    ("$1$", "MD5 crypt", FAST),
    ("$apr1$", "Apache's MD5 crypt", FAST),
    ("$p$", "phpass", FAST),
    ("$h$", "phpass", FAST),
    ("$s$", "Drupal's SHA-512", NO_CODE),
    ("$balloon", "Balloon", NO_CODE),
    ("$md5$", "MD5", FAST),
    ("$sha256$", "SHA-256", FAST),
    ("$sha512$", "SHA-512", FAST),
    ("md5$", "salted MD5", FAST),
    ("md5:", "salted MD5", FAST),
    ("unsalted_md5$", "MD5", FAST),
    ("sha1$", "salted SHA-1", FAST),
    ("unsalted_sha1$", "SHA-1", FAST),
    ("sha224$", "salted SHA-224", FAST),
    ("sha256$", "salted SHA-256", FAST),
    ("sha384$", "salted SHA-384", FAST),
    ("sha512$", "salted SHA-512", FAST),
    ("crypt$", "DES crypt", FAST),
    ("{noop}", "plain text", "it is the password itself; send it as password"),
    ("{cleartext}", "plain text", "it is the password itself; send it as password"),
    ("{plain}", "plain text", "it is the password itself; send it as password"),
    ("{md4}", "MD4", FAST),
    ("{md5}", "MD5", FAST),
    ("{smd5}", "salted MD5", FAST),
    ("{ldap}", "LDAP's digests", FAST),
    ("{sha}", "SHA-1", FAST),
    ("{ssha}", "salted SHA-1", FAST),
    ("{sha-1}", "SHA-1", FAST),
    ("{sha256}", "SHA-256", FAST),
    ("{sha-256}", "SHA-256", FAST),
    ("{ssha256}", "salted SHA-256", FAST),
    ("{ssha384}", "salted SHA-384", FAST),
    ("{sha512}", "SHA-512", FAST),
    ("{ssha512}", "salted SHA-512", FAST),
    ("{pbkdf2}", "Spring's PBKDF2", "it does not say its rounds; write it as $pbkdf2-sha256$i=…$salt$key"),
    ("{pbkdf2@", "Spring's PBKDF2", "it does not say its rounds; write it as $pbkdf2-sha256$i=…$salt$key"),
    ("{scram-", "SCRAM", "it is no hash of a password that is sent"),
    ("scram-sha-", "SCRAM", "it is no hash of a password that is sent"),
];

/// Digits of digests that are kept without a salt: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const BARE: [usize; 6] = [32, 40, 56, 64, 96, 128];

/// Why a text is refused that is in no form that is taken.
pub(super) fn reason(stored: &str) -> Unfit {
    let lower: String = stored.chars().take(24).flat_map(char::to_lowercase).collect();
    let kind = KINDS.iter().find(|(begins, ..)| lower.starts_with(begins));
    match kind {
        Some((_, kind, why)) => Unfit::NotComputed(kind, why),
        None if BARE.contains(&stored.len()) && stored.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Unfit::NotComputed("a bare digest", FAST)
        }
        None => Unfit::Unknown,
    }
}
