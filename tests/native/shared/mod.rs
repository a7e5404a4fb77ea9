//! What holds on every surface alike.

mod by_mail;
mod codes;
mod cors;
mod deletion;
mod every_surface;
mod factor_matrix;
mod factor_states;
mod factors;
mod grants;
mod letters;
mod login_costs;
mod mail_queue;
mod notices;
mod one_mailbox;
mod paging;
mod races;
mod reasons;
mod safeguards;
mod secrets;
mod states;
mod tokens;
mod trail;
mod troubleshooting;
mod typed_text;
mod unproven;
