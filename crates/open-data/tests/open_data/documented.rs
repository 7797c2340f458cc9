//! docs/open-data.md says which columns there are, and those are written.

use std::collections::BTreeMap;

use store::open_data::{ColumnType, TABLES};

/// How the document calls a type.
fn documented_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Int4 => "int32",
        ColumnType::Int8 => "int64",
        ColumnType::Float8 => "double",
        ColumnType::Text => "text",
        ColumnType::Json => "json",
        ColumnType::Bool => "bool",
        ColumnType::Timestamp => "timestamp",
    }
}

/// Names, types and meanings of the columns in the document, by table.
fn documented() -> BTreeMap<String, Vec<(String, String, String)>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/open-data.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut tables = BTreeMap::new();
    for section in text.split("\n### `").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let rows = rest
            .lines()
            .skip_while(|line| !line.starts_with("| --- "))
            .skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        let columns = rows.map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let name = cells[0].trim_matches('`').to_owned();
            (name, cells[1].to_owned(), cells[2].to_owned())
        });
        tables.insert(name.to_owned(), columns.collect());
    }
    tables
}

#[test]
fn the_columns_of_the_document_are_those_that_are_written() {
    let mut documented = documented();
    for table in TABLES {
        let described = documented.remove(table.name);
        let described = described.unwrap_or_else(|| panic!("{} is not described", table.name));
        let found: Vec<(&str, &str)> = described
            .iter()
            .map(|(name, kind, _)| (name.as_str(), kind.as_str()))
            .collect();
        let nullable: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let optional = if column.nullable { "?" } else { "" };
                format!("{}{optional}", documented_type(column.kind))
            })
            .collect();
        let expected: Vec<(&str, &str)> = table
            .columns
            .iter()
            .zip(&nullable)
            .map(|(column, kind)| (column.name, kind.as_str()))
            .collect();
        assert_eq!(found, expected, "{}", table.name);
        for (name, _, meaning) in described {
            assert!(!meaning.is_empty(), "{}.{name} has no meaning", table.name);
        }
    }
    assert!(
        documented.is_empty(),
        "described but not written: {documented:?}"
    );
}
