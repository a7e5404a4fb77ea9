//! English.

use crate::domain::mailing::letter::{Changed, Kind};
use crate::domain::mailing::words::{Catalogue, Words};

pub(crate) static EN: Catalogue = Catalogue {
    hello: "Hello,",
    hello_name: "Hello {name},",
    code: "Your code",
    service: "Service",
    when: "When",
    address: "Address",
    device: "Device",
    words,
};

fn words(kind: Kind) -> Words {
    match kind {
        Kind::VerifyEmail => Words {
            subject: "Confirm your email address",
            body: "Please confirm that this address is yours.",
            button: "Confirm address",
            note: "The link is valid for 24 hours. If you did not register, you can ignore this email.",
        },
        Kind::ResetPassword => Words {
            subject: "Reset your password",
            body: "Someone, most likely you, asked for a new password for this address.",
            button: "Choose a new password",
            note: "The link is valid for {minutes} minutes and works once. If you did not ask for it, you can ignore this email.",
        },
        Kind::Invitation => Words {
            subject: "You are invited to {tenant_name}",
            body: "An account was created for you with this address. Choose a password to get started.",
            button: "Choose a password",
            note: "The link is valid for 7 days and works once. If you do not expect an account, you can ignore this email.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "You already have an account",
            body: "Someone, most likely you, tried to register with this address. It already has an account.",
            button: "Go to sign in",
            note: "If this was not you, you do not need to do anything.",
        },
        Kind::MagicLink => Words {
            subject: "Sign in to {tenant_name}",
            body: "Someone, most likely you, asked to sign in with this address. Open the link, or enter the code where you asked for it.",
            button: "Sign in",
            note: "The link and the code are valid for {minutes} minutes, and using one ends both. Do not give the code to anyone. If you did not ask for it, you can ignore this email.",
        },
        Kind::Code => Words {
            subject: "Your code for {tenant_name}",
            body: "Enter this code to finish signing in.",
            button: "",
            note: "The code is valid for at most {minutes} minutes and works once. Do not give it to anyone. If you are not signing in right now, someone else has completed the first step: change your password.",
        },
        Kind::ConfirmNewEmail => Words {
            subject: "Confirm your new email address",
            body: "An account at {tenant_name} is to use this address. Please confirm that it is yours.",
            button: "Confirm address",
            note: "The link is valid for 24 hours. If you did not ask for it, you can ignore this email: nothing will change.",
        },
        Kind::ApproveEmailChange => Words {
            subject: "Your email address is about to change",
            body: "Someone, most likely you, asked to change the address of your account to {new_email}.",
            button: "Approve the change",
            note: "The link is valid for 24 hours. If this was not you, do not open it, and change your password immediately: without the link, nothing changes.",
        },
        Kind::Changed(changed) => {
            let (subject, body) = changes(changed);
            let note = match changed {
                Changed::ConnectionLost => {
                    "Your account shows which one it is. You do not need to do anything if you no longer use it."
                }
                Changed::ConnectionExpired => "You do not need to do anything if you no longer use it.",
                Changed::RevocationFailed => {
                    "If you have removed our access there already, you do not need to do anything."
                }
                Changed::Email => {
                    "If this was not you, contact whoever runs this service immediately: email about your account now goes to another address."
                }
                Changed::ProviderCertificateEnds | Changed::OwnCertificateEnds => {
                    "You receive this email because you administer {tenant_name}."
                }
                _ => "If this was not you, reset your password immediately and review your account.",
            };
            Words { subject, body, button: "View your account", note }
        }
    }
}

fn changes(changed: Changed) -> (&'static str, &'static str) {
    match changed {
        Changed::Password => (
            "Your password was changed",
            "The password of your account was just changed, and your other sessions were signed out.",
        ),
        Changed::Email => (
            "Your email address was changed",
            "The address of your account was just changed. This is the last email to your previous address.",
        ),
        Changed::EmailNow => (
            "This is your email address now",
            "The address of your account was just changed to this one. Sign in with it from now on.",
        ),
        Changed::SecondFactorOn => (
            "Two-step sign-in is on",
            "A second step was just added to your sign-in. You will be asked for it from now on.",
        ),
        Changed::SecondFactorOff => (
            "Two-step sign-in is off",
            "The second step of your sign-in was just removed. Your password alone is enough from now on.",
        ),
        Changed::SecondFactorReset => (
            "Your second step was reset",
            "An administrator removed the second step of your sign-in, and you were signed out everywhere.",
        ),
        Changed::BackupCodes => (
            "You have new backup codes",
            "A new set of backup codes was just created for your account. The earlier ones no longer work.",
        ),
        Changed::BackupCodeUsed => (
            "A backup code was used",
            "One of your backup codes was just used to sign in. Each works only once.",
        ),
        Changed::PasskeyAdded => (
            "A passkey was added",
            "A passkey was just added to your account. It can be used to sign in from now on.",
        ),
        Changed::PasskeyRemoved => (
            "A passkey was removed",
            "A passkey was just removed from your account. It can no longer be used to sign in.",
        ),
        Changed::IdentityAdded => (
            "A sign-in method was added",
            "An account with another provider was just linked to yours. It can be used to sign in from now on.",
        ),
        Changed::IdentityRemoved => (
            "A sign-in method was removed",
            "An account with another provider was just unlinked from yours. It can no longer be used to sign in.",
        ),
        Changed::ApiKeyMade => {
            ("An API key was created", "An API key that acts for your account was just created.")
        }
        Changed::ApiKeyRevoked => {
            ("An API key was revoked", "An API key of your account was just revoked. It no longer works.")
        }
        Changed::ProviderCertificateEnds => (
            "A certificate of an identity provider ends",
            "The certificate that your identity provider signs with ends on the day below. Add the next one beside it before the provider changes over, so that people can go on signing in.",
        ),
        Changed::OwnCertificateEnds => (
            "Our certificate for an identity provider ends",
            "The certificate that we sign requests to your identity provider with ends on the day below. Make the next signing key, give its certificate to the provider, then activate it.",
        ),
        Changed::ConnectionLost => (
            "A connected service needs you again",
            "A service that you connected to your account no longer lets us renew its access. Apps and agents cannot use it for you until you connect it again.",
        ),
        Changed::ConnectionExpired => (
            "A connected service was disconnected",
            "A service that you connected to your account was not used for a long time, so it was disconnected. Connect it again if apps and agents are to use it for you.",
        ),
        Changed::RevocationFailed => (
            "A disconnected service may still allow access",
            "A service that was disconnected from your account did not confirm that the access it had given us is over. We no longer keep that access. To be sure that it has ended, remove it in the settings of your account at that service.",
        ),
    }
}
