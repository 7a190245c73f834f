//! `kaofa verify draw`: every paper of a draw file drawn anew, with no network, no database and little memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::CliError;
use super::verify::unreadable;
use crate::exam::draw::{Held, Verified, VerifyError, verify_telling};
use crate::keys::PublicKey;
use crate::log::SignedHead;

/// How wide the name of a check is printed.
const NAME: usize = 9;

#[derive(Debug, clap::Args)]
pub(super) struct VerifyDraw {
    /// The draw file (GET /api/v1/exams/{id}/draw); - reads the standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The signed head of the log for the file's size (GET /api/v1/log/proofs/consistency?from=SIZE): its signature is
    /// checked, and that it is about the file's root
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// Believe a head signed with this key alone; may be given again
    #[arg(long, value_name = "HEX", requires = "head")]
    public_key: Vec<String>,
}

pub(super) fn run(command: &VerifyDraw) -> Result<(), CliError> {
    let signed = command.head.as_deref().map(read_head).transpose()?;
    let keys = command.public_key.iter().map(|key| {
        key.parse::<PublicKey>().map_err(|error| CliError::NoVerdict(format!("--public-key: `{key}`: {error}")))
    });
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if let Some(head) = signed.as_ref().filter(|head| !keys.is_empty() && !keys.contains(&head.public_key)) {
        return Err(unsound(
            "head",
            &format!("the head is signed with {}, which was not vouched for", head.public_key),
        ));
    }
    let reader: Box<dyn Read> = if command.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&command.file).map_err(|cause| no_verdict(&command.file, &cause))?)
    };
    let mut next = "manifest";
    let verified = verify_telling(reader, signed.as_ref(), &mut |held| {
        if matches!(held, Held::Seal { .. }) && signed.is_none() {
            println!("{:NAME$}not checked: give --head FILE to see that the server signed this root", "head");
        }
        let (name, found) = told(&held, !keys.is_empty());
        println!("{name:NAME$}ok: {found}");
        next = after(&held, signed.is_some());
    });
    match verified {
        Ok(verified) => {
            tell(&verified);
            Ok(())
        }
        // What went wrong while reading says nothing about the file.
        Err(VerifyError::Unreadable(error)) if error.is_io() => Err(no_verdict(&command.file, &io::Error::from(error))),
        Err(VerifyError::Unreadable(error)) if error.is_eof() && next == "manifest" => {
            Err(unsound("form", &format!("not a draw file: {error}")))
        }
        Err(error) => Err(unsound(next, &error.to_string())),
    }
}

fn read_head(file: &Path) -> Result<SignedHead, CliError> {
    let text = std::fs::read_to_string(file).map_err(|cause| no_verdict(file, &cause))?;
    serde_json::from_str(&text)
        .map_err(|error| CliError::NoVerdict(format!("{} holds no signed head: {error}", file.display())))
}

fn no_verdict(file: &Path, cause: &io::Error) -> CliError {
    CliError::NoVerdict(unreadable(file, cause))
}

fn unsound(check: &str, why: &str) -> CliError {
    println!("{check:NAME$}FAILED: {why}");
    CliError::Unsound(format!("the draw file does not hold: {why}"))
}

/// The check that comes after one.
fn after(held: &Held, with_head: bool) -> &'static str {
    match held {
        Held::Manifest { .. } => "log",
        Held::Log { .. } if with_head => "head",
        Held::Log { .. } | Held::Head(_) => "seal",
        Held::Seal { .. } | Held::Papers { .. } => "papers",
    }
}

/// What a check is called, and what it found.
fn told(check: &Held, vouched: bool) -> (&'static str, String) {
    match check {
        Held::Manifest { exam, sealed_at, digest, sections, pool } => (
            "manifest",
            format!("exam {exam}, sealed {sealed_at}, {sections} sections, {pool} questions, digest {digest}"),
        ),
        Held::Log { action, at, index, size, root } => {
            let act = match (action, at) {
                (Some(action), Some(at)) => format!("{action}, {at}"),
                _ => "an entry of another kind".to_owned(),
            };
            ("log", format!("entry {index} ({act}) with this digest was in the log of {size} entries with root {root}"))
        }
        Held::Head(head) => {
            let whose = if vouched { "" } else { ", which nobody vouched for: compare it, or give --public-key" };
            ("head", format!("this root was signed {} with {}{whose}", head.at, head.public_key))
        }
        Held::Seal { beacon_rule: Some(rule), beacon } => {
            let beacon = beacon.as_deref().unwrap_or_default();
            ("seal", format!("the secret is the one committed to; the beacon is {beacon:?} by the rule {rule:?}"))
        }
        Held::Seal { beacon_rule: None, .. } => {
            ("seal", "the secret is the one committed to; there is no beacon".to_owned())
        }
        Held::Papers { papers, candidates } => {
            ("papers", format!("{papers} papers of {candidates} candidates drawn anew, all alike"))
        }
    }
}

/// What it proves and what it does not (draw.md).
fn tell(verified: &Verified) {
    println!("the draw file holds");
    println!();
    println!(
        "If the root was signed before the exam opened, it proves: questions, versions, answers and blueprint were"
    );
    println!("fixed when sealed; every paper in the file follows from what was sealed, and nobody picked one by hand.");
    match verified.beacon_rule {
        Some(_) => {
            println!(
                "Nobody could know or steer a paper before the beacon appeared, if its value is the one its rule means."
            );
        }
        None => {
            println!(
                "Without a beacon whoever sealed could have tried many secrets, and whoever read the secret foreseen papers."
            );
        }
    }
    println!(
        "It does not prove: that bank and roster were complete, that no paper was left out of the file, that the exam"
    );
    println!("was sealed only once, that there is no other log, or that nobody passed questions on by other ways.");
}
