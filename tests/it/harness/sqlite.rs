//! A SQLite file for each test, copied from one that was migrated once.

use std::path::PathBuf;

use kaofa::db::Db;
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A folder with the test's file; both go when it is dropped.
pub(crate) struct Sqlite {
    _folder: TempDir,
    pub(crate) url: String,
}

impl Sqlite {
    pub(crate) async fn create() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let file = folder.path().join("kaofa.db");
        std::fs::copy(template().await, &file).expect("a copy of the template");
        Self { url: format!("sqlite:{}", file.display()), _folder: folder }
    }
}

async fn template() -> &'static PathBuf {
    static TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
    let (_, file) = TEMPLATE
        .get_or_init(async || {
            let folder = tempfile::Builder::new()
                .prefix("kaofa-template-")
                .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
                .expect("a temporary folder");
            let file = folder.path().join("template.db");
            let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("the migrations run");
            // Closing moves what is in the journal into the file.
            db.close().await.expect("the template closes");
            (folder, file)
        })
        .await;
    file
}
