//! E-mail addresses.

use portcullis::model::domain::to_ascii;
use portcullis::model::email::Email;

#[test]
fn an_address_has_one_key_in_every_spelling() {
    for (text, shown, key) in [
        ("ada@example.com", "ada@example.com", "ada@example.com"),
        (" Ada@Example.COM\t", "Ada@example.com", "ada@example.com"),
        ("a.b+tag@sub.example.co.uk", "a.b+tag@sub.example.co.uk", "a.b+tag@sub.example.co.uk"),
        ("o'hara@example.com", "o'hara@example.com", "o'hara@example.com"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
        ("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
        ("ada@mu\u{308}nchen.example", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
        ("ada@ｅｘａｍｐｌｅ.com", "ada@example.com", "ada@example.com"),
        ("ada@example。com", "ada@example.com", "ada@example.com"),
        ("ada@exam\u{200b}ple.com", "ada@example.com", "ada@example.com"),
        ("ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
        ("ada@XN--MNCHEN-3YA.Example", "ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
    ] {
        let email = Email::parse(text).unwrap();
        assert_eq!((email.shown(), email.key()), (shown, key), "{text}");
    }
}

#[test]
fn what_is_no_address_is_none() {
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long = format!("a@{}.example.com", "a.".repeat(130));
    for text in [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "a@b@example.com",
        "ada example@example.com",
        "ada@exa mple.com",
        "<ada@example.com>",
        "Ada <ada@example.com>",
        "\"ada\"@example.com",
        "ada\\@example.com",
        "ada,bob@example.com",
        "ada;bob@example.com",
        "ada:@example.com",
        "ada(comment)@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..b@example.com",
        "ada@.example.com",
        "ada@example..com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@[127.0.0.1]",
        "ada@exam_ple.com",
        "ada@example.com\nbcc: x@y.example",
        "ada\r\n@example.com",
        "ada\0@example.com",
        "äda@example.com",
        "аda@example.com",
        "ａda@example.com",
        "ada\u{200b}@example.com",
        "ada@exam\u{200b}ple.com\u{0}",
        "ada@xn--a.com",
        "ada@xn--.com",
        "ada@XN--A.com",
        "ada@example.xn--a",
        "ada@-ü.com",
        "ada@aü--b.com",
        "ada@ü＿b.com",
        "ada@münchen.example。",
        "ada@münchen。。example",
        "ada@１.２.１.２",
        &long_local,
        &long,
    ] {
        assert_eq!(Email::parse(text), None, "{text:?}");
    }
}

#[test]
fn an_address_is_as_short_in_the_form_that_is_kept() {
    // Its labels are two letters each, and longer in ASCII.
    let long = format!("{}@{}example.com", "a".repeat(60), "¢a.".repeat(20));
    assert!(long.len() <= 254);
    assert_eq!(Email::parse(&long), None);
    let short = Email::parse(&long[50..]).unwrap();
    assert_eq!(Email::parse(short.shown()), Some(short.clone()));
}

/// UTS 46 processing, non-transitional, as browsers do it (WHATWG URL §3.3).
#[test]
fn a_name_outside_ascii_has_one_ascii_form() {
    for (name, ascii) in [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("xn.example", "xn.example"),
        ("a-xn--b.example", "a-xn--b.example"),
        ("1.2.1.2", "1.2.1.2"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("mu\u{308}nchen.example", "xn--mnchen-3ya.example"),
        ("ｍüｎｃｈｅｎ.example", "xn--mnchen-3ya.example"),
        ("münchen。example", "xn--mnchen-3ya.example"),
        ("mün\u{ad}chen.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.Example", "xn--mnchen-3ya.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("пример.example", "xn--e1afmkfd.example"),
        ("مثال.example", "xn--mgbh0fb.example"),
        // Outside RFC 5892, and taken by browsers.
        ("☃.example", "xn--n3h.example"),
    ] {
        assert_eq!(to_ascii(name).as_deref(), Some(ascii), "{name}");
        assert_eq!(to_ascii(ascii).as_deref(), Some(ascii), "{name}");
    }
}

#[test]
fn a_name_without_an_ascii_form_or_with_more_than_a_name_in_it_is_refused() {
    let (long, many) = ("ü".repeat(60), "ü.".repeat(40));
    let (long, many, label) = (format!("{long}.example"), format!("{many}example"), "a".repeat(64));
    for name in [
        "",
        ".",
        "a..b",
        "a.",
        "a_b",
        "a b",
        "a/b",
        "-a",
        "a-",
        &label,
        "xn--a.com",
        "xn--.com",
        "xn--a-.com",
        "xn--abc-.com",
        "XN--A.com",
        "xn--mnchen-3ya.xn--a",
        "xn--MNCHEN-3YÄ.example",
        "xn--mnchen-3ya.example/evil",
        "xn--_b-wka.com",
        "xn----eha.com",
        "１.２.３.４",
        "１２７.1",
        "０ｘ7f000001",
        "münchen.1",
        "⒈example",
        "exa mple",
        "münchen .example",
        "mün\u{a0}chen.example",
        "mün\u{3000}chen.example",
        "mün\tchen.example",
        "mün\nchen.example",
        "mün\0chen.example",
        "mün\u{200d}chen.example",
        "\u{301}münchen.example",
        "münchen.example/evil",
        "münchen.example\\evil",
        "münchen.example?evil",
        "münchen.example#evil",
        "münchen.example:80",
        "münchen.example%2fevil",
        "m%C3%BCnchen.münchen.example",
        "münchen.example／evil",
        "münchen.example？evil",
        "münchen.example＃evil",
        "münchen.example：80",
        "münchen.example％2fevil",
        "ada＠münchen.example",
        "［::1］",
        "[münchen.example]",
        "münchen.example.",
        "münchen..example",
        "münchen。。example",
        "。example",
        "mün_chen.example",
        "mün＿chen.example",
        "-münchen.example",
        "münchen-.example",
        "mü--nchen.example",
        "אa.example",
        &long,
        &many,
        "\u{ad}",
        "\u{fffd}.example",
    ] {
        assert_eq!(to_ascii(name), None, "{name:?}");
        assert_eq!(Email::parse(&format!("ada@{name}")), None, "{name:?}");
    }
}
