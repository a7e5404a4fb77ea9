//! What the pages say: a catalogue per language, chosen for each request.
//!
//! A catalogue is a constant of one type, so a language that lacks a sentence does not compile; a test holds
//! that a sentence has the same `{placeholders}` in each.

mod de;
mod en;

use crate::http::request::Request;

macro_rules! catalogue {
    ($($key:ident,)*) => {
        /// The sentences of one language.
        #[derive(Debug)]
        pub struct Messages {
            $(#[doc = concat!("`", stringify!($key), "`")] pub $key: &'static str,)*
        }

        impl Messages {
            /// Every key with its sentence, for tests.
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($key), self.$key),)*]
            }
        }
    };
}

catalogue! {
    lang,
    sign_in, sign_in_to, sign_out, sign_out_question, signed_out, signed_out_text, email, password, forgot_link,
    register_link, no_account, have_account, continue_,
    register, register_title, name, name_hint, password_rule, check_mail, check_mail_text, back_to_sign_in,
    forgot, forgot_text, forgot_button, forgot_sent,
    reset, new_password, reset_button, reset_done, reset_done_text,
    verify, verify_text, verify_button, verified, verified_text,
    consent, consent_text, consent_as, allow, deny, scope_openid, scope_profile, scope_email,
    scope_offline_access, scope_read, scope_write, scope_webhooks, scope_other,
    device, device_text, device_code, device_check, device_confirm, device_confirm_text, device_allowed,
    device_allowed_text, device_denied, device_denied_text, device_unknown,
    account, account_of, profile, save, profile_saved, change_password, current_password, password_changed,
    sessions, sessions_text, this_session, session_began, session_seen, session_unknown, session_end,
    session_ended, sessions_end_others, sessions_others_ended, apps, apps_text, apps_none, app_since, app_revoke,
    app_revoked, address_unconfirmed,
    error_title_400, error_title_401, error_title_403, error_title_404, error_title_429, error_title_500,
    error_500,
    refused_form, refused_wrong_password, refused_current, refused_unverified, refused_origin, refused_not_found, refused_method,
    refused_link, refused_limited, refused_sign_up_closed, refused_taken, refused_email, refused_password,
    refused_name, refused_credential, refused_plan, refused_mfa, refused_code, refused_challenge, refused_too_large, refused_other,
}

/// The languages that there are, the first of which is spoken to those who know none of them.
pub const LANGUAGES: [&Messages; 2] = [&en::EN, &de::DE];

/// The language of a request: what `ui_locales` in its query asks for, else what the browser does.
pub fn of(request: &Request) -> &'static Messages {
    let query = request.query.strip_prefix('?').unwrap_or(&request.query);
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "ui_locales");
    let asked = asked.as_ref().map(|(_, value)| value.split(' ')).into_iter().flatten();
    choose(asked, request.headers.get("accept-language"))
}

/// A language by preference: tags in their order (OpenID Connect Core §3.1.2.1, `ui_locales`), then
/// `Accept-Language` (RFC 9110 §12.5.4), then English.
pub fn choose<'a>(
    locales: impl IntoIterator<Item = &'a str>,
    accept_language: Option<&str>,
) -> &'static Messages {
    let [first, ..] = LANGUAGES;
    if let Some(known) = locales.into_iter().find_map(by_tag) {
        return known;
    }
    let mut best = (0_u16, first);
    for range in accept_language.unwrap_or_default().split(',').take(20) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1_000, thousandths);
        let language = if tag == "*" { Some(first) } else { by_tag(tag) };
        // Of equal weights the first wins.
        if let Some(language) = language.filter(|_| weight > best.0) {
            best = (weight, language);
        }
    }
    best.1
}

/// By the primary subtag of a language tag, as `de` of `de-CH` (RFC 4647 §3.4).
fn by_tag(tag: &str) -> Option<&'static Messages> {
    let primary = tag.split('-').next().unwrap_or_default();
    LANGUAGES.into_iter().find(|language| language.lang.eq_ignore_ascii_case(primary))
}

/// A quality value, 0 to 1,000; what is none weighs nothing.
fn thousandths(quality: &str) -> u16 {
    let (whole, part) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    let digits = format!("{part:0<3}");
    match (whole, digits.parse::<u16>()) {
        ("1", Ok(0)) => 1_000,
        ("0", Ok(part)) if digits.len() == 3 => part,
        _ => 0,
    }
}

/// A sentence with its `{name}` filled in.
pub fn fill(sentence: &str, name: &str, value: impl std::fmt::Display) -> String {
    sentence.replace(&format!("{{{name}}}"), &value.to_string())
}
