//! Time-based one-time passwords (RFC 6238).

use portcullis::crypto::totp::{base32, code, matching_step, uri};

/// The secret of Appendix B for SHA-1.
const SECRET: &[u8] = b"12345678901234567890";

/// Appendix B prints eight digits. Ours are six: truncation is a remainder (RFC 4226 §5.3), so they are the last
/// six of those.
#[test]
fn the_vectors_of_appendix_b_hold() {
    for (seconds, printed) in [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ] {
        let code = code(SECRET, seconds / 30);
        assert_eq!(Some(code.as_str()), printed.get(2..), "{seconds}");
        assert_eq!(matching_step(SECRET, &code, seconds), Some(seconds / 30));
    }
}

#[test]
fn a_clock_may_be_one_step_off_and_no_more() {
    for now in [1_777_636_800, 1_777_636_801, 1_777_636_815, 1_777_636_829] {
        let step = now / 30;
        for off in -3..=3 {
            let wanted = Some(step + off).filter(|_| (-1..=1).contains(&off));
            assert_eq!(
                matching_step(SECRET, &code(SECRET, step + off), now),
                wanted,
                "{now}, {off} steps off"
            );
        }
    }
    // Just before and at the boundary of a step, the window moves by one.
    let boundary = 1_777_636_830;
    let first = code(SECRET, boundary / 30 - 2);
    assert_eq!(matching_step(SECRET, &first, boundary - 1), Some(boundary / 30 - 2));
    assert_eq!(matching_step(SECRET, &first, boundary), None);
}

#[test]
fn what_is_no_code_matches_nothing() {
    let now = 1_777_636_800;
    let right = code(SECRET, now / 30);
    for sent in ["", "1", "12345678", &right[..5], &format!("{right}0"), &format!("0{right}")] {
        assert_eq!(matching_step(SECRET, sent, now), None, "{sent}");
    }
}

#[test]
fn an_app_reads_issuer_account_and_secret_from_the_address() {
    let uri = uri(SECRET, "Acme: Co", "ada@example.com");
    assert_eq!(
        uri,
        "otpauth://totp/Acme%3A%20Co:ada%40example%2Ecom?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Acme%3A%20Co&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(base32(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}
