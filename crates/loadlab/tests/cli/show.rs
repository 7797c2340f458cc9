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
