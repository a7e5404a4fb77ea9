//! English.

use crate::domain::mailing::letter::{Changed, Kind};
use crate::domain::mailing::words::{Catalogue, Words};

pub(super) static EN: Catalogue = Catalogue {
    hello: "Hello,",
    hello_name: "Hello {name},",
    code: "Your code",
    when: "When",
    address: "Address",
    device: "Device",
    words,
};

fn words(kind: Kind) -> Words {
    match kind {
        Kind::VerifyEmail => Words {
            subject: "Confirm your e-mail address",
            body: "Please confirm that this address is yours.",
            button: "Confirm address",
            note: "The link is good for 24 hours. If you did not register, ignore this mail.",
        },
        Kind::ResetPassword => Words {
            subject: "Reset your password",
            body: "Somebody, most likely you, asked for a new password for this address.",
            button: "Choose a new password",
            note: "The link is good for {minutes} minutes, once. If you did not ask for it, ignore this mail.",
        },
        Kind::Invitation => Words {
            subject: "You are invited to {tenant_name}",
            body: "An account was made for you with this address. Choose a password to begin.",
            button: "Choose a password",
            note: "The link is good for 7 days, once. If you do not expect an account, ignore this mail.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "You already have an account",
            body: "Somebody, most likely you, tried to register with this address, which has an account already.",
            button: "Go to sign in",
            note: "If it was not you, there is nothing to do.",
        },
        Kind::MagicLink => Words {
            subject: "Sign in to {tenant_name}",
            body: "Somebody, most likely you, asked to sign in with this address. Open the link, or enter the code where you asked for it.",
            button: "Sign in",
            note: "Link and code are good for {minutes} minutes, and together once. Give the code to nobody. If you did not ask for it, ignore this mail.",
        },
        Kind::Code => Words {
            subject: "Your code for {tenant_name}",
            body: "Enter this code to finish signing in.",
            button: "",
            note: "The code is good for at most {minutes} minutes, once. Give it to nobody. If you are not signing in, somebody else knows how to begin to: change your password.",
        },
        Kind::ConfirmNewEmail => Words {
            subject: "Confirm your new e-mail address",
            body: "An account at {tenant_name} is to have this address. Please confirm that it is yours.",
            button: "Confirm address",
            note: "The link is good for 24 hours. If you did not ask for it, ignore this mail: nothing changes then.",
        },
        Kind::ApproveEmailChange => Words {
            subject: "Your e-mail address is to be changed",
            body: "Somebody, most likely you, asked to change the address of your account to {new_email}.",
            button: "Agree to the change",
            note: "The link is good for 24 hours. If it was not you, do not open it, and change your password at once: nothing changes without it.",
        },
        Kind::Changed(changed) => {
            let (subject, body) = changes(changed);
            let note = match changed {
                Changed::Email => {
                    "If it was not you, tell whoever runs this service at once: mail about your account goes to another address now."
                }
                _ => "If it was not you, reset your password at once, and look through your account.",
            };
            Words { subject, body, button: "Look at your account", note }
        }
    }
}

fn changes(changed: Changed) -> (&'static str, &'static str) {
    match changed {
        Changed::Password => (
            "Your password was changed",
            "The password of your account was just changed, and your other sessions were ended.",
        ),
        Changed::Email => (
            "Your e-mail address was changed",
            "The address of your account was just changed. This is the last mail to this one.",
        ),
        Changed::EmailNow => (
            "This is your e-mail address now",
            "The address of your account was just changed to this one. Sign in with it from now on.",
        ),
        Changed::SecondFactorOn => (
            "Two-step sign-in is on",
            "A second step was just added to your sign-in. You are asked for it from now on.",
        ),
        Changed::SecondFactorOff => (
            "Two-step sign-in is off",
            "The second step of your sign-in was just removed. Your password alone is enough from now on.",
        ),
        Changed::SecondFactorReset => (
            "Your second step was reset",
            "An administrator removed the second step of your sign-in, and your sessions were ended.",
        ),
        Changed::BackupCodes => (
            "You have new backup codes",
            "A new set of backup codes was just made for your account. Those before are of no use any more.",
        ),
        Changed::BackupCodeUsed => (
            "A backup code was used",
            "One of your backup codes was just used to sign in. It works once only.",
        ),
        Changed::PasskeyAdded => (
            "A passkey was added",
            "A passkey was just added to your account. It can sign in to it from now on.",
        ),
        Changed::PasskeyRemoved => {
            ("A passkey was removed", "A passkey was just removed from your account. It signs in no more.")
        }
        Changed::ApiKeyMade => {
            ("An API key was made", "An API key was just made that acts for your account.")
        }
        Changed::ApiKeyRevoked => (
            "An API key was revoked",
            "An API key of your account was just revoked. It is of no use any more.",
        ),
    }
}
