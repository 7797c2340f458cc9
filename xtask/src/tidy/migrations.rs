//! Migrations say when they lock a table that may be large.

use super::finding::Finding;
use super::source::File;

const FOLDER: &str = "crates/store/migrations/";

/// The last migration from before this rule. Files that were released are never changed.
const LAST_UNCHECKED: u32 = 21;

/// How a comment before such a statement begins; what follows says why it is acceptable.
const MARK: &str = "-- Locks:";

/// Beginnings of statements that read or write a whole table, or make a lock wait for one.
const WHOLE_TABLE: [&str; 7] = [
    "UPDATE ",
    "DELETE FROM ",
    "CLUSTER ",
    "REINDEX ",
    "VACUUM ",
    "LOCK ",
    "TRUNCATE ",
];

/// Changes of a table that read or write all of its rows.
const ALL_ROWS: [&str; 6] = [
    " ADD CONSTRAINT ",
    " ADD PRIMARY KEY",
    " ADD FOREIGN KEY",
    " SET NOT NULL",
    " TYPE ",
    " ATTACH PARTITION ",
];

/// No statement locks a table of an earlier migration for long without a word about it.
pub(super) fn long_locks_are_explained(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let name = file.path.strip_prefix(FOLDER);
        let number = name.and_then(|name| name.split('_').next()?.parse::<u32>().ok());
        if number.is_none_or(|number| number <= LAST_UNCHECKED) {
            continue;
        }
        let mut made: Vec<String> = Vec::new();
        for statement in statements(file) {
            let sql = statement.sql.to_uppercase();
            if let Some(rest) = sql.strip_prefix("CREATE TABLE ") {
                let rest = rest.trim_start_matches("IF NOT EXISTS ");
                made.extend(first_name(rest));
            }
            let is_new = table(&sql).is_some_and(|table| made.contains(&table));
            if locks_for_long(&sql) && !is_new && !statement.comment.contains(MARK) {
                let problem = "this holds a lock as long as it works on the whole table, while \
                               older processes wait";
                let remedy = format!(
                    "do it otherwise, or say before it in a comment, `{MARK} …`, why the table is \
                     small or the time acceptable"
                );
                findings.push(Finding::new(&file.path, statement.line, problem, remedy));
            }
        }
    }
    findings
}

/// A statement on one line, and the comment right before it.
struct Statement {
    /// Counted from 1.
    line: usize,
    sql: String,
    comment: String,
}

/// The statements of a file. The parts of a body between `$$` count as statements, too.
fn statements(file: &File) -> Vec<Statement> {
    let mut statements = Vec::new();
    let (mut begin, mut sql, mut comment) = (0, String::new(), String::new());
    for (number, line) in file.numbered() {
        comment.push_str(line.prose.trim());
        for piece in line.code.split_inclusive(';') {
            if sql.is_empty() {
                begin = number;
            }
            let words: Vec<&str> = piece.split_whitespace().collect();
            if !words.is_empty() {
                sql.push_str(&words.join(" "));
                sql.push(' ');
            }
            if piece.ends_with(';') {
                statements.push(Statement {
                    line: begin,
                    sql: std::mem::take(&mut sql),
                    comment: std::mem::take(&mut comment),
                });
            }
        }
    }
    statements
}

fn locks_for_long(sql: &str) -> bool {
    WHOLE_TABLE.iter().any(|begin| sql.starts_with(begin))
        || is_index(sql)
        || (sql.starts_with("ALTER TABLE ") && ALL_ROWS.iter().any(|change| sql.contains(change)))
}

fn is_index(sql: &str) -> bool {
    sql.starts_with("CREATE INDEX ") || sql.starts_with("CREATE UNIQUE INDEX ")
}

/// The table that a statement is about.
fn table(sql: &str) -> Option<String> {
    let rest = if is_index(sql) {
        sql.split_once(" ON ")?.1
    } else {
        let begins = ["ALTER TABLE ", "UPDATE ", "DELETE FROM "];
        begins.iter().find_map(|begin| sql.strip_prefix(begin))?
    };
    first_name(rest.trim_start_matches("ONLY "))
}

fn first_name(text: &str) -> Option<String> {
    let end = text.find([' ', '(', ';']).unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::testing::places;

    fn found(sql: &str) -> Vec<String> {
        let files = [("crates/store/migrations/0022_a.sql", sql)];
        let found = places(long_locks_are_explained, &files);
        found
            .iter()
            .filter_map(|place| place.split_once(':').map(|(_, line)| line.to_owned()))
            .collect()
    }

    #[test]
    fn each_long_lock_on_an_older_table_is_found() {
        for sql in [
            "CREATE INDEX a ON public.data USING btree (b);",
            "create unique index a\n    on public.data (b);",
            "ALTER TABLE public.data\n    ADD CONSTRAINT c CHECK (d > 0);",
            "ALTER TABLE public.data ALTER COLUMN b SET NOT NULL;",
            "ALTER TABLE public.data ALTER COLUMN b TYPE bigint;",
            "UPDATE public.data SET b = 1;",
            "DELETE FROM public.data;",
            "LOCK TABLE public.data;",
            "CREATE TABLE other (a int); CREATE INDEX a ON public.data (b);",
        ] {
            assert_eq!(found(sql), ["1"], "{sql}");
        }
    }

    #[test]
    fn new_tables_quick_changes_and_explained_locks_are_fine() {
        for sql in [
            "CREATE TABLE loadlab.new (a int);\nCREATE INDEX b ON loadlab.new (a);",
            "ALTER TABLE public.data ADD COLUMN b int;",
            "-- Locks: a few rows.\nUPDATE public.data SET b = 1;",
            "-- Locks: it has a row for each experiment,\n-- a few hundred.\nCREATE INDEX a ON x (b);",
        ] {
            assert!(found(sql).is_empty(), "{sql}");
        }
    }

    #[test]
    fn a_comment_is_about_the_next_statement_only() {
        let sql = "-- Locks: a few rows.\nUPDATE a SET b = 1;\nUPDATE c SET d = 1;";
        assert_eq!(found(sql), ["3"]);
    }

    #[test]
    fn released_migrations_stay_as_they_are() {
        let files = [("crates/store/migrations/0021_a.sql", "UPDATE a SET b = 1;")];
        assert!(places(long_locks_are_explained, &files).is_empty());
    }
}
