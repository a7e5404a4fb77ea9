//! What the pages say: a catalogue per language, chosen for each request.
//!
//! A catalogue is a constant of one type, so a language that lacks a sentence does not compile; a test holds
//! that a sentence has the same `{placeholders}` in each.

mod de;
mod en;

use crate::http::request::Request;
use crate::model::language::{self, Language};

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
    reset, new_password, reset_button, reset_done, reset_done_text, reset_held, reset_end, reset_left, confirm_identity,
    check_mail_text_to, forgot_sent_to, reset_text, invited, invited_text, invited_button,
    verify, verify_text, verify_button, verified, verified_text,
    consent, consent_text, consent_as, allow, deny, scope_openid, scope_profile, scope_email, scope_roles, scope_groups,
    scope_offline_access, scope_read, scope_write, scope_webhooks, scope_vault, services, services_text, services_none, service, service_off, ask_service, service_removed, service_connected, service_over, service_again, service_label, service_label_hint, service_key_add, service_key, service_key_saved, connect, connect_title, connect_text, connect_until, connect_until_unused, for_day, for_days, for_year, for_years, connect_scopes, connect_onward, connection_declined, connection_invalid, scope_other, scope_resource,
    device, device_text, device_code, device_check, device_confirm, device_confirm_text, device_allowed,
    device_allowed_text, device_denied, device_denied_text, device_unknown,
    magic_ask, magic_text, magic_sent, passkey_use, passkey_failed, passkey_no_script,
    mfa, mfa_totp, mfa_email, mfa_email_unsent, mfa_backup, mfa_passkey, mfa_password, mfa_use_totp, mfa_use_email,
    mfa_use_backup, mfa_use_passkey, mfa_use_password, mfa_send, mfa_sent, mfa_trust, enrol, enrol_text,
    enrol_qr, enrol_key, enrol_open, enrol_email, backup_code, backup_codes, backup_codes_text,
    backup_codes_saved,
    account, account_of, profile, save, profile_saved, change_password, current_password, password_changed,
    sessions, sessions_text, this_session, session_began, session_seen, session_unknown, session_end,
    session_ended, sessions_end_others, sessions_others_ended, apps, apps_text, apps_none, app_since, app_revoke,
    app_revoked,
    change_email, new_email, change_email_text, change_email_text_new, change_email_asked, change_email_asked_new,
    change_email_waits, change_email_done,
    change_email_done_text, confirm_email_new, confirm_email_old, confirm_email_button, passkeys,
    passkeys_text, passkey_name, passkey_rename, passkey_off, passkey_add, passkey_added, passkey_renamed,
    passkey_removed,
    identities, identities_text, identity_linked, identity_off, identity_removed, ask_identity, refused_last_way,
    factor, factor_none, factor_totp, factor_email, factor_left, factor_new_app, factor_set_email,
    factor_code, factor_send, factor_sent, factor_codes, factor_off, factor_removed, trusted,
    trusted_text, trusted_until, trusted_end, trusted_ended, keys, keys_text, key_unused, key_end,
    key_ended,
    address_unconfirmed,
    error_title_400, error_title_401, error_title_403, error_title_404, error_title_429, error_title_500,
    error_500,
    refused_form, refused_wrong_password, refused_current, refused_passkey, refused_unverified, refused_origin, refused_not_found, refused_method,
    refused_looping, refused_unready, refused_unavailable, unconfigured, unconfigured_text,
    refused_link, refused_limited, refused_sign_up_closed,
    continue_with, continue_organization, link_title, link_text, link_confirm, link_button, link_yes, link_other, or,
    federation_declined, federation_failed, federation_late, federation_forged, federation_not_configured, federation_link_required, federation_sso_required, federation_no_address, federation_no_account, federation_not_allowed, federation_join_requested, refused_taken, refused_email, refused_password,
    refused_password_long, refused_password_common, refused_missing, refused_domain, refused_same_email,
    refused_control, refused_direction, refused_invisible, refused_marks, refused_passkey_taken, refused_passkeys,
    refused_other_tab, refused_no_more_codes,
    refused_name, refused_credential, refused_mfa, refused_code, refused_challenge, refused_too_large, refused_other,
    sign_in_other, go_back, go_home, try_again, reference,
    home_in, home_out, home_docs, home_go, console, console_no_script, console_nowhere, error_title_405,
    error_title_502, error_title_503, error_title_504, error_title_508, error_502,
    error_503, error_504, error_508, refused_role, refused_plan_low,
    refused_feature, refused_tenant, refused_address, in_second, in_seconds,
    in_minute, in_minutes, in_hour, in_hours, in_day,
    in_days, ago_now, ago_minute, ago_minutes, ago_hour,
    ago_hours, ago_day, ago_days, unverified_text,
    show, unverified_again, unverified_correct, resent_text, verified_already,
    verified_already_text, change_email_already, consent_to, consent_document, consent_unproven, consent_not_you, consent_policy,
    consent_terms, consent_site, part_profile, part_security, part_devices,
    part_apps, parts, show_all, cancel, ask_session,
    ask_others, ask_passkey, ask_trusted, ask_app, ask_key,
    ask_codes, ask_factor, key_add, key_name, key_name_hint,
    key_scopes, key_scopes_other, key_scopes_other_hint, key_expires, key_never,
    key_days, key_year, key_made, key_made_text, key_done,
    keys_none, keys_tenant, key_expired, key_expires_when, copy,
    copied, passkey_made, passkey_synced, last_used, data,
    data_text, data_button, delete, delete_text, delete_button,
    deleted, deleted_text, refused_delete, refused_delete_operator, refused_scopes,
    refused_key_name, refused_key_many,
    refused_scopes_yours,
}

/// The languages that there are.
pub const LANGUAGES: [&Messages; 2] = [&en::EN, &de::DE];

/// The language of a request: what `ui_locales` in its query asks for, else what the browser does.
pub(crate) fn of(request: &Request) -> &'static Messages {
    in_language(language::of_request(&request.query, request.headers.get("accept-language")))
}

/// A language by preference, else English.
pub fn choose<'a>(
    locales: impl IntoIterator<Item = &'a str>,
    accept_language: Option<&str>,
) -> &'static Messages {
    in_language(language::choose(locales, accept_language))
}

fn in_language(language: Option<Language>) -> &'static Messages {
    match language.unwrap_or(Language::English) {
        Language::English => &en::EN,
        Language::German => &de::DE,
    }
}

/// A sentence with its `{name}` filled in.
pub(crate) fn fill(sentence: &str, name: &str, value: impl std::fmt::Display) -> String {
    sentence.replace(&format!("{{{name}}}"), &value.to_string())
}
