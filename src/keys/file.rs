//! The file that holds the secret.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Keys;
use crate::kernel::entropy::Entropy;

/// Why the keys cannot be had, in one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read.
    #[error("KAOFA_SECRET_KEY_FILE: `{path}` cannot be read: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It does not exist and cannot be made.
    #[error("KAOFA_SECRET_KEY_FILE: `{path}` cannot be made: {cause}")]
    Make {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It holds something else.
    #[error("KAOFA_SECRET_KEY_FILE: `{0}` does not hold a key, which is 64 digits of lower-case hex")]
    Content(PathBuf),
}

/// The keys of the file at `path`, which is made with a new secret if there is none, readable by its owner alone.
///
/// Instances that start at once get the same: the first file that is there whole wins.
pub fn open(path: &Path, rng: &dyn Entropy) -> Result<Keys, KeyFileError> {
    match read(path) {
        Err(KeyFileError::Read { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
            make(path, rng).map_err(|cause| KeyFileError::Make { path: path.to_owned(), cause })?;
            read(path)
        }
        other => other,
    }
}

/// The keys of the file at `path`, which must be there.
pub fn read(path: &Path) -> Result<Keys, KeyFileError> {
    let text = fs::read_to_string(path).map_err(|cause| KeyFileError::Read { path: path.to_owned(), cause })?;
    let mut secret = [0; 32];
    hex::decode_to_slice(text.trim_end(), &mut secret).map_err(|_bad| KeyFileError::Content(path.to_owned()))?;
    if fs::metadata(path).is_ok_and(|m| m.mode() & 0o077 != 0) {
        tracing::warn!(path = %path.display(), "the secret key may be read by others than its owner; make it 0600");
    }
    Ok(Keys::new(secret))
}

/// Writes the secret beside its place and links it there, which fails if another instance was first.
fn make(path: &Path, rng: &dyn Entropy) -> io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder)?;
    let mut name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
    name.push(format!(".{}", hex::encode(rng.bytes::<8>())));
    let draft = folder.join(name);
    let written = write(&draft, &hex::encode(rng.bytes::<32>())).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = fs::remove_file(&draft);
    written?;
    removed?;
    fs::File::open(folder)?.sync_all()
}

fn write(draft: &Path, secret: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::entropy::{SeededEntropy, SystemEntropy};

    #[test]
    fn a_file_is_made_once_and_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/kaofa.key");
        let made = open(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let read = open(&path, &SeededEntropy::new(2)).unwrap();
        assert_eq!(made.log_public(), read.log_public());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn instances_that_start_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kaofa.key");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| open(&path, &SystemEntropy).unwrap().log_public());
            let started: Vec<_> = (0..8).map(|_| start()).collect();
            started.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|k| *k == keys[0]));
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kaofa.key");
        fs::write(&path, "short\n").unwrap();
        let error = open(&path, &SystemEntropy).unwrap_err();
        assert!(error.to_string().starts_with("KAOFA_SECRET_KEY_FILE: "), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "short\n");
        assert!(matches!(open(folder.path(), &SystemEntropy), Err(KeyFileError::Read { .. })));
    }
}
