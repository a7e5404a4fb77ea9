//! Deutsch.

use crate::domain::mailing::letter::{Changed, Kind};
use crate::domain::mailing::words::{Catalogue, Words};

pub(crate) static DE: Catalogue = Catalogue {
    hello: "Guten Tag,",
    hello_name: "Guten Tag {name},",
    code: "Ihr Code",
    service: "Dienst",
    when: "Wann",
    address: "Adresse",
    device: "Gerät",
    words,
};

fn words(kind: Kind) -> Words {
    match kind {
        Kind::VerifyEmail => Words {
            subject: "Bestätigen Sie Ihre E-Mail-Adresse",
            body: "Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.",
            button: "Adresse bestätigen",
            note: "Der Link gilt 24 Stunden. Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail einfach.",
        },
        Kind::ResetPassword => Words {
            subject: "Setzen Sie Ihr Passwort zurück",
            body: "Jemand, vermutlich Sie, hat für diese Adresse ein neues Passwort angefordert.",
            button: "Neues Passwort wählen",
            note: "Der Link gilt {minutes} Minuten und funktioniert nur einmal. Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese E-Mail einfach.",
        },
        Kind::Invitation => Words {
            subject: "Einladung zu {tenant_name}",
            body: "Für Sie wurde ein Konto mit dieser Adresse angelegt. Wählen Sie ein Passwort, um zu beginnen.",
            button: "Passwort wählen",
            note: "Der Link gilt 7 Tage und funktioniert nur einmal. Wenn Sie kein Konto erwarten, ignorieren Sie diese E-Mail einfach.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "Sie haben bereits ein Konto",
            body: "Jemand, vermutlich Sie, wollte sich mit dieser Adresse registrieren. Zu ihr gibt es bereits ein Konto.",
            button: "Zur Anmeldung",
            note: "Wenn Sie das nicht waren, brauchen Sie nichts zu tun.",
        },
        Kind::MagicLink => Words {
            subject: "Anmeldung bei {tenant_name}",
            body: "Jemand, vermutlich Sie, möchte sich mit dieser Adresse anmelden. Öffnen Sie den Link, oder geben Sie den Code dort ein, wo Sie danach gefragt haben.",
            button: "Anmelden",
            note: "Link und Code gelten {minutes} Minuten; wird eines davon verwendet, gilt auch das andere nicht mehr. Geben Sie den Code an niemanden weiter. Wenn Sie das nicht waren, ignorieren Sie diese E-Mail einfach.",
        },
        Kind::Code => Words {
            subject: "Ihr Code für {tenant_name}",
            body: "Geben Sie diesen Code ein, um die Anmeldung abzuschließen.",
            button: "",
            note: "Der Code gilt höchstens {minutes} Minuten und funktioniert nur einmal. Geben Sie ihn an niemanden weiter. Wenn Sie sich gerade nicht anmelden, hat jemand anderes den ersten Schritt geschafft: Ändern Sie Ihr Passwort.",
        },
        Kind::ConfirmNewEmail => Words {
            subject: "Bestätigen Sie Ihre neue E-Mail-Adresse",
            body: "Ein Konto bei {tenant_name} soll diese Adresse bekommen. Bitte bestätigen Sie, dass sie Ihnen gehört.",
            button: "Adresse bestätigen",
            note: "Der Link gilt 24 Stunden. Wenn Sie das nicht waren, ignorieren Sie diese E-Mail einfach: Dann ändert sich nichts.",
        },
        Kind::ApproveEmailChange => Words {
            subject: "Ihre E-Mail-Adresse soll geändert werden",
            body: "Jemand, vermutlich Sie, möchte die Adresse Ihres Kontos in {new_email} ändern.",
            button: "Der Änderung zustimmen",
            note: "Der Link gilt 24 Stunden. Wenn Sie das nicht waren, öffnen Sie ihn nicht und ändern Sie sofort Ihr Passwort: Ohne ihn ändert sich nichts.",
        },
        Kind::Changed(changed) => {
            let (subject, body) = changes(changed);
            let note = match changed {
                Changed::ConnectionLost => {
                    "Ihr Konto zeigt, welcher es ist. Wenn Sie ihn nicht mehr nutzen, müssen Sie nichts tun."
                }
                Changed::ConnectionExpired => "Wenn Sie ihn nicht mehr nutzen, müssen Sie nichts tun.",
                Changed::RevocationFailed => {
                    "Wenn Sie unseren Zugang dort schon entfernt haben, müssen Sie nichts tun."
                }
                Changed::Email => {
                    "Wenn Sie das nicht waren, melden Sie sich sofort beim Betreiber dieses Dienstes: E-Mails zu Ihrem Konto gehen jetzt an eine andere Adresse."
                }
                Changed::ProviderCertificateEnds | Changed::OwnCertificateEnds => {
                    "Sie erhalten diese E-Mail, weil Sie {tenant_name} verwalten."
                }
                _ => {
                    "Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und prüfen Sie Ihr Konto."
                }
            };
            Words { subject, body, button: "Konto ansehen", note }
        }
    }
}

fn changes(changed: Changed) -> (&'static str, &'static str) {
    match changed {
        Changed::Password => (
            "Ihr Passwort wurde geändert",
            "Das Passwort Ihres Kontos wurde gerade geändert, und Ihre anderen Sitzungen wurden beendet.",
        ),
        Changed::Email => (
            "Ihre E-Mail-Adresse wurde geändert",
            "Die Adresse Ihres Kontos wurde gerade geändert. Dies ist die letzte E-Mail an Ihre bisherige Adresse.",
        ),
        Changed::EmailNow => (
            "Dies ist jetzt Ihre E-Mail-Adresse",
            "Die Adresse Ihres Kontos wurde gerade in diese geändert. Melden Sie sich von nun an damit an.",
        ),
        Changed::SecondFactorOn => (
            "Die Anmeldung in zwei Schritten ist eingeschaltet",
            "Ihre Anmeldung hat jetzt einen zweiten Schritt. Von nun an werden Sie danach gefragt.",
        ),
        Changed::SecondFactorOff => (
            "Die Anmeldung in zwei Schritten ist ausgeschaltet",
            "Der zweite Schritt Ihrer Anmeldung wurde gerade entfernt. Von nun an genügt Ihr Passwort.",
        ),
        Changed::SecondFactorReset => (
            "Ihr zweiter Schritt wurde zurückgesetzt",
            "Jemand von der Verwaltung hat den zweiten Schritt Ihrer Anmeldung entfernt, und Ihre Sitzungen wurden beendet.",
        ),
        Changed::BackupCodes => (
            "Sie haben neue Ersatzcodes",
            "Für Ihr Konto wurden gerade neue Ersatzcodes erstellt. Die bisherigen gelten nicht mehr.",
        ),
        Changed::BackupCodeUsed => (
            "Ein Ersatzcode wurde verwendet",
            "Mit einem Ihrer Ersatzcodes hat sich gerade jemand angemeldet. Jeder gilt nur einmal.",
        ),
        Changed::PasskeyAdded => (
            "Ein Passkey wurde hinzugefügt",
            "Ihrem Konto wurde gerade ein Passkey hinzugefügt. Von nun an kann er zum Anmelden verwendet werden.",
        ),
        Changed::PasskeyRemoved => (
            "Ein Passkey wurde entfernt",
            "Aus Ihrem Konto wurde gerade ein Passkey entfernt. Er kann nicht mehr zum Anmelden verwendet werden.",
        ),
        Changed::IdentityAdded => (
            "Eine Anmeldeart wurde hinzugefügt",
            "Ein Konto bei einem anderen Anbieter wurde gerade mit Ihrem verknüpft. Von nun an kann es zum Anmelden verwendet werden.",
        ),
        Changed::IdentityRemoved => (
            "Eine Anmeldeart wurde entfernt",
            "Ein Konto bei einem anderen Anbieter wurde gerade von Ihrem getrennt. Es kann nicht mehr zum Anmelden verwendet werden.",
        ),
        Changed::ApiKeyMade => (
            "Ein API-Schlüssel wurde erstellt",
            "Gerade wurde ein API-Schlüssel erstellt, der für Ihr Konto handelt.",
        ),
        Changed::ApiKeyRevoked => (
            "Ein API-Schlüssel wurde widerrufen",
            "Ein API-Schlüssel Ihres Kontos wurde gerade widerrufen. Er gilt nicht mehr.",
        ),
        Changed::ProviderCertificateEnds => (
            "Ein Zertifikat eines Identitätsanbieters läuft ab",
            "Das Zertifikat, mit dem Ihr Identitätsanbieter signiert, läuft an dem Tag unten ab. Tragen Sie das nächste daneben ein, bevor der Anbieter umstellt, damit die Anmeldung weiter möglich ist.",
        ),
        Changed::OwnCertificateEnds => (
            "Unser Zertifikat für einen Identitätsanbieter läuft ab",
            "Das Zertifikat, mit dem wir Anfragen an Ihren Identitätsanbieter signieren, läuft an dem Tag unten ab. Erstellen Sie den nächsten Signaturschlüssel, geben Sie dem Anbieter dessen Zertifikat und aktivieren Sie ihn dann.",
        ),
        Changed::ConnectionLost => (
            "Ein verbundener Dienst braucht Sie noch einmal",
            "Ein Dienst, den Sie mit Ihrem Konto verbunden haben, lässt uns seinen Zugang nicht mehr erneuern. Apps und Agenten können ihn erst wieder für Sie nutzen, wenn Sie ihn neu verbinden.",
        ),
        Changed::ConnectionExpired => (
            "Ein verbundener Dienst wurde getrennt",
            "Ein Dienst, den Sie mit Ihrem Konto verbunden haben, wurde lange nicht genutzt und deshalb getrennt. Verbinden Sie ihn neu, wenn Apps und Agenten ihn für Sie nutzen sollen.",
        ),
        Changed::RevocationFailed => (
            "Ein getrennter Dienst erlaubt vielleicht noch Zugriff",
            "Ein Dienst, der von Ihrem Konto getrennt wurde, hat nicht bestätigt, dass der Zugang beendet ist, den er uns gegeben hatte. Wir bewahren diesen Zugang nicht mehr auf. Damit er sicher endet, entfernen Sie ihn in den Einstellungen Ihres Kontos bei diesem Dienst.",
        ),
    }
}
