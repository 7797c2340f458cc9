//! Files and databases for the tests.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use store::testing::TestDatabase;
use tempfile::TempDir;
use trace::TracerOptions;
use trace_import::{ImportError, ImportOptions, Inputs, Progress, Summary, import};

/// A folder for files and a database to import them into.
pub(crate) struct Scene {
    pub(crate) test: TestDatabase,
    folder: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self {
            test: TestDatabase::create().await.unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    /// Imports a file of node `n`.
    pub(crate) async fn import(&self, path: &Path) -> Summary {
        self.try_import(&[path], "n", None).await.unwrap()
    }

    pub(crate) async fn try_import(
        &self,
        paths: &[&Path],
        node: &str,
        deployment_id: Option<i32>,
    ) -> Result<Summary, ImportError> {
        let paths: Vec<PathBuf> = paths.iter().map(|&path| path.to_owned()).collect();
        self.import_inputs(Inputs::find(&paths)?, node, deployment_id)
            .await
    }

    pub(crate) async fn import_inputs(
        &self,
        inputs: Inputs,
        node: &str,
        deployment_id: Option<i32>,
    ) -> Result<Summary, ImportError> {
        let options = ImportOptions {
            node_name: node.to_owned(),
            deployment_id,
            tracer: TracerOptions::default(),
        };
        import(self.test.database(), inputs, options, Progress::default()).await
    }

    pub(crate) async fn dump(&self) -> String {
        self.test.dump().await.unwrap()
    }
}

/// The content of a database after one import of these files, of which the
/// first is named.
pub(crate) async fn dump_of(files: &[(&str, &[u8])]) -> String {
    let scene = Scene::new().await;
    for (name, content) in files {
        scene.write(name, content);
    }
    let path = scene.folder.path().join(files[0].0);
    scene.import(&path).await;
    scene.dump().await
}

/// The example of the demo: the files of three processes.
pub(crate) const EXAMPLE: [(&str, &[u8]); 3] = [
    (
        "internal-trace.jsonl",
        include_bytes!("../../../loadlab/src/example/internal-trace.jsonl"),
    ),
    (
        "prover-internal-trace.jsonl",
        include_bytes!("../../../loadlab/src/example/prover-internal-trace.jsonl"),
    ),
    (
        "verifier-internal-trace.jsonl",
        include_bytes!("../../../loadlab/src/example/verifier-internal-trace.jsonl"),
    ),
];

/// Lines of the main process that touch every table, different for each seed.
pub(crate) fn composed(seed: u32, blocks: u32) -> String {
    let mut text = String::new();
    for block in 0..blocks {
        let time = 1_760_000_000 + 100 * block + seed;
        let hash = format!("{seed}x{block}");
        let mut line = |line: String| writeln!(text, "{line}").unwrap();
        line("{\"current_block\":\"0\"}".to_owned());
        for action in ["received", "accepted"] {
            line(format!("[\"Transaction_diff_{action}\",{time}.25]"));
            line(format!(
                "{{\"metadata\":{{\"diff\":[[\"payment\",\"7m{hash}\",\"e-0-0-{block}\"]]}}}}"
            ));
        }
        line(format!("[\"Snark_work_received\",{time}.375]"));
        let work = format!("{{\"metadata\":{{\"work_ids\":[{block},{seed}],\"fee\":\"1\"}}}}");
        // The scar of a fetcher that asks for the last entry again.
        line(work.clone());
        line(work);
        line(format!("{{\"current_block\":\"3N{hash}\"}}"));
        line("{\"current_call_id\":7,\"current_call_tag\":\"block_received\"}".to_owned());
        line(format!("[\"External_block_received\",{time}.5]"));
        line(format!(
            "{{\"block_metadata\":{{\"blockchain_length\":\"{block}\",\"transactions\":\
             [[\"payment\",\"7m{hash}\",\"e-0-0-{block}\",[\"Applied\"]]],\
             \"interrupt_get_completed_work_at\":1,\
             \"interrupt_get_completed_work_ids\":[{block}]}}}}"
        ));
        line("{\"current_call_id\":8,\"current_call_tag\":\"block_received\"}".to_owned());
        line(format!("[\"Initial_validation\",{time}.53125]"));
        line("{\"current_call_id\":7,\"current_call_tag\":\"block_received\"}".to_owned());
        for (name, fraction) in [
            ("Build_breadcrumb", "5625"),
            ("Validate_staged_ledger_diff", "625"),
            ("Prediff", "6875"),
            ("Verify_commands", "75"),
            ("Verify_commands_done", "8125"),
            ("Add_and_finalize", "875"),
            ("Breadcrumb_integrated", "9375"),
        ] {
            line(format!("[\"{name}\",{time}.{fraction}]"));
        }
        line(format!("{{\"news\":{block}}}"));
    }
    text
}

/// Lines of a composed block.
pub(crate) const LINES_PER_BLOCK: u64 = 23;
