//! The draw file of a closed exam: written while it is sent, and verified on demand.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use entity::id::{ExamId, PersonId};
use futures_util::{Stream, stream};
use sea_orm::DbErr;
use tokio::sync::mpsc;

use super::super::{state, store};
use super::seal::{broken, read};
use super::{ExamError, Exams};
use crate::auth::Caller;
use crate::db::{Db, Fault};
use crate::exam::draw::{
    DrawFileWriter, FilePaper, Head, Held, LogProof, Secret, VerifyError, WriteError, candidate, verify_telling,
};
use crate::kernel::digest::Digest;
use crate::log::{self, SignedHead};

/// How many papers are read and sent at once.
const AT_ONCE: usize = 256;
/// How many pieces of a file may wait for whoever verifies it.
const AHEAD: usize = 4;

/// What came of verifying a draw file on the server: what held, and what did not.
#[derive(Debug)]
pub struct DrawVerdict {
    /// The checks that held, in order.
    pub held: Vec<Held>,
    /// The first that did not; all held if none.
    pub fault: Option<VerifyError>,
}

/// Whose paper comes next: sorted as the file wants it.
type Place = (Digest, i32, PersonId);

/// A draw file on its way: what was written of it and not yet sent, and what is still to come.
struct Sending {
    db: Db,
    exam: ExamId,
    file: DrawFileWriter<Vec<u8>>,
    places: std::vec::IntoIter<Place>,
}

impl Exams {
    /// The draw file of an exam that has closed, piece by piece: never more than some hundred papers are in memory. For
    /// everybody who may see the exam.
    pub async fn draw_file(
        &self,
        caller: &Caller,
        id: ExamId,
    ) -> Result<impl Stream<Item = Result<Vec<u8>, Fault>> + Send + use<>, ExamError> {
        let sending = self.open_file(caller, id).await?.0;
        Ok(stream::try_unfold(Some(sending), move |sending| async move {
            let Some(sending) = sending else { return Ok(None) };
            sending.next().await.map(Some)
        }))
    }

    /// Writes the draw file and verifies it as it goes, against the signed head of the log too. For everybody who may see
    /// the exam.
    pub async fn verify_draw(&self, caller: &Caller, id: ExamId) -> Result<DrawVerdict, ExamError> {
        let (sending, signed) = self.open_file(caller, id).await?;
        let (pieces, arriving) = mpsc::channel(AHEAD);
        let verifying = tokio::task::spawn_blocking(move || {
            let mut held = Vec::new();
            let reader = Arriving { arriving, piece: io::Cursor::new(Vec::new()) };
            let fault = verify_telling(reader, signed.as_ref(), &mut |check| held.push(check)).err();
            DrawVerdict { held, fault }
        });
        let mut sending = Some(sending);
        while let Some(now) = sending {
            let (piece, rest) = now.next().await?;
            // Who has found a fault reads no further.
            if pieces.send(piece).await.is_err() {
                break;
            }
            sending = rest;
        }
        drop(pieces);
        verifying.await.map_err(|error| broken(id, &error).into())
    }

    async fn open_file(&self, caller: &Caller, id: ExamId) -> Result<(Sending, Option<SignedHead>), ExamError> {
        let conn = self.core.db.read();
        let row = self.seen(conn, caller, id).await?;
        let status = state::status_at(row.status, store::opening(&row), self.core.now());
        if !state::shows_draw(status) {
            return Err(ExamError::WrongState(status));
        }
        let head = store::draw_head(conn, id).await?.ok_or(ExamError::WrongState(status))?;
        let (manifest, secret, beacon, entry) = head;
        // The sequencer is never far behind; a file without its proof would be none.
        let proof = log::inclusion(conn, entry, None).await?.ok_or_else(|| not_yet(id))?;
        let signed = log::head_at(conn, proof.size).await?;
        let secret: Digest = secret.parse().map_err(|e| broken(id, &e))?;
        let manifest = read(&manifest)?;
        let head = Head {
            manifest_digest: manifest.digest(),
            manifest,
            secret: Secret::from_bytes(*secret.as_bytes()),
            beacon,
            log: LogProof {
                entry: proof.entry,
                index: proof.index,
                size: proof.size,
                root: proof.root,
                path: proof.path,
            },
        };
        let exam = id.to_string();
        let ids = store::paper_ids(conn, id).await?;
        let mut places: Vec<Place> =
            ids.into_iter().map(|(person, number)| (candidate(&exam, &person.to_string()), number, person)).collect();
        places.sort_unstable();
        let file = DrawFileWriter::start(Vec::new(), &head).map_err(|e| broken(id, &e))?;
        let places = places.into_iter();
        Ok((Sending { db: self.core.db.clone(), exam: id, file, places }, signed))
    }
}

impl Sending {
    /// The next piece, and what is still to come.
    async fn next(mut self) -> Result<(Vec<u8>, Option<Self>), Fault> {
        let part: Vec<Place> = self.places.by_ref().take(AT_ONCE).collect();
        if part.is_empty() {
            let id = self.exam;
            return Ok((self.file.finish().map_err(|e| broken(id, &e))?, None));
        }
        let mut people: Vec<PersonId> = part.iter().map(|(_, _, person)| *person).collect();
        people.sort_unstable();
        people.dedup();
        let rows = store::papers(self.db.read(), self.exam, &people).await?;
        let mut rows: HashMap<_, _> = rows.into_iter().map(|row| ((row.person_id, row.number), row)).collect();
        for (candidate, number, person) in part {
            let row = rows.remove(&(person, number)).ok_or_else(|| broken(self.exam, &"a paper is gone"))?;
            let paper = filed(candidate, &row).map_err(|why| broken(self.exam, &why))?;
            self.file.paper(&paper).map_err(|e: WriteError| broken(self.exam, &e))?;
        }
        Ok((std::mem::take(self.file.out()), Some(self)))
    }
}

/// A paper as it was given out: not drawn anew, or the file would prove nothing.
fn filed(candidate: Digest, row: &store::Papers) -> Result<FilePaper, String> {
    let text = |e: &dyn std::fmt::Display| format!("a paper: {e}");
    Ok(FilePaper {
        candidate,
        attempt: u32::try_from(row.number).map_err(|e| text(&e))?,
        k: u32::try_from(row.k).map_err(|e| text(&e))?,
        items: serde_json::from_str(&row.items).map_err(|e| text(&e))?,
        digest: row.paper_digest.parse().map_err(|e| text(&e))?,
    })
}

fn not_yet(id: ExamId) -> Fault {
    Fault::Busy(Arc::new(DbErr::RecordNotFound(format!("the place in the log of the seal of exam {id}"))))
}

/// A file that comes in pieces, for a reader that waits.
struct Arriving {
    arriving: mpsc::Receiver<Vec<u8>>,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Arriving {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            match self.arriving.blocking_recv() {
                Some(piece) => self.piece = io::Cursor::new(piece),
                None => return Ok(0),
            }
        }
    }
}
