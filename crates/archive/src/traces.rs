//! The block traces of a day: what their rows have from them.

use std::collections::HashMap;

use store::archive::TraceFacts;

/// The block traces of a day. Nodes and blocks stand once.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub(crate) by_id: HashMap<i32, Facts, foldhash::fast::RandomState>,
    pub(crate) names: Vec<String>,
    numbers: HashMap<String, usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Facts {
    pub(crate) node: usize,
    pub(crate) block: usize,
    pub(crate) height: i32,
    pub(crate) started_at: f64,
    pub(crate) completed_at: Option<f64>,
}

impl Traces {
    pub(crate) fn add(&mut self, facts: TraceFacts) {
        let node = self.number(facts.node);
        let block = self.number(facts.block);
        self.by_id.insert(
            facts.block_trace_id,
            Facts {
                node,
                block,
                height: facts.height,
                started_at: facts.started_at,
                completed_at: facts.completed_at,
            },
        );
    }

    fn number(&mut self, name: String) -> usize {
        if let Some(&number) = self.numbers.get(&name) {
            return number;
        }
        self.names.push(name.clone());
        self.numbers.insert(name, self.names.len() - 1);
        self.names.len() - 1
    }

    pub(crate) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", String::as_str)
    }
}
