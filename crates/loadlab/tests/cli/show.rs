//! `trace show`: a block's checkpoint tree in the terminal.

use store::testing::TestDatabase;

use crate::program::{Said, example, import, loadlab};

#[tokio::test]
async fn a_block_is_found_by_the_beginning_of_its_hash() {
    let test = TestDatabase::create().await.unwrap();
    let show = |arguments: &[&str]| {
        let mut command = loadlab(["trace", "show"]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url()))
    };
    show(&["3N"]).assert_failure("nothing is stored yet; import a trace");
    Said::of(&mut import(&example(), test.url())).success();
    let blocks = test
        .texts("SELECT block_id FROM block_trace WHERE block_id LIKE '3N%' ORDER BY 1")
        .await
        .unwrap();
    let block = &blocks[0];
    let tree = show(&[&block[..block.len() - 3]]).success();
    assert!(tree.starts_with(&format!("block {block} of node n (deployment 1)\n")));
    for name in [
        "External_block_received",
        "Build_breadcrumb",
        "Verify_commands",
    ] {
        assert!(tree.contains(name), "{tree}");
    }
    show(&["3N"]).assert_failure("`3N` may mean 3N");
    show(&["3Nnope"]).assert_failure("no block in deployment 1 begins with `3Nnope`");
    show(&["3N", "--node", "m"]).assert_failure("no block of node `m`");
    show(&["3N", "--deployment", "5"]).assert_failure("there is no deployment 5; existing: 1");
}

#[tokio::test]
async fn what_is_outside_of_blocks_is_shown_page_by_page() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let lines = (0..1_200).map(|second| format!("[\"X{second}\",{second}.5]\n"));
    std::fs::write(&path, lines.collect::<String>()).unwrap();
    Said::of(&mut import(&path, test.url())).success();
    let show = |arguments: &[&str]| {
        let mut command = loadlab(["trace", "show", "0"]);
        Said::of(command.args(arguments).env("DATABASE_URL", test.url())).success()
    };
    let names = |text: &str| -> Vec<String> {
        let rows = text
            .lines()
            .skip(4)
            .filter_map(|line| line.split_whitespace().next());
        rows.map(str::to_owned).collect()
    };
    for (arguments, head, first, rows) in [
        (&[][..], "entries 1 to 500 of 1200", "X0", 500),
        (
            &["--offset", "500"],
            "entries 501 to 1000 of 1200",
            "X500",
            500,
        ),
        (
            &["--offset", "1000"],
            "entries 1001 to 1200 of 1200",
            "X1000",
            200,
        ),
        (
            &["--offset", "7", "--limit", "2"],
            "entries 8 to 9 of 1200",
            "X7",
            2,
        ),
    ] {
        let text = show(arguments);
        assert!(text.contains(head), "{text}");
        // It is no block: it has neither height nor slot, and no time that could be compared.
        assert!(!text.contains("total"), "{text}");
        let names = names(&text);
        assert_eq!((names[0].as_str(), names.len()), (first, rows));
    }
}

/// A daemon's clock may be set back, and a piece of its trace may come later than the next one.
#[tokio::test]
async fn times_that_go_back_are_shown_in_their_order_and_none_is_negative() {
    let test = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.jsonl");
    let entries = [("First", 10), ("Fourth", 40), ("Second", 20), ("Third", 30)];
    let entries = entries.map(|(name, second)| format!("[\"{name}\",17600000{second}.5]\n"));
    let lines = format!("{{\"current_block\":\"3NBack\"}}\n{}", entries.concat());
    std::fs::write(&path, lines).unwrap();
    Said::of(&mut import(&path, test.url())).success();
    let mut command = loadlab(["trace", "show", "3NBack"]);
    let shown = Said::of(command.env("DATABASE_URL", test.url())).success();
    let places = ["First", "Second", "Third", "Fourth"].map(|name| shown.find(name).unwrap());
    assert!(places.is_sorted(), "{shown}");
    let negative = shown
        .split_whitespace()
        .any(|word| word.starts_with(['-', '−']) && word.len() > 1);
    assert!(!negative, "{shown}");
}
