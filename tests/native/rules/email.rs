//! E-mail addresses.

use portcullis::model::email::Email;

use crate::harness::parse_email as parse;

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
        let email = parse(text).unwrap();
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
        "ada@☃.example",
        "ada@-ü.com",
        "ada@aü--b.com",
        "ada@ü＿b.com",
        "ada@münchen.example。",
        "ada@münchen。。example",
        "ada@１.２.１.２",
        &long_local,
        &long,
    ] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn an_address_is_as_short_in_the_form_that_is_kept() {
    // Its labels are two letters each, and longer in ASCII.
    let long = format!("{}@{}example.com", "a".repeat(60), "¢a.".repeat(20));
    assert!(long.len() <= 254);
    assert_eq!(parse(&long), None);
    let short = parse(&long[50..]).unwrap();
    assert_eq!(parse(short.shown()), Some(short.clone()));
}

#[test]
fn only_names_that_take_unicode_to_judge_are_asked_about() {
    for text in [
        "ada@example.com",
        "ada@Example.COM",
        "ada@1.2.1.2",
        "ada@xn.example",
        "ada@a-xn--b.example",
        "ada@münchen.example/evil",
        "ada@münchen.example?evil",
        "ada@münchen.example#evil",
        "ada@münchen.example\\evil",
        "ada@münchen.example:8443",
        "ada@münchen.example\tevil",
        "ada@münchen. example",
        "ada@m%C3%BCnchen.münchen.example",
        "ada@[münchen.example]",
        "ada@xn--mnchen-3ya.example/evil",
        "münchen@münchen.example",
    ] {
        Email::parse(text, &|name| panic!("asked about {name}"));
    }
}

#[test]
fn an_answer_about_a_name_is_held_to_the_rules_of_all_names() {
    let long = "a".repeat(64);
    for answer in
        ["", ".", "a..b", "a.", "a_b", "a b", "ü.example", "a/b", "-a", "xn--a-.com", "1.2.3.4", &long]
    {
        assert_eq!(Email::parse("ada@ü.example", &|_| Some(answer.to_owned())), None, "{answer}");
    }
}
