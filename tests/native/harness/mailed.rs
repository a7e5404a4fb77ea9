//! What a mail carries: its link and its code.

use portcullis::ports::Mail;

use crate::harness::World;

impl World {
    /// Mails to an address, oldest first.
    pub fn mails(&self, to: &str) -> Vec<Mail> {
        self.post.mails.borrow().iter().filter(|mail| mail.to == to).cloned().collect()
    }

    /// The token in the last link that was mailed to an address.
    pub fn mailed_token(&self, to: &str) -> String {
        let mail = self.mails(to).pop().unwrap();
        let (_, rest) = mail.text.split_once("?token=").unwrap();
        rest.split_whitespace().next().unwrap().to_owned()
    }

    /// The token of the last link that was mailed to an address.
    pub fn mailed_link(&self, to: &str) -> String {
        let mail = self.mails(to).into_iter().rev().find(|mail| mail.text.contains("?token=")).unwrap();
        let (_, rest) = mail.text.split_once("?token=").unwrap();
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }

    /// The code of six digits in the last mail to an address that has one.
    pub fn mailed_code(&self, to: &str) -> String {
        let six = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let in_mail =
            |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).find(six).map(str::to_owned);
        self.mails(to).iter().rev().find_map(|mail| in_mail(&mail.text)).unwrap()
    }
}
