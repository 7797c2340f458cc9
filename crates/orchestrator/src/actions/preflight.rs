//! `preflight`: all nodes answer, run the same build, and can do what the run needs.

use std::collections::BTreeMap;

use experiment::action::Preflight;
use experiment::script::outputs::Output;

use super::tools::each_node;
use crate::nodes::NodeError;
use crate::run::{Run, StepError};

pub(super) async fn run(run: &Run<'_>, params: &Preflight) -> Result<Vec<Output>, StepError> {
    let addresses = if params.nodes.is_empty() {
        run.means.nodes.addresses()
    } else {
        params.nodes.clone()
    };
    if addresses.is_empty() {
        return Err(StepError::Failed("preflight: no nodes to check".to_owned()));
    }
    let results = each_node(run, addresses, |nodes, address: String| async move {
        let node = nodes.get(&address).await?;
        Ok::<_, NodeError>(node.commit.clone())
    })
    .await?;
    let commits = check(
        results.iter().map(|(address, result)| {
            let commit = result.as_ref().map(Option::as_deref);
            (address.as_str(), commit.map_err(ToString::to_string))
        }),
        &params.expect_commit,
    )?;
    Ok(vec![Output::single("commit", commits)])
}

/// The common commit, or everything that is wrong.
fn check<'a>(
    nodes: impl Iterator<Item = (&'a str, Result<Option<&'a str>, String>)>,
    expected: &str,
) -> Result<String, StepError> {
    let mut problems = Vec::new();
    let mut builds: BTreeMap<&str, usize> = BTreeMap::new();
    for (node, commit) in nodes {
        match commit {
            Err(error) => problems.push(format!("{node}: {error}")),
            Ok(None) => problems.push(format!(
                "{node}: no ITN harness support (needs MinaProtocol/mina#19616)"
            )),
            Ok(Some(commit)) => {
                *builds.entry(commit).or_default() += 1;
                if !commit.starts_with(expected) {
                    problems.push(format!("{node}: runs {commit}, expected {expected}"));
                }
            }
        }
    }
    if builds.len() > 1 {
        let list: Vec<String> = builds
            .iter()
            .map(|(commit, count)| format!("{commit} on {count} node(s)"))
            .collect();
        problems.push(format!("nodes run different builds: {}", list.join(", ")));
    }
    if !problems.is_empty() {
        return Err(StepError::Failed(format!(
            "preflight failed:\n  {}",
            problems.join("\n  ")
        )));
    }
    let commit = builds.into_keys().next();
    Ok(commit.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_told_at_once() {
        let nodes = [
            ("a:1", Ok(Some("abc1"))),
            ("b:1", Ok(Some("def2"))),
            ("c:1", Ok(None)),
            ("d:1", Err("no answer".to_owned())),
        ];
        let error = check(nodes.into_iter(), "abc").unwrap_err();
        assert_eq!(
            error.to_string(),
            "preflight failed:\n  b:1: runs def2, expected abc\n  \
             c:1: no ITN harness support (needs MinaProtocol/mina#19616)\n  d:1: no answer\n  \
             nodes run different builds: abc1 on 1 node(s), def2 on 1 node(s)"
        );
        let nodes = [("a:1", Ok(Some("abc1"))), ("b:1", Ok(Some("abc1")))];
        assert_eq!(check(nodes.into_iter(), "abc").unwrap(), "abc1");
    }
}
