//! Where our answers differ from those of SoftHSM 2.6.1, and why that is right.
//!
//! `⁎` stands for anything in the name of a call, and nowhere else. Sections are those of PKCS#11 v3.1.

mod objects;
mod operations;
mod token;

/// A reason for differing, and what differs for it.
pub struct Difference {
    pub reason: &'static str,
    pub section: &'static str,
    pub answers: &'static [Answer],
}

/// A call, what SoftHSM answers to it, what we answer.
pub type Answer = (&'static str, &'static str, &'static str);

/// The whole list.
pub fn all() -> impl Iterator<Item = &'static Difference> {
    token::DIFFERENCES.iter().chain(objects::DIFFERENCES).chain(operations::DIFFERENCES)
}
