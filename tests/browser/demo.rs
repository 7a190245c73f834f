//! The demonstration in a process of its own, filled once for all tests of a run.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::program::Program;

/// The password of its accounts.
pub(crate) const PASSWORD: &str = "demonstration of pages";
/// What its database is called.
const FILE: &str = "kaofa.db";

/// A district of a test's own, which other tests do not touch.
pub(crate) struct Demo {
    program: Program,
    _folder: tempfile::TempDir,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(&*FILLED).unwrap().map(Result::unwrap) {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        Self { program: serve(folder.path()), _folder: folder }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.program.address)
    }
}

/// Where the filled district lies. Filling takes half a minute, copying none.
static FILLED: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("demo");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    drop(serve(&folder));
    folder
});

fn serve(folder: &Path) -> Program {
    let database = format!("sqlite:{}", folder.join(FILE).display());
    let key = folder.join("kaofa.key").display().to_string();
    let flags = ["--demo", "--database-url", &database, "--secret-key-file", &key];
    Program::start(&flags, &[("KAOFA_DEMO_PASSWORD", PASSWORD)])
}
