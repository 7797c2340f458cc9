//! Phrases that stand in certain places only: calls with one home, marks of unfinished work, what
//! means something on one machine only, and words that are not plain English.

use super::finding::Finding;
use super::source::{File, has_phrase};

/// Where a phrase must not stand.
enum Where {
    Anywhere,
    /// Outside of tests.
    Shipped,
    /// In code that ships.
    ShippedCode,
    Code,
    /// In comments and documents.
    Prose,
}

/// Phrases with the same reason against them.
struct Rule {
    /// Those of small letters are found in any case, but in code. What would find this file is split.
    phrases: &'static [&'static str],
    not: Where,
    problem: &'static str,
    remedy: &'static str,
    /// Beginnings of paths where they are right all the same, and why.
    except: &'static [(&'static str, &'static str)],
}

const RULES: [Rule; 8] = [
    Rule {
        phrases: &[
            "fs::rename",
            "fs::write",
            "fs::copy",
            "File::create",
            "File::create_new",
            "persist",
        ],
        not: Where::ShippedCode,
        problem: "this does not wait for the folder: after a power loss the file may have no name",
        remedy: "use the crate `durable`",
        except: &[
            ("crates/durable/", "its home"),
            ("crates/bench/", "measurements are made again"),
            ("xtask/", "the project's own tasks"),
            (
                "crates/simnet/src/record.rs",
                "the same seed records the same",
            ),
            (
                "crates/log-fetcher/src/archive/writer.rs",
                "a copy of lines of the database",
            ),
            ("crates/loadlab/src/demo/", "the log of the demo"),
            (
                "crates/store/src/embedded/instance.rs",
                "the former log of the server",
            ),
            (
                "crates/store/src/testing",
                "databases of tests end with them",
            ),
            (
                "crates/service/src/testing",
                "tests compare files of the repository",
            ),
        ],
    },
    Rule {
        phrases: &["read_to_string", "fs::read", "read_to_end"],
        not: Where::ShippedCode,
        problem: "this takes the byte order mark of a file for a part of its text",
        remedy: "use the crate `text-file`",
        except: &[
            ("crates/text-file/", "its home"),
            ("crates/bench/", "measurements read what they have written"),
            (
                "crates/captured-data/",
                "tests read what systems have written",
            ),
            ("xtask/", "the project's own tasks"),
            (
                "crates/store/src/embedded/",
                "files of this program and of PostgreSQL",
            ),
            (
                "crates/store/src/testing",
                "tests read what they have written",
            ),
            (
                "crates/service/src/testing",
                "tests compare files of the repository",
            ),
            (
                "crates/orchestrator/src/funding/kept_keys.rs",
                "sealed bytes of this program",
            ),
            (
                "crates/orchestrator/src/funding/image/",
                "files of the system, and of images",
            ),
            (
                "crates/uptime-backend/src/whitelist_source.rs",
                "its bytes become text in `text_file::from_bytes`, as those of a sheet do",
            ),
            ("crates/parent-death/", "files of the system"),
            ("crates/service/src/port_holder.rs", "files of the system"),
            ("crates/store/src/disk.rs", "a file of PostgreSQL"),
        ],
    },
    Rule {
        phrases: &["tokio::spawn", "thread::spawn", "thread::Builder"],
        not: Where::ShippedCode,
        problem: "nobody notices when this panics: the service continues without it",
        remedy: "give it to `service::Tasks`",
        except: &[
            ("crates/service/", "its home"),
            ("crates/bench/", "measurements end with an error"),
            ("xtask/", "the task waits for it"),
            ("crates/loadlab/", "the command waits for it"),
            ("crates/parent-death/", "the process ends with it"),
            (
                "crates/store/",
                "the embedded server's handle and pools own it",
            ),
            (
                "crates/access/src/book.rs",
                "may be late or missing once; failures are logged",
            ),
            (
                "crates/experiments-api/src/v1/deployments.rs",
                "the handler waits for it",
            ),
            (
                "crates/experiments-api/src/http.rs",
                "a clean-up ends without its client",
            ),
            (
                "crates/log-fetcher/src/reconciler.rs",
                "it starts the task of a node again",
            ),
            (
                "crates/simnet/src/place.rs",
                "a door is closed by ending its server",
            ),
            (
                "crates/uptime-backend/src/",
                "threads that catch panics, and stored submissions",
            ),
        ],
    },
    Rule {
        phrases: &["#[ignore"],
        not: Where::Code,
        problem: "an ignored test proves nothing and rots",
        remedy: "make it reliable and fast enough to run always, or delete it",
        except: &[],
    },
    Rule {
        phrases: &[
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("XX", "X"),
        ],
        not: Where::Prose,
        problem: "a promise that nobody tracks",
        remedy: "do it now, or open an issue and say in the comment what holds today",
        except: &[],
    },
    Rule {
        phrases: &[concat!("/wo", "rk/"), concat!("sub", "agent")],
        not: Where::Anywhere,
        problem: "this means something on one machine or to its author only",
        remedy: "use a path relative to the repository, or say it without",
        except: &[],
    },
    Rule {
        phrases: &[concat!("../sha", "red")],
        not: Where::Shipped,
        problem: "this folder is not part of the repository",
        remedy: "only tests and benchmarks may look for it, and skip aloud when it is missing",
        except: &[
            ("crates/bench/", "measurements"),
            ("crates/captured-data/", "the home of such data"),
        ],
    },
    Rule {
        phrases: &[
            concat!("who", "ever"),
            concat!("some", "body"),
            concat!("existing ", "system"),
            concat!("how soon is ", "looked"),
            concat!("and ", "mouths"),
            concat!("as long as one ", "likes"),
            concat!("so ", "many"),
            concat!("goes ", "on"),
            concat!("is none ", "of"),
            concat!("are none ", "of"),
            concat!("that is ", "none"),
            concat!("that are ", "none"),
        ],
        not: Where::Prose,
        problem: "not plain English",
        remedy: "name the subject; the replaced system is the original, its ports are servers",
        except: &[
            (
                "crates/store/migrations/",
                "databases remember the checksum of a released file",
            ),
            ("docs/dashboard-checks.md", "names of the page's tests"),
        ],
    },
];

/// No phrase stands where it must not.
pub(super) fn stand_where_they_may(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rule) in files
        .iter()
        .flat_map(|file| RULES.iter().map(move |rule| (file, rule)))
    {
        if rule
            .except
            .iter()
            .any(|(path, _)| file.path.starts_with(path))
        {
            continue;
        }
        for (number, line) in file.numbered() {
            let (text, is_code) = match rule.not {
                Where::Shipped | Where::ShippedCode if line.is_test => continue,
                Where::Anywhere | Where::Shipped => (&line.text, false),
                Where::ShippedCode | Where::Code => (&line.code, true),
                Where::Prose => (&line.prose, false),
            };
            if text.trim().is_empty() {
                continue;
            }
            let lower = if is_code {
                String::new()
            } else {
                text.to_lowercase()
            };
            let has = |phrase: &&&str| has_phrase(text, phrase) || has_phrase(&lower, phrase);
            findings.extend(rule.phrases.iter().filter(has).map(|phrase| {
                let problem = format!("`{phrase}`: {}", rule.problem);
                Finding::new(&file.path, number, problem, rule.remedy)
            }));
        }
    }
    findings
}

/// Examples in comments are not compiled, because compiling them takes longer than most tests.
pub(super) fn examples_in_comments_are_no_rust(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is("rs")) {
        let fences = file.numbered().filter_map(|(number, line)| {
            let (_, language) = line.prose.split_once("```")?;
            Some((number, language.trim()))
        });
        for (number, language) in fences.step_by(2) {
            if ["", "rust", "no_run", "should_panic", "ignore"].contains(&language) {
                let problem = "nothing compiles this example";
                let remedy = "make it a test, or name another language behind the fence";
                findings.push(Finding::new(&file.path, number, problem, remedy));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    #[test]
    fn each_phrase_is_found_in_each_of_its_places_only() {
        for rule in &RULES {
            for phrase in rule.phrases {
                let rust = format!(
                    "//! A\nfn a() {{\n    {phrase}(p);\n    // {phrase}\n    \"{phrase}\";\n}}\n\
                     #[cfg(test)]\nmod tests {{\n    {phrase}(p);\n    // {phrase}\n}}\n"
                );
                let document = format!("fine\n{} here\n", phrase.to_uppercase());
                let test = format!("{phrase};\n");
                let files = [
                    ("crates/a/src/a.rs", rust.as_str()),
                    ("crates/a/tests/a.rs", test.as_str()),
                    ("docs/a.md", document.as_str()),
                ];
                let (code, other): (&[_], &[_]) = match rule.not {
                    Where::Anywhere => {
                        (&[3, 4, 5, 9, 10], &["crates/a/tests/a.rs:1", "docs/a.md:2"])
                    }
                    Where::Shipped => (&[3, 4, 5], &["docs/a.md:2"]),
                    Where::ShippedCode => (&[3], &[]),
                    Where::Code => (&[3, 9], &["crates/a/tests/a.rs:1"]),
                    Where::Prose => (&[4, 10], &["docs/a.md:2"]),
                };
                let code = code.iter().map(|line| format!("crates/a/src/a.rs:{line}"));
                let other = other.iter().map(|place| (*place).to_owned());
                let expected: Vec<String> = code.chain(other).collect();
                assert_eq!(places(stand_where_they_may, &files), expected, "{phrase}");
            }
        }
    }

    #[test]
    fn exceptions_have_a_reason_and_exist() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (path, reason) in RULES.iter().flat_map(|rule| rule.except) {
            assert!(!reason.is_empty(), "{path}");
            let file = root.join(path);
            assert!(
                file.exists() || file.with_extension("rs").exists(),
                "{path}"
            );
        }
    }

    #[test]
    fn an_example_that_nothing_compiles_is_found() {
        let text =
            "//! ```json\n//! {}\n//! ```\n//! ```\n//! f();\n//! ```\n/// ```no_run\n/// ```\n";
        let files = [("crates/a/src/lib.rs", text)];
        assert_eq!(
            places(examples_in_comments_are_no_rust, &files),
            ["crates/a/src/lib.rs:4", "crates/a/src/lib.rs:7"]
        );
    }
}
